"""How statuses look on the pages: their level, icon and words, and the groups that bars and filters use."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from messaging.addresses import masked, readable
from messaging.statuses import LABELS, Status, Via

ICONS = {
    Status.SCHEDULED: "calendar-clock",
    Status.QUEUED: "clock",
    Status.SENDING: "send",
    Status.UNKNOWN: "circle-question-mark",
    Status.ACCEPTED: "check",
    Status.SUBMITTED: "radio-tower",
    Status.UNCONFIRMED: "hourglass",
    Status.EXPIRED: "timer",
    Status.FAILED: "triangle-alert",
    Status.DELIVERED: "check-check",
    Status.READ: "eye",
    Status.CANCELLED: "circle-slash",
    Status.BLOCKED: "shield-off",
}


@dataclass(frozen=True, slots=True)
class Group:
    """Statuses that a person reads as one; `level` picks the colour."""

    name: str
    words: str
    level: str
    statuses: tuple[Status, ...]

    @property
    def label(self) -> str:
        """Its words in the reader's language."""
        return _(self.words)


@dataclass(frozen=True, slots=True)
class Look:
    """One status as a pill shows it."""

    label: str
    level: str
    icon: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A group's share of a bar; `share` is a percentage of the whole."""

    group: Group
    count: int
    share: float


GROUPS = (
    Group("delivered", gettext_noop("Delivered"), "ok", (Status.DELIVERED, Status.READ)),
    Group(
        "waiting",
        gettext_noop("On the way"),
        "info",
        (Status.SCHEDULED, Status.QUEUED, Status.SENDING, Status.ACCEPTED, Status.SUBMITTED),
    ),
    Group("unclear", gettext_noop("Outcome unknown"), "warn", (Status.UNKNOWN, Status.UNCONFIRMED)),
    Group("failed", gettext_noop("Not delivered"), "err", (Status.FAILED, Status.EXPIRED, Status.BLOCKED)),
    Group("cancelled", gettext_noop("Cancelled"), "off", (Status.CANCELLED,)),
)
GROUP_OF = {status: group for group in GROUPS for status in group.statuses}


def look(status: str, via: str = "") -> Look:
    """The pill of a transaction. A delivery says what was delivered: the MMS, or the SMS in its place."""
    known = Status(status)
    group, label = GROUP_OF[known], _(LABELS[known])
    if known in (Status.DELIVERED, Status.READ) and via:
        words = _("%(status)s as %(what)s") % {"status": label, "what": via.upper()}
        return Look(words, "warn" if via == Via.SMS else "ok", ICONS[known])
    return Look(label, group.level, ICONS[known])


def segments(counts: Mapping[str, int]) -> list[Segment]:
    """Counts per status, summed up to the groups that hold any, as shares of the whole."""
    whole = sum(counts.values()) or 1
    sums = ((group, sum(counts.get(status, 0) for status in group.statuses)) for group in GROUPS)
    return [Segment(group, count, round(100 * count / whole, 2)) for group, count in sums if count]


def ago(moment: datetime, now: datetime) -> str:
    """How long ago something was, in words: "just now" within the first minute."""
    if now - moment < timedelta(minutes=1):
        return _("just now")
    return _("%(time)s ago") % {"time": timesince(moment, now)}


def number_for(number: str, *, whole: bool) -> str:
    """A phone number as this person may see it: spaced for reading, or masked."""
    return readable(number) if whole else masked(number)
