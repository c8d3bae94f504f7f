"""Providers that hang, reset, refuse, drip, answer rubbish, throttle or revoke (reliability, section 4, rows 4 to 9, 36
and 37)."""

import time
from uuid import UUID

from tests.faults.breaking import Cut, Line, Link, swallow
from tests.faults.catalogue import BOTH, Fault, Figures
from tests.faults.sheets import Sheet
from tests.faults.world import World, end

ALL = ("webex", "telesign", "sinch", "skycore")
LONGEST_CALL = {"webex": 20.0, "telesign": 20.0, "sinch": 30.0, "skycore": 30.0}
MOST_MEMORY = 50.0
HUGE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4294967296\r\n\r\n"
LATE = "13"


def hangs(place: World, short: bool) -> Figures:
    """The provider takes the message, and its answer never comes. Half of the receipts come while the call still waits,
    half after it was given up."""
    from tests.faults import sending  # noqa: PLC0415  need the world's settings

    providers = ALL[:2] if short else ALL
    # A minute late at this speed is a few seconds after the longest call.
    sending.open_portal(place, speed=2.5 if short else 1.7)
    with Line(place.sandbox_port, down=swallow) as line:
        keys: list[UUID] = []
        for provider in providers:
            sending.send_to(place, provider, line.port)
            keys += sending.order(provider, 5) + sending.order(provider, 5, LATE)
        began = time.monotonic()
        pump = place.start_pump()
        done = sending.drained(keys, 75)
        end(pump)
    return _doubtful(keys, whole=done, every=True).figures(place, keys, began)


def resets(place: World, short: bool) -> Figures:
    """The provider takes the message and resets the connection."""
    from tests.faults import sending  # noqa: PLC0415

    sending.open_portal(place, speed=2)
    keys = [key for provider in ALL for key in sending.order(provider, 5 if short else 20, "26")]
    began = time.monotonic()
    pump = place.start_pump()
    done = sending.drained(keys, 30)
    end(pump)
    return _doubtful(keys, whole=done, every=True).figures(place, keys, began)


def _doubtful(keys: list[UUID], *, whole: bool, every: bool) -> Sheet:
    """What holds of every row whose answers are lost: nothing is sent again, and receipts resolve it."""
    from tests.faults import sending  # noqa: PLC0415

    sheet = Sheet()
    doubts, waits = sending.resolved(keys)
    resent = sending.resent_after_doubt(keys)
    share = round(100 * len(waits) / doubts, 1) if doubts else None
    sheet.notes |= {"resolved_%": share, "resolved_median_s": sending.median(waits), "resent": resent}
    sheet.must(not resent, f"{resent} sent again after a doubtful try")
    sheet.must(whole, "not all came to an end")
    sheet.must(
        not every or doubts == len(keys) == len(waits), f"{doubts} of {len(keys)} doubtful, {len(waits)} resolved"
    )
    return sheet


def errors(place: World, short: bool) -> Figures:
    """500 after the message was taken, and 500 before it was."""
    from tests.faults import sending  # noqa: PLC0415

    sending.open_portal(place)
    count = 5 if short else 20
    after = [key for provider in ALL for key in sending.order(provider, count, "24")]
    before = {provider: sending.order(provider, count, "23") for provider in ALL}
    keys = [*after, *(key for some in before.values() for key in some)]
    began = time.monotonic()
    pump = place.start_pump()
    done = sending.drained(keys, 30, but=["unknown"])
    end(pump)
    sheet = _doubtful(keys, whole=done, every=False)
    taken = sending.rows(after).filter(status="delivered").count()
    unknown = {name: sending.rows(some).filter(status="unknown").count() for name, some in before.items()}
    sheet.notes |= {"after: delivered by receipt": taken, "before: still unknown": unknown}
    # Telesign's 3500 says that nothing was taken: it alone is tried again.
    expected = {**dict.fromkeys(ALL, count), "telesign": 0}
    sheet.must(taken == len(after) and unknown == expected, "a 500 was read wrongly")
    return sheet.figures(place, keys, began)


