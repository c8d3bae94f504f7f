"""Rows about one step of a send: a worker that stands still past its lease, a message that brings every worker down,
an opt-out between claim and wire (3, 38, 39)."""

import os
import signal
from collections.abc import Sequence
from functools import partial
from typing import Any

from tests.faults import killing, nursery
from tests.faults.catalogue import BOTH, Fault, Figures
from tests.faults.stage import kept, stage
from tests.faults.world import World

PATIENCE = 200
POISON = "Poison"


def stopped(point: str, place: World, short: bool) -> Figures:
    """STOP a pump there until its lease has run out and another has done its work; then let it go on."""
    from messaging.models import TimelineEntry, Transaction  # noqa: PLC0415  needs the world's settings
    from tests.faults import judge, orders  # noqa: PLC0415

    each, rows = (40 if short else 200), Transaction.objects.all()
    with stage(place) as seat:
        orders.place_order("webex", 0, each, stored=False, encoded=False)
        process = seat.start(partial(nursery.pump, f"stop@{point}:2"), "stopped")
        judge.wait(lambda: nursery.stopped(process), 30)
        standing, left = nursery.stopped(process), rows.exclude(lease_token=None).count()
        seat.start(nursery.pump, "pump")
        if short:
            judge.end_leases(rows)
        drained = judge.wait(lambda: judge.settled(place, rows), PATIENCE)
        os.kill(process, signal.SIGCONT)
        # It wakes up with claims that are another's now, and with answers that are late.
        judge.wait(lambda: not nursery.alive(process), 5)
        awake = nursery.alive(process)
    late = TimelineEntry.objects.filter(kind="late_answer").count()
    notes: dict[str, object] = {"held_by_the_stopped": left, "late_answers": late}
    broken = "" if standing and awake else "the pump was not stopped, or did not go on"
    return judge.judge(place, rows, requested=each, drain_s=drained, recovered=left, notes=notes, broken=broken)


def poison(place: World, short: bool) -> Figures:
    """One message in two hundred crashes whoever makes its request; it must be given up alone."""
    from messaging.models import SendAttempt, Transaction  # noqa: PLC0415
    from tests.faults import judge, orders  # noqa: PLC0415

    each, rows = (60 if short else 200), Transaction.objects.all()
    with stage(place) as seat:
        orders.order_to("webex", ["+12065560000"], subject=POISON)
        orders.place_order("webex", 0, each - 1, stored=False, encoded=False)
        poisoned = rows.filter(message__content__subject=POISON)
        others = rows.exclude(pk__in=poisoned.values("pk"))
        with kept(seat, killing.pumps(1, poisoned_pump)) as killer:

            def over() -> bool:
                if killer.fell_in_all > crashes[-1]:
                    crashes.append(killer.fell_in_all)
                    judge.end_leases(rows)
                return judge.settled(place, rows)

            crashes = [0]
            drained = judge.wait(over, PATIENCE)
    spoiled = others.exclude(status="delivered").count()
    hit = SendAttempt.objects.filter(transaction__in=others, code="worker_lost").values("transaction")
    notes: dict[str, object] = {
        "crashes": killer.fell_in_all,
        "others_failed": spoiled,
        "others_held_up": hit.distinct().count(),
        "poison": list(poisoned.values_list("status", "reason_code")),
    }
    broken = f"{spoiled} others went down with it" if spoiled else ""
    broken = broken or ("" if poisoned.filter(status="failed").exists() else "it was not given up")
    return judge.judge(place, rows, requested=each, drain_s=drained, notes=notes, broken=broken)


def poisoned_pump() -> None:
    """A pump that is killed by what Webex's message of that subject makes it do."""
    from messaging.gateway import registry  # noqa: PLC0415

    client = registry.provider("webex").client
    build = client.build

    def deadly(account: Any, message: Any, **options: Any) -> Any:
        if message.content.subject == POISON:
            os.kill(os.getpid(), signal.SIGKILL)
        return build(account, message, **options)

    client.build = deadly  # type: ignore[method-assign]
    nursery.pump()


def opted_out(place: World, short: bool) -> Figures:
    """Recipients say STOP while a pump stands between claim and wire mark."""
    from django.utils import timezone  # noqa: PLC0415

    from messaging import consent  # noqa: PLC0415
    from messaging.models import Sender, Transaction  # noqa: PLC0415
    from tests.faults import judge, orders  # noqa: PLC0415

    each, rows = 40, Transaction.objects.all()
    with stage(place) as seat:
        orders.place_order("webex", 0, each, stored=False, encoded=False)
        process = seat.start(partial(nursery.pump, "stop@before_wire:1"), "stopped")
        judge.wait(lambda: nursery.stopped(process), 30)
        sender = Sender.objects.get(account__provider="webex")
        claimed = list(rows.filter(status="sending").values_list("pk", "recipient")[:5])
        queued = list(rows.filter(status="queued").values_list("pk", "recipient")[:5])
        for _pk, number in claimed + queued:
            consent.opt_out(number, sender, source="api", evidence="STOP", now=timezone.now())
        os.kill(process, signal.SIGCONT)
        drained = judge.wait(lambda: judge.settled(place, rows), PATIENCE)
    silent = {number.lstrip("+") for _pk, number in claimed + queued}
    sent = sum(entry["recipient"].lstrip("+") in silent for entry in place.accepted())
    blocked = rows.filter(status="blocked").count()
    notes: dict[str, object] = {"opted_out_when_claimed": len(claimed), "violations": sent, "blocked": blocked}
    broken = f"{sent} sent after STOP" if sent else ("" if blocked == 10 and claimed else f"{blocked} blocked of 10")
    return judge.judge(place, rows, requested=each, drain_s=drained, notes=notes, broken=broken)


FAULTS: Sequence[Fault] = [
    Fault("3", "STOP past the lease while preparing", BOTH, partial(stopped, "before_wire")),
    Fault("3", "STOP past the lease during a call", BOTH, partial(stopped, "during_call")),
    Fault("38", "a message that crashes its worker", BOTH, poison),
    Fault("39", "STOP said between claim and wire", BOTH, opted_out),
]
