"""When a message will have left: from the pace of the accounts that carry it, and what goes before it or beside it.

An estimate, and called so wherever it is shown: a provider may slow an account down, and other messages may be paused.
What waits is counted to a limit; beyond it an estimate is too early, never a burden.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import sqrt
from uuid import UUID

from django.db.models import Count, Exists, Q

from messaging import bands, queues
from messaging.models import Message, ProviderAccount, Sender, SendingPause
from messaging.models.senders import RECOVERY
from messaging.queues import Queue
from messaging.statuses import CANCELLABLE

# Of one's own queues so much is counted, and so much of each that only competes with them.
MOST_OWN, MOST_OTHERS = 50_000, 2_000


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is due at one account by a moment: how many in each queue, and the queues' weights."""

    sizes: Mapping[Queue, int] = field(default_factory=dict)
    weights: Mapping[Queue, float] = field(default_factory=dict)


def finish(
    carried: Mapping[Sender, int],
    ahead: Mapping[UUID, Ahead],
    start: datetime,
    *,
    purpose: str = "marketing",
    queued: bool = False,
) -> datetime:
    """When the last of `carried` leaves, if the first is due at `start` and so much is due by then at each account.

    The senders of an account share its pace; a sender may have a slower one of its own. `queued` says that they are
    among what is ahead already. No query.
    """
    ends = [start]
    for account in {sender.account for sender in carried}:
        own = {sender: count for sender, count in carried.items() if sender.account == account and count}
        there = ahead.get(account.pk, Ahead())
        ours = {sender: _own(sender, count, there, purpose, queued=queued) for sender, count in own.items()}
        calls = max([float(sum(own.values())), *_calls_until(there, ours, queued=queued)])
        ends.append(start + timedelta(seconds=seconds_for(account, calls, start)))
        for sender, count in own.items():
            ends.append(start + timedelta(seconds=count / queues.velocity(sender)))
    return max(ends)


def _own(sender: Sender, count: int, ahead: Ahead, purpose: str, *, queued: bool) -> dict[Queue, int]:
    """The queues that hold a sender's share of a message, and how many stand in each."""
    if not queued:
        return _bands_of(sender, count, purpose)
    wanted = {bands.band_of(purpose, place) for place in (0, *bands.ENDS)}
    return {queue: size for queue, size in ahead.sizes.items() if queue[0] == sender.pk and queue[1] in wanted}


def _calls_until(ahead: Ahead, ours: Mapping[Sender, Mapping[Queue, int]], *, queued: bool) -> list[float]:
    """How many calls the account makes until the last of each of our queues is among them."""
    sizes, weights = Counter(ahead.sizes), dict(ahead.weights)
    for sender, own in ours.items():
        for queue, number in own.items():
            weights.setdefault(queue, bands.weight(queue[1]) * queues.velocity(sender))
            sizes[queue] += 0 if queued else number
    return [_calls(queue, sizes[queue], sizes, weights) for own in ours.values() for queue in own]


def _bands_of(sender: Sender, count: int, purpose: str) -> dict[Queue, int]:
    ends = [*bands.ENDS, max(count, bands.ENDS[-1])]
    return {
        (sender.pk, bands.band_of(purpose, first)): min(end, count) - first
        for first, end in zip((0, *bands.ENDS), ends, strict=True)
        if first < count
    }


def _calls(queue: Queue, number: int, sizes: Mapping[Queue, int], weights: Mapping[Queue, float]) -> float:
    """How many calls an account makes until `number` of a queue have gone: the others take their share beside it."""
    return number + sum(
        min(sizes.get(other, 0), number * weight / weights[queue])
        for other, weight in weights.items()
        if other != queue
    )


def calls_before(queue: Queue, place: int, ahead: Ahead) -> float:
    """How many calls an account makes until the one at `place` (from 1) of a queue has gone. No query."""
    weights = {queue: ahead.weights.get(queue, float(bands.weight(queue[1])))} | dict(ahead.weights)
    return _calls(queue, place, ahead.sizes, weights)


def seconds_for(account: ProviderAccount, calls: float, now: datetime) -> float:
    """How long so many calls take an account, which may be climbing back from having been throttled. No query."""
    full = float(account.calls_per_second)
    wait = max(0.0, (account.slowed_until - now).total_seconds()) if account.slowed_until and account.slowed_at else 0.0
    slow = account.rate_at(now + timedelta(seconds=wait))
    climb = full / RECOVERY.total_seconds()
    climbing = (full - slow) / climb
    lost = (full - slow) * climbing / 2
    if calls >= full * climbing - lost:
        return wait + (calls + lost) / full
    # Within the climb: slow * t + climb * t² / 2 = calls.
    return wait + (sqrt(slow * slow + 2 * climb * calls) - slow) / climb


def ahead(senders: Iterable[Sender], before: datetime) -> dict[UUID, Ahead]:
    """What waits at the senders' accounts and is due by a moment, by account. Three queries."""
    carriers = list(senders)
    found = queues.open_senders({sender.account_id for sender in carriers})
    weights, mine = queues.weights(found, before), {sender.pk for sender in carriers}
    sizes = queues.sizes({queue: MOST_OWN if queue[0] in mine else MOST_OTHERS for queue in weights}, before)
    at = {sender.pk: sender.account_id for sender in found}
    return {
        account: Ahead(
            {queue: size for queue, size in sizes.items() if at[queue[0]] == account},
            {queue: weight for queue, weight in weights.items() if at[queue[0]] == account},
        )
        for account in set(at.values())
    }


def carriers_of(message: Message) -> list[Sender]:
    """Who carries a message, each with how many recipients (`carried`), how many of them wait (`waiting`), and whether
    all sending is paused (`stopped`). One query."""
    waiting = Count("transactions", filter=Q(transactions__status__in=CANCELLABLE))
    rows = Sender.objects.filter(transactions__message=message).select_related("account")
    counted = rows.annotate(carried=Count("transactions"), waiting=waiting, stopped=Exists(SendingPause.running()))
    return list(counted.order_by("-carried", "address"))


def finish_of(message: Message, carriers: Sequence[Sender], *, now: datetime, free: int) -> datetime | None:
    """When the last of what waits freely will have left; `carriers` as from `carriers_of`, `free` how many that are.

    None when nothing does, and when somebody's pause keeps it. Three queries.
    """
    own = {sender: waiting for sender in carriers if (waiting := getattr(sender, "waiting", 0))}
    if not own or not free or any(sender.is_paused or getattr(sender, "stopped", False) for sender in own):
        return None
    start = max(filter(None, (now, message.send_at, message.undo_until)))
    return finish(own, ahead(own, start), start, purpose=message.purpose, queued=True)
