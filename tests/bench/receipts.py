"""What receipts cost: taking one in beside a bare insert, draining them beside a tuned batch of the ORM, and how long
one takes from its POST to the timeline while four fifths of what can be taken in keep coming.

Alone: `DATABASE_URL=postgres://... python -m tests.bench.receipts`.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.figures import cpu_seconds, row
from tests.bench.receipt_storm import Storm, pour
from tests.faults.world import World, free_port, world

ROUNDS = 5
# More of them than elsewhere: each is short, and a machine that is shared changes its pace from second to second.
TURNS = 11
POSTS, WARMING = 400, 2
PEOPLE = 1000
WEB = ("-k", "gthread", "--threads", "4", "--workers", "1", "--keep-alive", "75", "--no-control-socket")
KEY = "a key to sign with"


def measure(place: World, *, seconds: float = 60) -> list[dict[str, object]]:
    """The rows of receipts. In: a world whose settings Django stands on; for how long receipts pour in at last."""
    stage = Stage()
    ingest = _ingest(place, stage)
    drain = _drain(stage)
    return [ingest, drain, *pour(place, stage, seconds, body=body)]


class Stage:
    """An account that signs, and messages to many people whose caller wants news."""

    def __init__(self) -> None:
        from messaging.models import ProviderAccount, Sender  # noqa: PLC0415

        self.account = ProviderAccount(name="Receipts", provider="webex", base_url="http://127.0.0.1:9/webex")
        self.account.credentials = {"service_key": "sandbox-service-key", "webhook_key": KEY}
        self.account.save()
        self.sender = Sender.objects.create(address="66666", kind="short_code", account=self.account)
        self._turn = 0

    def message(self, people: int) -> list[tuple[str, str]]:
        """A message that was accepted for each of so many people. Out: their references and numbers."""
        from django.utils import timezone  # noqa: PLC0415

        from messaging import timeline  # noqa: PLC0415
        from messaging.content import Content, FallbackSms, Slide  # noqa: PLC0415
        from messaging.models import CallbackEndpoint, Transaction, issue_key  # noqa: PLC0415
        from messaging.models.callbacks import new_signing_secret  # noqa: PLC0415
        from messaging.models.sealing import seal  # noqa: PLC0415
        from messaging.queueing import Order, RecipientOrder, queue  # noqa: PLC0415
        from messaging.statuses import Status  # noqa: PLC0415

        self._turn += 1
        now = timezone.now()
        key = issue_key(name=f"Receipts {self._turn}", scopes=["messages:send"])[0]
        endpoint = CallbackEndpoint.objects.create(
            api_key=key,
            host="shop.example.com:443",
            url="https://shop.example.com/news",
            secrets_sealed=seal({"secret": new_signing_secret()}),
            state="disabled",
        )
        numbers = [f"+1{200 + self._turn}{5_000_000 + n}" for n in range(people)]
        content = Content("Bench", "Hello", (Slide("Hello"),), FallbackSms("Hello"))
        orders = [RecipientOrder(number) for number in numbers]
        order = Order(self.sender, content, orders, source="api", api_key=key)
        message = queue(order, now=now)
        message.endpoint, message.notify_url = endpoint, endpoint.url
        message.save()
        rows = list(message.transactions.order_by("position"))
        timeline.append([timeline.entry(row, "accepted", now=now, state=Status.ACCEPTED) for row in rows])
        message.transactions.update(
            status="accepted", next_attempt_at=None, receipt_deadline=rows[0].expires_at, news=0
        )
        assert Transaction.objects.filter(message=message, status="accepted").count() == people
        return [(row.client_ref, row.recipient[1:]) for row in rows]


def body(ref: str, number: str, code: str = "7500", stamp: str = "2026-05-04T22:07:01.226Z") -> bytes:
    """A receipt in the shape of Webex Connect."""
    info = {
        "deliveryChannel": "mms",
        "Description": "Delivered",
        "destinationType": "msisdn",
        "timeStamp": stamp,
        "code": code,
        "deliveryStatus": "Delivered",
        "destination": number,
    }
    notice = {"deliveryInfo": info, "correlationid": ref, "callbackData": "", "transid": f"t-{ref}"}
    return json.dumps({"deliveryInfoNotification": notice}).encode()


# Taking in --------------------------------------------------------------------------------------------------


def _ingest(place: World, stage: Stage) -> dict[str, object]:
    """Processor time of the web worker for each signed POST, beside that of the bare view; in turns."""
    path = f"/webhooks/webex/{stage.account.webhook_secret}"
    whole, bare = [], []
    with _web(place, "mmsportal.wsgi", place.web_port) as ours, _web(place, "tests.bench.bare_web", 0) as theirs:
        for turn in range(TURNS + WARMING):
            refs = [(f"{turn:03}{n:023}", f"1416555{n:04}") for n in range(POSTS)]
            bodies = [body(*one) for one in refs]
            cost = ours(path, bodies), theirs("/bare", bodies)
            if turn >= WARMING:
                whole.append(cost[0])
                bare.append(cost[1])
    _empty()
    floor = statistics.median(bare)
    against = f"a bare view that inserts the body as Django does ({1000 * floor:.3f} ms)"
    costs, share = [1000 * one for one in whole], floor / statistics.median(whole)
    return row("receipt_ingest", costs, "CPU ms/request", share, against, ">= 0.8")


@contextmanager
def _web(place: World, module: str, port: int) -> Iterator[Callable[[str, list[bytes]], float]]:
    """A web server of its own. Out: posts signed bodies, and says the CPU seconds that each took its worker."""
    port = port or free_port()
    words = (sys.executable, "-m", "gunicorn", module, "-b", f"127.0.0.1:{port}", *WEB)
    master = place.start(*words, name=module)
    try:
        storm = Storm(port, KEY)
        storm.wait_for_it("/healthz" if module == "mmsportal.wsgi" else "/bare")
        (worker,) = Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text().split()

        def post(path: str, bodies: list[bytes]) -> float:
            before = cpu_seconds(int(worker))
            for one in bodies:
                if storm.post(path, one) != 200:
                    raise RuntimeError("a receipt was not taken")
            return (cpu_seconds(int(worker)) - before) / len(bodies)

        yield post
    finally:
        master.terminate()
        master.wait(20)


# Draining ---------------------------------------------------------------------------------------------------


def _drain(stage: Stage) -> dict[str, object]:
    """Processor and wall time of the drain for each receipt beside the ORM's batch of 500; in turns."""
    from messaging import receipts  # noqa: PLC0415
    from messaging.models import Callback, TimelineEntry  # noqa: PLC0415
    from tests.bench import orm_drain  # noqa: PLC0415

    ours, theirs = [], []
    for turn in range(2 * (ROUNDS + 1)):
        people = stage.message(PEOPLE)
        told, entries = Callback.objects.count(), TimelineEntry.objects.count()
        _fill(stage, people)
        work, took = (receipts.drain, ours) if turn % 2 else (orm_drain.drain, theirs)
        began = time.perf_counter()
        work()
        if turn > 1:
            took.append((time.perf_counter() - began) / (2 * PEOPLE))
        found = (Callback.objects.count() - told, TimelineEntry.objects.count() - entries)
        if found != (2 * PEOPLE, 2 * PEOPLE):
            raise RuntimeError(f"callbacks and entries: {found}")
    mine, floor = statistics.median(ours), statistics.median(theirs)
    against = f"batches of 500 through the ORM ({1 / floor:.0f}/s)"
    return row("receipt_drain", [1 / one for one in ours], "receipts/s", floor / mine, against, ">= 3")


