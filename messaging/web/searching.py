"""The filters of the message list: what was typed, read and bounded, and the messages it picks."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import and_
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.addresses import AddressError, normalise
from messaging.models import TAIL_DIGITS, Message, Sender, Tail, Transaction
from messaging.web.looks import GROUPS

# Names and subjects have no index: so many of the newest messages are read through.
READ_THROUGH = 5_000
# A number may have been written to any number of times, and many numbers end alike: the newest so many are taken.
MOST_HITS = 1_000
LEAST_DIGITS = TAIL_DIGITS
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
NUMBER = re.compile(r"\+?[\d\s().-]{4,24}")


@dataclass(frozen=True, slots=True)
class Number:
    """A phone number typed into a search: whole (E.164) or the last digits of one."""

    whole: str = ""
    ending: str = ""

    @property
    def condition(self) -> Q:
        """Which transactions it picks, by an index in both cases."""
        return Q(recipient=self.whole) if self.whole else self.ends("recipient")

    def ends(self, field: str) -> Q:
        """Where a field ends with it; the index knows the last few digits, the rest is looked at."""
        tail = Q(Exact(Tail(F(field)), self.ending[-TAIL_DIGITS:]))
        return tail if len(self.ending) <= TAIL_DIGITS else tail & Q(**{f"{field}__endswith": self.ending})


@dataclass(frozen=True, slots=True)
class Found:
    """What a search picks: `rows`, newest first, which an index walks, and `also`, what each of them is asked.

    `note` says in words where the search ended, "" when nothing was left out.
    """

    rows: QuerySet[Message]
    also: Q | None
    note: str = ""


class MessageFilters(forms.Form):
    """What the list can be narrowed by. A value that makes no sense is named and left out, never an error page."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)
    status = forms.ChoiceField(
        label=gettext_lazy("Outcome"),
        required=False,
        choices=[("", gettext_lazy("Any outcome")), *((group.name, gettext_lazy(group.words)) for group in GROUPS)],
    )
    sender = forms.ModelChoiceField(
        label=gettext_lazy("Sender"), required=False, queryset=Sender.objects.none(), empty_label=gettext_lazy("All")
    )
    source = forms.ChoiceField(
        label=gettext_lazy("Source"),
        required=False,
        choices=[("", gettext_lazy("All")), ("web", gettext_lazy("Portal")), ("api", gettext_lazy("API"))],
    )
    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=gettext_lazy("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sender = self.fields["sender"]
        assert isinstance(sender, forms.ModelChoiceField)
        sender.queryset = Sender.objects.all()

    def clean_since(self) -> date | None:
        return self._bounded("since")

    def clean_until(self) -> date | None:
        return self._bounded("until")

    def _bounded(self, name: str) -> date | None:
        given: date | None = self.cleaned_data[name]
        if given and not EARLIEST <= given <= LATEST:
            raise forms.ValidationError(
                _("Give a day between %(first)s and %(last)s.") % {"first": EARLIEST, "last": LATEST}
            )
        return given


def read_number(text: str, *, whole: bool) -> Number | None:
    """The number that a search text means, or None when it is no number.

    In: `whole` says whether the person may see whole numbers; others can only search by the digits they see anyway,
    the last four, so that a search cannot be used to find out the rest.
    """
    text = text.strip()
    digits = re.sub(r"\D", "", text)
    if not NUMBER.fullmatch(text) or len(digits) < LEAST_DIGITS:
        return None
    if not whole:
        return Number(ending=digits[-LEAST_DIGITS:])
    if text.startswith("+") or len(digits) >= 10:
        try:
            return Number(whole=normalise(text if text.startswith("+") or len(digits) == 10 else f"+{digits}"))
        except AddressError:
            return Number(ending=digits)
    return Number(ending=digits)


def find(filters: dict[str, Any], *, whole: bool) -> Found:
    """The messages that the read filters pick, newest first. Two queries for a search text, none otherwise."""
    rows, also = Message.objects.order_by("-created_at", "-id"), []
    if sender := filters.get("sender"):
        rows = rows.filter(sender=sender)
    if since := filters.get("since"):
        rows = rows.filter(created_at__gte=_start(since))
    if until := filters.get("until"):
        rows = rows.filter(created_at__lt=_start(until) + timedelta(days=1))
    if statuses := statuses_of(filters):
        also.append(Q(Exists(Transaction.objects.filter(message=OuterRef("pk"), status__in=statuses))))
    if source := filters.get("source"):
        also.append(Q(source=source))
    asked, note = reduce(and_, also) if also else None, ""
    if text := filters.get("q", ""):
        hits, note = _hits(rows, text, whole=whole)
        rows = rows.filter(pk__in=hits)
    return Found(rows, asked, note)


def statuses_of(filters: dict[str, Any]) -> tuple[str, ...]:
    """The statuses of the outcome that is asked for; empty for any."""
    return next((group.statuses for group in GROUPS if group.name == filters.get("status")), ())


def behind(last: Message) -> Q:
    """What follows a message in the list. The first condition is the second's too: it is for the index."""
    return Q(created_at__lte=last.created_at) & (Q(created_at__lt=last.created_at) | Q(pk__lt=last.pk))


def down_to(end: Message) -> Q:
    """What comes before a message in the list, and the message itself."""
    return Q(created_at__gte=end.created_at) & (Q(created_at__gt=end.created_at) | Q(pk__gte=end.pk))


def _hits(rows: QuerySet[Message], text: str, *, whole: bool) -> tuple[list[UUID], str]:
    """The ids of the newest messages with a text in name, subject or number, and the search's bounds in words."""
    words, note = Q(name__icontains=text) | Q(content__subject__icontains=text), ""
    # As a part of the page's question it might be answered by reading all messages there are.
    last = list(rows.only("created_at")[READ_THROUGH - 1 : READ_THROUGH + 1])
    if len(last) == 2:
        rows = rows.filter(down_to(last[0]))
        note = _("Names and subjects: the newest %(number)s messages were searched. Give dates to look elsewhere.") % {
            "number": f"{READ_THROUGH:,}"
        }
    hits = list(rows.filter(words).values_list("pk", flat=True)[:MOST_HITS])
    if number := read_number(text, whole=whole):
        found = Transaction.objects.filter(number.condition).order_by("-id").values_list("message", flat=True)
        hits += list(found[:MOST_HITS])
    return hits, note


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
