"""The filters of the message list: what was typed, read and bounded, and the messages it picks."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.addresses import AddressError, normalise
from messaging.models import Message, Sender, Transaction
from messaging.web.looks import GROUPS

# A number's last digits have no index of their own: only messages of this many days are looked through.
SUFFIX_DAYS = 31
LEAST_DIGITS = 4
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
NUMBER = re.compile(r"\+?[\d\s().-]{4,24}")


@dataclass(frozen=True, slots=True)
class Number:
    """A phone number typed into a search: whole (E.164) or the last digits of one."""

    whole: str = ""
    ending: str = ""

    @property
    def condition(self) -> Q:
        return Q(recipient=self.whole) if self.whole else Q(recipient__endswith=self.ending)


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


def find(filters: dict[str, Any], *, now: datetime, whole: bool) -> tuple[QuerySet[Message], str]:
    """The messages that the read filters pick, newest first, and a note about the search's bounds ("" for none)."""
    found, note = Message.objects.order_by("-id"), ""
    if status := filters.get("status"):
        statuses = next(group.statuses for group in GROUPS if group.name == status)
        found = found.filter(Exists(Transaction.objects.filter(message=OuterRef("pk"), status__in=statuses)))
    if sender := filters.get("sender"):
        found = found.filter(sender=sender)
    if source := filters.get("source"):
        found = found.filter(source=source)
    if since := filters.get("since"):
        found = found.filter(created_at__gte=_start(since))
    if until := filters.get("until"):
        found = found.filter(created_at__lt=_start(until) + timedelta(days=1))
    if text := filters.get("q", ""):
        number = read_number(text, whole=whole)
        words = Q(name__icontains=text) | Q(content__subject__icontains=text)
        if number:
            if number.ending and not filters.get("since"):
                found = found.filter(created_at__gte=now - timedelta(days=SUFFIX_DAYS))
                note = _("By last digits, the last %(days)d days are searched. Give a first day to look further.") % {
                    "days": SUFFIX_DAYS
                }
            words |= Q(Exists(Transaction.objects.filter(number.condition, message=OuterRef("pk"))))
        found = found.filter(words)
    return found, note


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
