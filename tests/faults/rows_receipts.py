"""Receipts in a storm, before our own commit, and against one another; and news to callers whose servers misbehave
(reliability, section 4, rows 25 to 27 and 29)."""

import itertools
import json
import time
from typing import Any
from uuid import UUID

from tests.faults import collecting
from tests.faults.catalogue import BOTH, Fault, Figures
from tests.faults.collecting import Kept
from tests.faults.sheets import Sheet
from tests.faults.world import World, end, free_port

A_SECOND = 167
QUICK = 0.25
LATEST_MATCH = 5.0
# Less than a server that hangs is waited for.
HELD_UP = 9.0
MOODS = ("hang", "drip", "redirect", "huge", "reset", "410", "429")


def collected(place: World, count: int) -> tuple[list[UUID], list[Kept]]:
    """Send so many messages and keep their receipts back. Out: the rows' keys and the receipts."""
    from tests.faults import sending  # noqa: PLC0415  needs the world's settings

    kept: list[Kept] = []
    port = free_port()
    sending.open_portal(place, web=("--workers", "2"))
    door = place.environment["PUBLIC_BASE_URL"]
    with collecting.collecting(port, kept):
        place.environment["PUBLIC_BASE_URL"] = f"http://127.0.0.1:{port}"
        pump = place.start_pump()
        keys = sending.order("webex", count)
        # Submitted and delivered, of each.
        sending.until(lambda: len(kept) >= 2 * count, 120)
        sending.until(lambda: not sending.rows(keys).exclude(status="accepted").exists(), 20)
        end(pump)
    place.environment["PUBLIC_BASE_URL"] = door
    return list(keys), kept


def in_a_storm(place: World, short: bool) -> Figures:
    """Every receipt one to five times, in any order, all within a minute."""
    from messaging.models import ReceiptInbox  # noqa: PLC0415
    from tests.faults import sending  # noqa: PLC0415

    keys, kept = collected(place, 250 if short else 1700)
    receipts = collecting.several(kept, most=5)
    began = time.monotonic()
    place.start_pump()
    found = collecting.storm(place.web, receipts, seconds=len(receipts) / A_SECOND)
    ingested = time.monotonic() - began
    # As a provider does it: what was not taken comes again.
    again = collecting.storm(place.web, found.refused, seconds=len(found.refused) / A_SECOND)
    waiting = ReceiptInbox.objects.filter(state__in=["new", "waiting"]).count()
    done = sending.drained(keys, 120)
    behind = time.monotonic() - began - ingested
    took = sending.spread(found.took)
    sheet = Sheet({"receipts": len(receipts), "in_s": round(ingested, 1), **took, "answers": found.statuses})
    sheet.notes |= {"again": again.statuses, "backlog_at_the_end": waiting, "behind_s": round(behind, 1)}
    odd = sending.rows(keys).exclude(status="delivered").count()
    sheet.must(done and not odd, f"{odd} are not delivered")
    sheet.must(found.statuses == {200: len(receipts)}, f"answers {found.statuses}")
    sheet.must(took["p99"] < QUICK * 1000, f"p99 is {took['p99']} ms")
    sheet.must(place.manage("rebuild_status", "--check") == 0, "rebuild_status finds differences")
    return sheet.figures(place, keys, began)


def early(place: World, short: bool) -> Figures:
    """The receipts come before the provider's answer."""
    from messaging.models import TimelineEntry  # noqa: PLC0415
    from tests.faults import sending  # noqa: PLC0415

    sending.open_portal(place)
    count = 10 if short else 20
    providers = ("webex", "telesign", "sinch", "skycore")
    keys = {provider: sending.order(provider, count, "10") for provider in providers}
    everything = [key for some in keys.values() for key in some]
    began = time.monotonic()
    place.start_pump()
    done = sending.drained(everything, 60)
    sheet = Sheet()
    for provider, some in keys.items():
        told = TimelineEntry.objects.filter(transaction__in=some, source="provider", inbox__isnull=False)
        ahead = sum(
            received < recorded
            for received, recorded in told.values_list("inbox__received_at", "transaction__attempts__finished_at")
        )
        sheet.notes[f"{provider}: before our record"] = ahead
    sheet.notes["all_matched_s"] = round(time.monotonic() - began, 1)
    waits = _matches(everything)
    sheet.notes["match_delay_s"] = {"median": sending.median(waits), "most": round(max(waits, default=0), 2)}
    sheet.must(done, "not all were matched")
    return sheet.figures(place, everything, began)


def _matches(keys: list[UUID]) -> list[float]:
    """How much later than our record the last receipt of each was still unread: 0 where it was read before."""
    from messaging.models import Transaction  # noqa: PLC0415

    moments = Transaction.objects.filter(pk__in=keys).values_list("attempts__finished_at", "updated_at")
    return [max(0.0, (updated - recorded).total_seconds()) for recorded, updated in moments]


