"""The filters of the message list: what was typed, read and bounded, and the messages it picks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import and_
from typing import Any, NamedTuple
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
NEWEST_FIRST = Message.objects.order_by("-created_at", "-id")


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


class Place(NamedTuple):
    """Where a message stands in the list."""

    created_at: datetime
    pk: UUID


@dataclass(frozen=True, slots=True)
class Found:
    """What a search picks: `rows`, newest first, which an index walks, and `also`, what each of them is asked.

    `note` says in words where the search ended, "" when nothing was left out. What a text picks of the rows is few:
    `hits` are the places of all of them, newest first; None where nothing was typed.
    """

    rows: QuerySet[Message]
    also: Q | None
    note: str = ""
    hits: Sequence[Place] | None = None

    def after(self, last: Place | None, most: int) -> QuerySet[Message]:
        """The rows that follow a place, from the newest for None; of `hits` the first `most`. No query."""
        if self.hits is None:
            return self.rows.filter(behind(last)) if last else self.rows
        following = [hit.pk for hit in self.hits if last is None or hit < last]
        return NEWEST_FIRST.filter(pk__in=following[:most])


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
    """The messages that the read filters pick, newest first. Up to four queries for a search text, none otherwise."""
    rows, also = NEWEST_FIRST.all(), []
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
    asked = reduce(and_, also) if also else None
    text = filters.get("q", "")
    return _found(rows, asked, text, whole=whole) if text else Found(rows, asked)


def statuses_of(filters: dict[str, Any]) -> tuple[str, ...]:
    """The statuses of the outcome that is asked for; empty for any."""
    return next((group.statuses for group in GROUPS if group.name == filters.get("status")), ())


def behind(last: Place) -> Q:
    """What follows a message in the list. The first condition is the second's too: it is for the index."""
    return Q(created_at__lte=last.created_at) & (Q(created_at__lt=last.created_at) | Q(pk__lt=last.pk))


def down_to(end: Place) -> Q:
    """What comes before a message in the list, and the message itself."""
    return Q(created_at__gte=end.created_at) & (Q(created_at__gt=end.created_at) | Q(pk__gte=end.pk))


def _found(rows: QuerySet[Message], also: Q | None, text: str, *, whole: bool) -> Found:
    """The newest messages with a text in name, subject or number, and the search's bounds in words."""
    words, note, nearest = Q(name__icontains=text) | Q(content__subject__icontains=text), "", rows
    # As a part of the page's question it might be answered by reading all messages there are.
    last = list(rows.values_list("created_at", "pk")[READ_THROUGH - 1 : READ_THROUGH + 1])
    if len(last) == 2:
        nearest = rows.filter(down_to(Place(*last[0])))
        note = _("Names and subjects: the newest %(number)s messages were searched. Give dates to look elsewhere.") % {
            "number": f"{READ_THROUGH:,}"
        }
    named = list(nearest.filter(words).values_list("created_at", "pk")[:MOST_HITS])
    numbered = _written_to(text, whole=whole)
    if numbered or (named and also is not None):
        # Of so few each can be asked at once; and a message may have been found in both ways.
        few = rows.filter(pk__in={pk for _at, pk in named} | numbered)
        named = list((few if also is None else few.filter(also)).values_list("created_at", "pk"))
    hits = [Place(*place) for place in named]
    return Found(rows, None, note, hits)


def _written_to(text: str, *, whole: bool) -> set[UUID]:
    """The newest messages that went to the number a text means; none when it is no number."""
    number = read_number(text, whole=whole)
    if number is None:
        return set()
    found = Transaction.objects.filter(number.condition).order_by("-id").values_list("message", flat=True)
    return set(found[:MOST_HITS])


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
