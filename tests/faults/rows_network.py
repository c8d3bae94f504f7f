"""The network between us and the providers (reliability, section 4, rows 7 and 10)."""

import time

from tests.faults import names
from tests.faults.breaking import Line, slow
from tests.faults.catalogue import BOTH, Fault, Figures
from tests.faults.sheets import Sheet
from tests.faults.world import World, end

HOST = "provider.example"


def refused(place: World, short: bool) -> Figures:
    """Nobody listens at the provider's address for a while."""
    from messaging.models import SendAttempt  # noqa: PLC0415  needs the world's settings
    from tests.faults import sending  # noqa: PLC0415

    sending.open_portal(place)
    with Line(place.sandbox_port) as line:
        sending.send_to(place, "webex", line.port)
        line.shut()
        keys = sending.order("webex", 50 if short else 300)
        began = time.monotonic()
        pump = place.start_pump()
        tries = SendAttempt.objects.filter(transaction__in=keys)
        sending.until(lambda: tries.exclude(outcome="").count() >= len(keys), 30)
        time.sleep(1 if short else 8)
        outcomes = set(tries.exclude(outcome="").values_list("outcome", "code"))
        taken, made = len(place.accepted("webex")), tries.count()
        line.open()
        back = time.monotonic()
        done = sending.drained(keys, 60)
        recovery = time.monotonic() - back
        end(pump)
    sheet = Sheet({"recovered_after_s": round(recovery, 1), "tries_meanwhile": made})
    sheet.must(done, "not all were sent after the recovery")
    sheet.must(not taken and outcomes == {("R", "connect_failed")}, f"meanwhile {sorted(outcomes)}, taken {taken}")
    return sheet.figures(place, keys, began)


def nameless(place: World, short: bool) -> Figures:
    """The provider's name cannot be resolved for a while."""
    from messaging.models import ProviderAccount, SendAttempt  # noqa: PLC0415
    from tests.faults import sending  # noqa: PLC0415

    if not sending.is_root():
        return Figures(notes={"skipped": "needs root, for port 53 and a mount namespace"})
    sending.open_portal(place)
    server = names.NameServer()
    place.environment["MMS_ALLOW_PRIVATE_TARGETS"] += f",{HOST}:{place.sandbox_port}"
    account = ProviderAccount.objects.get(provider="telesign")
    account.base_url = account.base_url.replace("127.0.0.1", HOST)
    account.save()
    keys = sending.order("telesign", 50 if short else 300)
    began = time.monotonic()
    pump = names.start_pump(place)
    tries = SendAttempt.objects.filter(transaction__in=keys)
    sending.until(lambda: tries.exclude(outcome="").count() >= len(keys), 30)
    time.sleep(1 if short else 8)
    outcomes, asked = set(tries.exclude(outcome="").values_list("outcome", "code")), server.asked
    server.works = True
    back = time.monotonic()
    done = sending.drained(keys, 90)
    recovery = time.monotonic() - back
    end(pump)
    server.close()
    sheet = Sheet({"recovered_after_s": round(recovery, 1), "asked": asked})
    sheet.must(done, "not all were sent after the recovery")
    sheet.must(outcomes == {("R", "name_not_found")} and asked > 0, f"meanwhile {sorted(outcomes)}, asked {asked}")
    return sheet.figures(place, keys, began)


def bad_line(place: World, short: bool) -> Figures:
    """A line of 200 ms with 5 % loss each way, as TCP has it, and now and then a reset."""
    from tests.faults import judge, sending  # noqa: PLC0415

    sending.open_portal(place)
    count = 100 if short else 400
    up, down = slow(0.1, loss=0.05, cuts=0.005, seed=1), slow(0.1, loss=0.05, cuts=0.005, seed=2)
    with Line(place.sandbox_port, up=up, down=down) as line:
        for provider in ("webex", "telesign"):
            sending.send_to(place, provider, line.port)
        keys = [*sending.order("webex", count), *sending.order("telesign", count)]
        began = time.monotonic()
        pump = place.start_pump()
        # What was cut off on its way to the provider has never been there, and stays unknown.
        done = sending.until(lambda: judge.settled(place, sending.rows(keys)), 240)
        end(pump)
    sheet = Sheet({f"call_{name}_ms": took for name, took in sending.spread(sending.call_seconds(keys)).items()})
    doubts, waits = sending.resolved(keys)
    resent = sending.resent_after_doubt(keys)
    sheet.notes |= {"unknown": doubts, "resolved": len(waits), "resent": resent, "line": "a TCP line of our own"}
    sheet.must(done and not resent, f"all came to an end: {done}, sent again after a doubt: {resent}")
    return sheet.figures(place, keys, began)


FAULTS = [
    Fault("7", "connection refused", BOTH, refused),
    Fault("7", "name not resolved", BOTH, nameless),
    Fault("10", "latency and loss", BOTH, bad_line),
]
