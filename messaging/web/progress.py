"""How far a message is, in exact counts, what holds it, and when it will be done."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from messaging import estimates, steering
from messaging.models import Message, SendAttempt, Sender
from messaging.statuses import CANCELLABLE, HANDED_OVER, LOST, Status

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

# A finish that is nearer than this is not worth announcing.
SOON_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the counts that add up to the message's recipients."""

    name: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Hold:
    """One thing that keeps a message here: its words, and the moment it ends by itself, if it does."""

    kind: str
    icon: str
    text: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a message's recipients stand: how many in each status, how many wait or are kept, and since when.

    `carriers` are those who carry some of them, most first, each with how many (`carried`) and how many wait
    (`waiting`).
    """

    counts: Mapping[str, int]
    waiting: int
    held: int
    last: datetime | None
    carriers: Sequence[Sender]


@dataclass(frozen=True, slots=True)
class Canary:
    """What came of those that went first."""

    total: int
    delivered: int
    failed: int
    behind: int

    @property
    def open(self) -> int:
        return self.total - self.delivered - self.failed


FIGURES: "tuple[tuple[str, StrPromise, tuple[Status, ...]], ...]" = (
    ("left", gettext_lazy("On the way"), (Status.SENDING, Status.ACCEPTED, Status.SUBMITTED)),
    ("delivered", gettext_lazy("Delivered"), (Status.DELIVERED, Status.READ)),
    ("unclear", gettext_lazy("Unclear"), (Status.UNKNOWN, Status.UNCONFIRMED)),
    ("failed", gettext_lazy("Failed"), (Status.FAILED, Status.EXPIRED)),
    ("blocked", gettext_lazy("Held back"), (Status.BLOCKED,)),
    ("cancelled", gettext_lazy("Stopped"), (Status.CANCELLED,)),
)


def standing(message: Message) -> Standing:
    """How a message's recipients stand. Two queries, the first over an index alone."""
    counts: Counter[str] = Counter()
    carried: Counter[UUID] = Counter()
    waiting: Counter[UUID] = Counter()
    kept, last = 0, None
    rows = message.transactions.order_by().values_list("status", "sender", "held")
    for status, sender, held, number, moved in rows.annotate(Count("pk"), Max("updated_at")):
        counts[status] += number
        carried[sender] += number
        last = max(filter(None, (last, moved)))
        if status in CANCELLABLE:
            waiting[sender] += number
            kept += number if held else 0
    carriers = list(Sender.objects.filter(pk__in=carried).select_related("account"))
    for carrier in carriers:
        told: Any = carrier
        told.carried, told.waiting = carried[carrier.pk], waiting[carrier.pk]
    carriers.sort(key=lambda carrier: (-carried[carrier.pk], carrier.address))
    return Standing(dict(counts), sum(waiting.values()), kept, last, carriers)


def figures(counts: Mapping[str, int], held: int) -> list[Figure]:
    """Exact counts that add up to everybody; those of nobody are left out. `held` of the waiting are kept here."""
    waiting = sum(counts.get(status, 0) for status in CANCELLABLE)
    rows = [Figure("waiting", _("Waiting"), waiting - held), Figure("held", _("Kept here"), held)]
    rows += [
        Figure(name, str(label), sum(counts.get(status, 0) for status in statuses)) for name, label, statuses in FIGURES
    ]
    return [row for row in rows if row.count]


def stoppable(message: Message) -> int:
    """How many a stop would withdraw now: what waits, and what a worker has in hand but not on the wire. One query."""
    tries = SendAttempt.objects.filter(transaction=OuterRef("pk"), phase=SendAttempt.Phase.CLAIMED)
    unsent = Q(status__in=CANCELLABLE) | Q(Exists(tries), status=Status.SENDING)
    return message.transactions.filter(unsent).count()


def called_back(message: Message) -> bool:
    """Whether a message was stopped while it could be undone: nothing of it ever left. No query."""
    return bool(message.stopped_at and message.undo_until and message.stopped_at < message.undo_until)


def canary_of(message: Message) -> Canary:
    """How those stand that went first. Two queries."""
    first = steering.canary_rows(message)
    said = first.aggregate(
        total=Count("pk"),
        delivered=Count("pk", filter=Q(status__in=HANDED_OVER)),
        failed=Count("pk", filter=Q(status__in=LOST)),
    )
    return Canary(**said, behind=steering.held_of(message))


def holds(message: Message, *, now: datetime, waiting: int) -> list[Hold]:
    """What keeps a message here, or has ended it, the weightiest first. Two queries at most, where one goes first."""
    if message.stopped_at:
        return [Hold("stopped", "octagon-x", _("This message was stopped. What had left by then is past recall."))]
    if not waiting:
        return []
    found = []
    if message.undo_until and message.undo_until > now:
        text = _("Nothing has left yet. You can call it back until the time is over.")
        found.append(Hold("undo", "undo-2", text, message.undo_until))
    if message.paused_at:
        who = message.paused_by.username if message.paused_by else _("somebody")
        found.append(
            Hold(
                "paused",
                "circle-pause",
                _("Paused by %(who)s. Nothing more leaves until it is resumed.") % {"who": who},
            )
        )
    if message.fitting == Message.Fitting.RUNNING:
        found.append(Hold("fitting", "image-down", _("Its media are being made to fit; it goes out after that.")))
    if message.fitting == Message.Fitting.FAILED:
        found.append(
            Hold("fitting", "image-off", _("Its media could not be made to fit. Stop it and send another one."))
        )
    if message.canary and not message.canary_passed_at:
        found.append(Hold("canary", "bird", _canary_words(canary_of(message), message)))
    if message.send_at and message.send_at > now:
        found.append(Hold("scheduled", "calendar-clock", _("It waits for its time."), message.send_at))
    return found


def _canary_words(canary: Canary, message: Message) -> str:
    text = ngettext(
        "%(first)s went first: %(delivered)s delivered, %(failed)s failed, %(open)s open. %(behind)s recipient waits.",
        "%(first)s went first: %(delivered)s delivered, %(failed)s failed, %(open)s open. %(behind)s recipients wait.",
        canary.behind,
    ) % {
        "first": canary.total,
        "delivered": canary.delivered,
        "failed": canary.failed,
        "open": canary.open,
        "behind": f"{canary.behind:,}",
    }
    if not message.canary_minutes:
        return text
    more = _("They follow by themselves once all have arrived, if that takes no more than %(minutes)s minutes.")
    return f"{text} {more % {'minutes': message.canary_minutes}}"


def finish_of(message: Message, carriers: Sequence[Sender], *, now: datetime, free: int) -> datetime | None:
    """When the last of what waits freely will have left; None when nothing does, or it is hardly worth saying. One
    query."""
    ends = estimates.finish_of(message, carriers, now=now, free=free)
    return ends if ends and (ends - now).total_seconds() > SOON_SECONDS else None
