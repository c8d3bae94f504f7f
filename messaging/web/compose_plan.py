"""When and how a draft is to be sent, as the composer shows it, confirms it and puts it into an order."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from messaging import estimates, pauses
from messaging.models import Draft, Message, Sender
from messaging.orders import Order
from messaging.plans import AT_ONCE, LATER, Plan, Timing, timing, undo_seconds
from messaging.queueing import Examination, validity
from messaging.slide_rules import Finding, Severity, blocking
from messaging.slide_rules.findings import finding
from messaging.slide_rules.findings import gettext_noop as noop

VALIDITIES = (60, 4 * 60, 12 * 60, 24 * 60, 48 * 60, 72 * 60)


@dataclass(frozen=True, slots=True)
class Planned:
    """A draft's plan, the moments it means, and what stands against them."""

    plan: Plan
    timing: Timing
    findings: list[Finding]

    @property
    def later(self) -> bool:
        return self.plan.when == LATER

    @property
    def refused(self) -> bool:
        """Whether it cannot be carried out as it is: then nothing may be sent, now least of all."""
        return bool(blocking(self.findings))

    @property
    def order_fields(self) -> Mapping[str, Any]:
        """What an order says of it."""
        return {
            "purpose": self.plan.purpose,
            "send_at": self.timing.send_at,
            "send_at_said": self.timing.said,
            "expire_at": self.timing.expire_at,
            "canary": self.plan.canary,
            "canary_minutes": self.plan.canary_minutes,
        }

    @property
    def validities(self) -> list[tuple[int, str]]:
        """The choices of the validity list, with the present value among them."""
        chosen = {self.plan.valid_minutes} if self.plan.valid_minutes else set[int]()
        return [(minutes, _duration(minutes)) for minutes in sorted({*VALIDITIES, *chosen})]

    @property
    def turns(self) -> list[tuple[str, str]]:
        """Which of two equal times may be meant, when the clocks go back over the one that was chosen."""
        return list(zip(("first", "second"), self.timing.names, strict=False))


def planned(draft: Draft, now: datetime) -> Planned:
    """Read and judge the plan of a draft. No query."""
    plan = Plan.from_json(draft.plan)
    found, findings = timing(plan, now)
    return Planned(plan, found, findings)


def promise_findings(plan: Planned, first: Sender | None) -> list[Finding]:
    """What speaks against promising a time: a sender that is paused now may be so then. No query."""
    if not plan.timing.send_at or first is None or not first.is_paused:
        return []
    return [
        finding(
            "schedule_paused",
            Severity.BLOCKS,
            "/send_at",
            noop("{sender} is paused, so nobody can promise that it sends at that time."),
            {"sender": first.address},
            fix=noop("Choose another sender, or have this one resumed first."),
            mends=(AT_ONCE,),
        )
    ]


def final(order: Order, draft: Draft, accepted: int) -> Order:
    """The order as it is queued: with the time to call it back, and the message it repeats. One query at most."""
    plan = Plan.from_json(draft.plan)
    again = Message.objects.filter(pk=plan.resend_of).first() if plan.resend_of else None
    return replace(order, undo_seconds=undo_seconds(plan, accepted, settings.UNDO_SECONDS), resend_of=again)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the confirmation says of the time: how long it can be called back, when the last leaves, who is too late;
    `held` is how many a pause keeps that nobody knows the end of, `free` how many are left; `stopped` says that it is
    the pause of all sending."""

    undo: int
    start: datetime
    finish: datetime
    expires: datetime
    late: int
    held: int
    free: int
    stopped: bool

    @property
    def takes(self) -> str:
        return _duration(max(1, round((self.finish - self.start).total_seconds() / 60)))


def carriers(examination: Examination) -> dict[Sender, int]:
    """Who would carry a message, each to how many. No query."""
    carried = Counter(place.sender for place in examination.places if place.sender)
    if examination.counted and examination.senders:
        carried[examination.senders[0]] += examination.counted
    return dict(carried)


def forecast(plan: Planned, carried: Mapping[Sender, int], now: datetime) -> Forecast:
    """How sending would go if it began now. Four queries at most."""
    accepted = sum(carried.values())
    undo = undo_seconds(plan.plan, accepted, settings.UNDO_SECONDS)
    start = plan.timing.send_at or now + timedelta(seconds=undo)
    stopped = pauses.running() is not None
    moving = carried if plan.timing.send_at else {} if stopped else _moving(carried)
    free = sum(moving.values())
    finish = estimates.finish(moving, estimates.ahead(moving, start), start, purpose=plan.plan.purpose)
    expires = plan.timing.expire_at or start + min(validity(sender) for sender in carried)
    # The last to leave are those whose time runs out first.
    share = (finish - expires) / (finish - start) if free and finish > expires else 0.0
    return Forecast(undo, start, finish, expires, min(free, round(free * share)), accepted - free, free, stopped)


def _moving(carried: Mapping[Sender, int]) -> dict[Sender, int]:
    """The part of those who carry a message that are not paused now. No query."""
    return {sender: count for sender, count in carried.items() if not sender.is_paused}


def _duration(minutes: int) -> str:
    days, rest = divmod(minutes, 24 * 60)
    left = rest % 60
    if days and not rest:
        return _("%(number)s days") % {"number": days} if days > 1 else _("1 day")
    if minutes >= 60 and not left:
        return _("%(number)s hours") % {"number": minutes // 60} if minutes > 60 else _("1 hour")
    if minutes > 120:
        return _("%(hours)s h %(minutes)s min") % {"hours": minutes // 60, "minutes": left}
    return _("%(number)s minutes") % {"number": minutes} if minutes > 1 else _("1 minute")