def against_one_another(place: World, short: bool) -> Figures:
    """Submitted, delivered, failed and expired, and read, in every order, each twice: one status, the same story."""
    from django.utils import timezone  # noqa: PLC0415

    from messaging import arrivals, receipts  # noqa: PLC0415
    from messaging.models import ProviderAccount  # noqa: PLC0415
    from tests.faults import sending  # noqa: PLC0415

    sending.open_portal(place)
    facts = FACTS[:4] if short else FACTS
    orders = list(itertools.permutations(facts))
    began = time.monotonic()
    keys = sending.order("webex", len(orders))
    pump = place.start_pump()
    sent = sending.drained(keys, 60)
    end(pump)
    # What really came of them is taken back: what counts here is what we post.
    rows = list(sending.rows(keys).order_by("pk"))
    _forget_receipts(rows)
    account = ProviderAccount.objects.get(provider="webex")
    for step in range(len(facts)):
        for row, order in zip(rows, orders, strict=True):
            for copy in range(2):
                body = _receipt(order[step], row.client_ref, row.provider_ref, row.recipient, " " * copy)
                arrivals.ingest(account, method="POST", headers={}, body=body, now=timezone.now())
        while receipts.drain():
            pass
    states = set(sending.rows(keys).values_list("status", "conflict"))
    stories = {
        tuple(sorted(row.timeline.filter(source="provider").values_list("code", flat=True).order_by("code")))
        for row in rows
    }
    expected = {("delivered" if short else "read", True)}
    sheet = Sheet({"orders": len(orders), "statuses": sorted(states), "differences": len(states) + len(stories) - 2})
    sheet.must(sent and states == expected and len(stories) == 1, f"{states}, {len(stories)} stories")
    sheet.must(place.manage("rebuild_status", "--check") == 0, "rebuild_status finds differences")
    return sheet.figures(place, keys, began)


FACTS = ("7501", "7500", "7552", "7208", "7524")


def _forget_receipts(rows: list[Any]) -> None:
    from django.utils import timezone  # noqa: PLC0415

    from messaging import timeline  # noqa: PLC0415
    from messaging.models import ReceiptInbox, TimelineEntry  # noqa: PLC0415

    TimelineEntry.objects.filter(transaction__in=rows, source="provider").delete()
    ReceiptInbox.objects.all().delete()
    timeline.settle(rows, now=timezone.now())


def _receipt(code: str, ours: str, theirs: str, recipient: str, blank: str) -> bytes:
    """As the provider words it; a copy differs in its blanks."""
    info = {"deliveryChannel": "mms", "Description": code, "destinationType": "msisdn", "code": code}
    info |= {"deliveryStatus": "Submitted", "destination": recipient.lstrip("+")}
    notice = {"deliveryInfo": info, "correlationid": ours, "callbackData": "", "transid": theirs}
    return json.dumps({"deliveryInfoNotification": notice}).encode() + blank.encode()


def bad_callers(place: World, short: bool) -> Figures:
    """Callers' servers that hang, drip, redirect, never end, reset and refuse, beside one that works."""
    from messaging.models import Callback, CallbackEndpoint  # noqa: PLC0415
    from tests.faults import callers_told, sending  # noqa: PLC0415
    from tests.messaging.callbacks.receiver import receiving  # noqa: PLC0415

    count = 5 if short else 20
    with receiving("ok", *MOODS) as shops:
        allowed = ",".join([place.environment["MMS_ALLOW_PRIVATE_TARGETS"], *(shop.host for shop in shops)])
        place.environment["MMS_ALLOW_PRIVATE_TARGETS"] = allowed
        sending.open_portal(place)
        keys = [key for shop in shops for key in callers_told.order(shop, count, allowed)]
        began = time.monotonic()
        place.start_pump()
        done = sending.drained(keys, 60)
        good = Callback.objects.filter(endpoint__host=shops[0].host)
        told = sending.until(lambda: good.exists() and not good.exclude(state="told").exists(), 60)
        time.sleep(12)
    owed = {str(pk): made.timestamp() for pk, made in good.values_list("pk", "created_at")}
    clock = time.time() - time.monotonic()
    late = sorted(clock + one.at - owed[one.headers["webhook-id"]] for one in shops[0].heard)
    log = place.log("pump")
    sheet = Sheet({"neighbour": sending.spread(late), "moods": len(MOODS), "heard": len(shops[0].heard)})
    sheet.notes["huge_read_mb"] = round(shops[4].written / 1e6, 1)
    bad = Callback.objects.exclude(endpoint__host=shops[0].host)
    sheet.notes["outcomes"] = sorted(set(bad.exclude(outcome="").values_list("outcome", flat=True)))
    sheet.notes["switched_off_by_410"] = CallbackEndpoint.objects.filter(host=shops[6].host, state="disabled").exists()
    sheet.must(done and told, f"all sent: {done}, the neighbour was told: {told}")
    sheet.must(bool(late) and late[-1] < HELD_UP, "the neighbour waited for the others' servers")
    sheet.must(not bad.filter(state="told").exists(), "a bad server was taken for a good one")
    sheet.must("Traceback" not in log, "something broke in the worker")
    return sheet.figures(place, keys, began)


FAULTS = [
    Fault("25", "a storm of receipts", BOTH, in_a_storm),
    Fault("26", "receipts before our record", BOTH, early),
    Fault("27", "receipts against one another", BOTH, against_one_another),
    Fault("29", "callers' servers misbehave", BOTH, bad_callers),
]