def _fill(stage: Stage, people: list[tuple[str, str]]) -> None:
    """Two receipts for each, as they come: all submitted, then all delivered."""
    from django.utils import timezone  # noqa: PLC0415

    from messaging import arrivals  # noqa: PLC0415

    now = timezone.now()
    bodies = [body(ref, number, code) for code in ("7501", "7500") for ref, number in people]
    rows = [arrivals.row_of(stage.account, method="POST", headers={}, body=one, now=now) for one in bodies]
    for start in range(0, len(rows), 500):
        arrivals.ingest_all(rows[start : start + 500])


def _empty() -> None:
    from messaging.models import ReceiptInbox  # noqa: PLC0415

    ReceiptInbox.objects.all().delete()


def main() -> int:
    """Measure in a world of its own, and print."""
    import django  # noqa: PLC0415

    parser = argparse.ArgumentParser(prog="python -m tests.bench.receipts")
    parser.add_argument("--seconds", type=float, default=60, help="for how long receipts pour in at last")
    options = parser.parse_args()
    kind = "postgresql" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "sqlite"
    with world(kind) as place:
        os.environ.update({**place.environment, "DJANGO_SETTINGS_MODULE": "mmsportal.settings"})
        django.setup()
        for found in measure(place, seconds=options.seconds):
            ratio = f"{found['ratio']} of {found['against']}" if found["ratio"] else found["against"]
            print(f"{found['name']:22}{found['value']:>12} {found['unit']:16}{ratio}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
