"""Many receipts in one commit end as one by one: statuses, entries, callbacks, and what is left in the inbox."""

import json
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Thread
from time import monotonic, sleep
from unittest.mock import patch

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.db.transaction import atomic, set_rollback
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging import receipts, tasks
from messaging.arrivals import ingest
from messaging.models import (
    Callback,
    CallbackEndpoint,
    OptOut,
    ProviderAccount,
    ProviderCode,
    ReceiptInbox,
    TimelineEntry,
    Transaction,
)
from messaging.models.callbacks import new_signing_secret
from messaging.models.sealing import seal
from messaging.receipts import claiming, together, turns
from tests.messaging.test_receipts import body

pytestmark = pytest.mark.django_db
NUMBERS = [f"+1416555010{n}" for n in range(4)]
# Within what a provider's clock is believed.
STAMP = f"{timezone.now():%Y-%m-%dT%H:%M}:0{{}}.000Z"
CODES = ("7501", "7500", "7524", "7525", "7552", "7208", "7999", "7998")


@dataclass(frozen=True)
class Said:
    """One receipt as it is posted: about which message, with what code, and how it names it."""

    person: int
    code: str
    second: int
    names: str
    sent_as: str

    def packed(self, rows: Sequence[Transaction]) -> dict[str, object]:
        row = rows[self.person]
        refs = {
            "ours": (row.client_ref, f"t-{self.person}"),
            "theirs": ("", f"t-{self.person}"),
            "part": ("", f"t-{self.person}_1"),
            "shared": ("", "t-shared"),
            "nobody": ("", "t-nobody"),
            "stranger": (rows[4].client_ref, "t-9"),
            "misdirected": (rows[(self.person + 1) % 4].client_ref, "t-9"),
        }
        ref, transid = refs[self.names]
        more = {"sentAs": self.sent_as} if self.sent_as else {}
        number, stamp = row.recipient[1:], STAMP.format(self.second)
        return json.loads(body(self.code, ref=ref, transid=transid, number=number, stamp=stamp, **more))


@pytest.fixture
def people(queued, account, issued_key):
    """Four people of one message that news is wanted of; the last two share a reference; and one of another account."""
    key = issued_key[0]
    endpoint = CallbackEndpoint.objects.create(
        api_key=key,
        host="shop.example.com:443",
        url="https://shop.example.com/news",
        secrets_sealed=seal({"secret": new_signing_secret()}),
        state="active",
        verified_at=timezone.now(),
    )
    message = queued(*NUMBERS, api_key=key)
    message.endpoint, message.notify_url = endpoint, endpoint.url
    message.save()
    rows = list(message.transactions.order_by("position"))
    other = ProviderAccount.objects.create(name="Another", provider="webex", base_url="http://127.0.0.1:9/webex")
    rows += list(queued("+14165550109").transactions.all())
    Transaction.objects.filter(pk=rows[4].pk).update(account=other)
    deadline = {"next_attempt_at": None, "receipt_deadline": datetime(2030, 1, 1, tzinfo=UTC)}
    for row, (status, ref) in zip(
        rows,
        (("accepted", "t-0"), ("unknown", ""), ("accepted", "t-shared"), ("cancelled", "t-shared"), ("accepted", "")),
        strict=True,
    ):
        row.timeline.create(
            at=row.created_at, received_at=row.created_at, source="portal", kind=status, state=status, dedupe_key="x"
        )
        Transaction.objects.filter(pk=row.pk).update(status=status, provider_ref=ref, news=0, **deadline)
    return rows


def outcome() -> list[object]:
    """Everything that receipts change, without what only says when or in which row."""
    lives = Transaction.objects.order_by("recipient").values_list(
        *("recipient", "status", "via", "conflict", "reason_code", "reason_text", "clicks", "news", "provider_ref"),
        "receipt_deadline",
    )
    entries = TimelineEntry.objects.order_by("transaction__recipient", "id").values_list(
        *("transaction__recipient", "kind", "state", "via", "code", "text", "data", "at", "dedupe_key", "inbox__digest")
    )
    inbox = ReceiptInbox.objects.order_by("id").values_list(
        *("digest", "state", "note", "attempts", "failures", "lease_token", "transaction__recipient")
    )
    told = Callback.objects.order_by("transaction__recipient", "sequence")
    news = [(one.sequence, one.event, {**json.loads(bytes(one.body)), "timestamp": ""}) for one in told]
    codes = ProviderCode.objects.order_by("code").values_list("code", "seen_count")
    outs = OptOut.objects.order_by("number").values_list("number", "evidence")
    return [list(lives), list(entries), list(inbox), news, list(codes), list(outs)]


@contextmanager
def undone():
    """What happens in here has never happened."""
    with atomic():
        yield
        set_rollback(True)


def drained(account, bodies, *, together_at_most: int) -> list[object]:
    with undone(), patch.object(claiming, "AT_ONCE", together_at_most):
        for one in bodies:
            ingest(account, method="POST", headers={}, body=one, now=timezone.now())
        receipts.drain()
        return outcome()