def drips(place: World, short: bool) -> Figures:
    """The answer comes one byte a second: the deadline is for the whole call."""
    from tests.faults import sending  # noqa: PLC0415

    sending.open_portal(place)
    providers = ALL[:2] if short else ALL
    keys = {provider: sending.order(provider, 5, "27") for provider in providers}
    everything = [key for some in keys.values() for key in some]
    began = time.monotonic()
    pump = place.start_pump()
    over = sending.until(lambda: len(sending.call_seconds(everything)) == len(everything), 60)
    done = over and sending.drained(everything, 10)
    end(pump)
    sheet = _doubtful(everything, whole=done, every=False)
    longest = {name: round(max(sending.call_seconds(some), default=0.0), 2) for name, some in keys.items()}
    sheet.notes["longest_call_s"] = longest
    late = [name for name, seconds in longest.items() if abs(seconds - LONGEST_CALL[name]) > 1]
    sheet.must(not late, f"the deadline did not hold: {', '.join(late)}")
    return sheet.figures(place, everything, began)


def rubbish(place: World, short: bool) -> Figures:
    """2xx with garbage, with a gzip bomb, broken off in the middle, and without end."""
    from tests.faults import sending  # noqa: PLC0415

    sending.open_portal(place)
    count = 5 if short else 20
    with Line(place.sandbox_port, down=_broken_off) as torn, Line(place.sandbox_port, down=_endless) as endless:
        first = sending.order("webex", 20)
        sending.send_to(place, "telesign", torn.port)
        sending.send_to(place, "sinch", endless.port)
        began = time.monotonic()
        pump = place.start_pump()
        sending.drained(first, 30)
        before = sending.peak_memory(pump.pid, anew=True)
        before = sending.peak_memory(pump.pid)
        keys = [*sending.order("telesign", count), *sending.order("sinch", count)]
        for provider in ("webex", "skycore"):
            keys += [*sending.order(provider, count, "28"), *sending.order(provider, count, "29")]
        done = sending.drained(keys, 60)
        grown = round(sending.peak_memory(pump.pid) - before, 1)
        end(pump)
    sheet = _doubtful(keys, whole=done, every=True)
    sheet.notes |= {"memory_grew_mb": grown}
    sheet.must(grown < MOST_MEMORY, f"memory grew by {grown} MB")
    return sheet.figures(place, keys, began)


def _broken_off(link: Link, data: bytes) -> bytes:
    link.near.sendall(data[: len(data) - 20])
    raise Cut


def _endless(link: Link, _data: bytes) -> bytes:
    link.near.sendall(HUGE)
    for _piece in range(512):
        link.near.sendall(b" " * 1024 * 1024)
    raise Cut


def throttles(place: World, short: bool) -> Figures:
    """The provider takes only so much for a while: no failures, no hammering, and both senders get their share."""
    from messaging.models import ProviderAccount, Sender  # noqa: PLC0415
    from tests.faults import sending  # noqa: PLC0415

    sending.open_portal(place)
    limit, seconds, each = 10, 10 if short else 30, 40 if short else 150
    for provider in ("webex", "sinch"):
        account = ProviderAccount.objects.get(provider=provider)
        Sender.objects.get_or_create(address=SECOND[provider], kind="short_code", account=account)
        sending.change_tenant(place, provider, tps=limit)
    shares = {(p, s): sending.order(p, each, sender=s) for p in ("webex", "sinch") for s in ("34343", SECOND[p])}
    keys = [key for some in shares.values() for key in some]
    began, start = time.monotonic(), len(sending.ledger(place))
    pump = place.start_pump()
    time.sleep(seconds)
    meanwhile = {share: sending.rows(some).filter(status="delivered").count() for share, some in shares.items()}
    calls = [entry for entry in sending.ledger(place)[start:] if entry["kind"] in {"accepted", "refused"}]
    for provider in ("webex", "sinch"):
        sending.change_tenant(place, provider, tps=100_000)
    done = sending.drained(keys, 60 if short else 150)
    end(pump)
    sheet = Sheet()
    late = [one for one in calls if one["at"] > calls[0]["at"]] if calls else []
    sheet.notes |= {"limit": limit, "seconds": seconds}
    for provider in ("webex", "sinch"):
        own = [one for one in late if one["provider"] == provider]
        refused = sum(one["kind"] == "refused" for one in own)
        sheet.notes[f"{provider}: calls/s"] = round(len(own) / seconds, 1)
        sheet.notes[f"{provider}: refused/s"] = round(refused / seconds, 1)
        shared = [meanwhile[provider, sender] for sender in ("34343", SECOND[provider])]
        sheet.notes[f"{provider}: by sender"] = shared
        sheet.must(max(shared) < 20 or min(shared) * 2 >= max(shared), f"{provider}: unfair, {shared}")
        # A burst at the start is how the limit is found.
        often = len(own) / seconds
        sheet.must(often <= 2 * limit, f"{provider} was called {often:.0f} times a second")
    failed = sending.rows(keys).filter(status="failed").count()
    sheet.must(not failed and done, f"{failed} failed, all came to an end: {done}")
    return sheet.figures(place, keys, began)