NAMES = ("ours", "ours", "theirs", "part", "shared", "nobody", "stranger", "misdirected")
SAID = st.builds(
    Said,
    st.integers(0, 3),
    st.sampled_from(CODES),
    st.integers(0, 3),
    st.sampled_from(NAMES),
    st.sampled_from(["", "sms"]),
)
BODIES = st.lists(st.one_of(SAID.map(lambda one: [one]), st.lists(SAID, min_size=1, max_size=3)), max_size=14)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(said=BODIES, again=st.lists(st.integers(0, 13), max_size=4), size=st.sampled_from([2, 3, 7, 500]))
def test_any_batching_of_any_receipts_ends_as_one_by_one(people, account, said, again, size):
    bodies = [json.dumps([one.packed(people) for one in several]).encode() for several in said]
    # The same news in another spelling is another body.
    bodies += [json.dumps(json.loads(bodies[place]), indent=1).encode() for place in again if place < len(bodies)]

    assert drained(account, bodies, together_at_most=size) == drained(account, bodies, together_at_most=1)


def post(account, *bodies):
    for one in bodies:
        ingest(account, method="POST", headers={}, body=one, now=timezone.now())


def told(row, code, second=0):
    return body(code, ref=row.client_ref, number=row.recipient[1:], stamp=STAMP.format(second))


def test_more_receipts_are_not_more_queries(people, account):
    def asked(*bodies):
        with undone():
            post(account, *bodies)
            with CaptureQueriesContext(connection) as queries:
                receipts.drain()
            assert not ReceiptInbox.objects.exclude(state="done").exists()
            return len(queries)

    few = asked(told(people[0], "7501"), told(people[0], "7500"))
    many = asked(*(told(row, code, second) for row in people[:3] for code in ("7501", "7500") for second in range(5)))

    assert many <= few


def test_what_is_out_of_the_ordinary_keeps_its_place_among_the_news_of_its_message(people, account):
    # Nobody knows the code, but its word says something, and that is told before the delivery.
    post(account, told(people[0], "7999"), told(people[0], "7500"), told(people[1], "7500"))

    receipts.drain()

    news = Callback.objects.order_by("transaction__recipient", "sequence").values_list("sequence", "event")
    assert list(news) == [(1, "submitted"), (2, "delivered"), (1, "delivered")]


def broken(monkeypatch, fault, digest_of):
    """The database refuses a batch in which there is one certain body."""
    real = together.give_back

    def give_back(marks):
        if ReceiptInbox.objects.filter(pk__in=[mark["id"] for mark in marks], body=digest_of).exists():
            raise fault
        real(marks)

    monkeypatch.setattr(together, "give_back", give_back)


@pytest.mark.parametrize("fault", [IntegrityError("refused"), OperationalError("deadlock detected")])
def test_what_breaks_a_batch_takes_nobody_along(people, account, monkeypatch, fault):
    bodies = [told(row, "7501", second) for row in people[:3] for second in range(4)]
    post(account, *bodies)
    broken(monkeypatch, fault, bodies[5])

    assert receipts.drain() == 12

    assert set(ReceiptInbox.objects.values_list("state", "lease_token")) == {("done", None)}
    assert TimelineEntry.objects.filter(kind="receipt").count() == 12


def test_one_drains_and_one_waits_and_a_third_goes(settings, tmp_path):
    settings.SPOOL_DIR, came = tmp_path / "spool", []

    def come() -> None:
        with receipts.turn() as ours:
            came.append(ours)

    with receipts.turn() as first:
        others = [Thread(target=come, daemon=True) for _number in range(2)]
        for other in others:
            other.start()
        ends = monotonic() + 10
        while not came and monotonic() < ends:
            sleep(0.01)
        assert (first, came) == (True, [False])
    for other in others:
        other.join(10)

    assert came == [False, True]


def test_who_cannot_wait_for_a_long_drain_asks_for_another(settings, tmp_path, monkeypatch):
    settings.SPOOL_DIR = tmp_path / "spool"
    monkeypatch.setattr(turns, "PATIENCE", 0.0)

    with receipts.turn() as first, receipts.turn() as second:
        assert (first, second) == (True, False)

    assert (receipts.asked_again(), receipts.asked_again()) == (True, False)


def test_what_was_asked_for_before_a_drain_began_is_asked_no_more(settings, tmp_path, monkeypatch):
    settings.SPOOL_DIR = tmp_path / "spool"
    monkeypatch.setattr(turns, "PATIENCE", 0.0)
    with receipts.turn(), receipts.turn():
        pass

    with receipts.turn() as ours:
        assert ours

    assert not receipts.asked_again()


def test_a_drain_that_was_asked_again_rings_for_the_next(settings, tmp_path, monkeypatch, people, account):
    settings.SPOOL_DIR, rung = tmp_path / "spool", []
    monkeypatch.setattr(turns, "PATIENCE", 0.0)
    monkeypatch.setattr(tasks, "ring_receipts", lambda: rung.append(True))
    real = receipts.drain

    def drain() -> int:
        # Somebody rings meanwhile, once.
        if not rung:
            tasks.drain_receipts()
        return real()

    monkeypatch.setattr(receipts, "drain", drain)
    post(account, told(people[0], "7501"))

    tasks.drain_receipts()
    tasks.drain_receipts()

    assert rung == [True]
    assert ReceiptInbox.objects.get().state == "done"


def test_a_lease_that_was_lost_leaves_the_row_to_who_has_it(people, account):
    post(account, told(people[0], "7501"), told(people[1], "7501"))
    rows = claiming.claim()
    ReceiptInbox.objects.filter(pk=rows[0].pk).update(lease_token="12345678123456781234567812345678")

    assert together.take(together.read(rows)) == []

    assert list(ReceiptInbox.objects.order_by("id").values_list("state", flat=True)) == ["new", "done"]