SECOND = {"webex": "70707", "sinch": "72404"}


def revoked(place: World, short: bool) -> Figures:
    """The credential is revoked: the account is paused, nothing fails, and all goes once it is mended."""
    from django.contrib.auth.models import User  # noqa: PLC0415

    from messaging import pauses  # noqa: PLC0415
    from messaging.gateway.serving import server  # noqa: PLC0415
    from messaging.models import ProviderAccount  # noqa: PLC0415
    from tests.faults import sending  # noqa: PLC0415

    sending.open_portal(place)
    count, keys = 20 if short else 100, []
    good = {provider: server(provider).DEMO.credentials for provider in ALL}
    for provider in ALL:
        mine = {name: list(values) for name, values in good[provider].items()}
        sending.change_tenant(place, provider, credentials={**mine, **REVOKED[provider]})
        keys += sending.order(provider, count)
    began = time.monotonic()
    pump = place.start_pump()
    accounts = ProviderAccount.objects.filter(provider__in=ALL)
    # Where a content is stored first, one call at a time is refused: at once, after 5 seconds, and after 30 more.
    paused = sending.until(lambda: not accounts.filter(paused_at=None).exists(), 60)
    seconds = time.monotonic() - began
    time.sleep(3)
    states = set(sending.rows(keys).values_list("status", flat=True).distinct())
    asked = len([one for one in sending.ledger(place) if one["kind"] == "refused"])
    for provider in ALL:
        sending.change_tenant(place, provider, credentials={n: list(v) for n, v in good[provider].items()})
    pauses.resume(accounts.all(), User.objects.get_or_create(username="mender")[0])
    done = sending.drained(keys, 60)
    end(pump)
    sheet = Sheet()
    failed = sending.rows(keys).filter(status="failed").count()
    sheet.notes |= {
        "paused_after_s": round(seconds, 1),
        "failed": failed,
        "refused_calls": asked,
        "meanwhile": sorted(states),
    }
    sheet.must(paused and done and not failed, f"paused: {paused}, all sent: {done}, failed: {failed}")
    sheet.must(states <= {"queued", "sending"}, f"meanwhile {sorted(states)}")
    return sheet.figures(place, keys, began)


REVOKED = {
    "webex": {"service_key": "another-key", "service_secret": "YW5vdGhlciBzZWNyZXQgb2YgdGhlIHNhbmRib3ggMTI="},
    "telesign": {"api_key": "YW5vdGhlciBrZXkgb2YgdGhlIHNhbmRib3ggMTIzNDU="},
    "sinch": {"api_key": "another-key"},
    "skycore": {"api_key": "another-key"},
}

FAULTS = [
    Fault("4", "the answer hangs", BOTH, hangs),
    Fault("5", "the connection is reset", BOTH, resets),
    Fault("6", "500 after and before", BOTH, errors),
    Fault("8", "the answer drips", BOTH, drips),
    Fault("9", "rubbish under 2xx", BOTH, rubbish),
    Fault("36", "the provider throttles", BOTH, throttles),
    Fault("37", "the credential is revoked", BOTH, revoked),
]
