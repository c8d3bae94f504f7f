"""Messages sent from a stored content: one stores it, the others wait; who dies over it costs no message."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from messaging import delivery, receipts, saved_contents
from messaging.content import Content, FallbackSms, Slide
from messaging.delivery import fetching, pumping
from messaging.delivery.claiming import claim
from messaging.delivery.fetching import Fetcher
from messaging.delivery.keeping import Keeper
from messaging.delivery.lanes import lanes
from messaging.gateway.contract import Saved
from messaging.gateway.facts import SavedNews
from messaging.models import Message, ProviderAccount, ReceiptInbox, SavedContent, SendAttempt, Transaction, issue_key
from messaging.providers.sinch import saving
from messaging.queueing import RecipientOrder
from messaging.saved_contents import Step, take
from mmsportal.sandbox.testing import Running
from tests.working import settled, work

pytestmark = pytest.mark.django_db(transaction=True)
OFFER = Content("Offer", "Offer", (Slide("Hello from the shop"),), FallbackSms("Hello"))
NUMBERS = ("+12065550100", "+12065550108", "+12065550109")


@pytest.fixture
def sinch(make_account) -> ProviderAccount:
    return make_account("sinch")


@pytest.fixture(autouse=True)
def _for_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "MANY", 2)


@pytest.fixture
def offered(sinch: ProviderAccount, make_sender, queued) -> Callable[..., Message]:
    sender = make_sender(sinch)

    def offer(*numbers: str, **more: object) -> Message:
        return queued(*numbers or NUMBERS, **{"sender": sender, "content": OFFER, **more})

    return offer


def encode(monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider takes its time over any content, and no news of it comes by itself."""
    real = saving.read_save
    monkeypatch.setattr(saving, "read_save", lambda *words: Saved(real(*words).saved_ref, ready=False))


def hear(account: ProviderAccount, *, ready: bool, code: str = "N003") -> None:
    news = SavedNews(SavedContent.objects.get().provider_ref, ready, code, "said the provider")
    assert saved_contents.hear(account, news, timezone.now())


def saves(sandbox: Running) -> int:
    return len(sandbox.ledger(kind="saved"))


def sent(sandbox: Running) -> list[str]:
    return sorted(str(entry["recipient"])[-2:] for entry in sandbox.ledger(kind="accepted"))


def test_one_stores_it_and_all_are_sent_from_there(offered, sandbox: Running):
    rows = offered().transactions

    work(settled(rows))

    assert set(rows.values_list("status", flat=True)) == {"delivered"}
    assert (saves(sandbox), sent(sandbox)) == (1, ["00", "08", "09"])
    assert SavedContent.objects.get().state == "ready"
    stored = SendAttempt.objects.filter(code="content_saved")
    assert list(stored.values_list("phase", "outcome", "wire_at")) == [("done", "", None)]


def test_the_next_message_with_the_same_content_stores_nothing(offered, sandbox: Running):
    work(settled(offered().transactions))
    again = offered("+12065550110", "+12065550111").transactions

    work(settled(again))

    assert (saves(sandbox), len(sent(sandbox))) == (1, 5)


def test_a_content_that_differs_between_people_is_not_stored(offered, order, sandbox: Running, sinch, monkeypatch):
    content = Content("Offer", "Offer", (Slide("Hello $(name)"),), FallbackSms("Hello"))
    people = [RecipientOrder(number, substitutions={"name": number[-2:]}) for number in NUMBERS]

    work(settled(offered(content=content, recipients=people).transactions))

    assert (saves(sandbox), len(sent(sandbox))) == (0, 3)


def test_while_it_is_encoded_all_wait_and_leave_no_trace_but_one_line(offered, sandbox: Running, monkeypatch):
    encode(monkeypatch)
    rows = offered().transactions
    work(lambda: rows.filter(timeline__kind="encoding").count() == 3)

    assert sent(sandbox) == []
    assert set(rows.values_list("status", flat=True)) == {"queued"}
    # Only the one that stored it has a try to show.
    assert sorted(rows.values_list("attempt_no", flat=True)) == [0, 0, 1]
    assert SendAttempt.objects.count() == 1
    assert [row.timeline.filter(kind="encoding").count() for row in rows.all()] == [1, 1, 1]
    assert not rows.filter(timeline__kind="returned").exists()


def test_the_news_that_it_is_ready_sends_them_at_once(offered, sandbox: Running, sinch, monkeypatch):
    encode(monkeypatch)
    rows = offered().transactions
    work(lambda: rows.filter(timeline__kind="encoding").count() == 3)
    assert delivery.pump(once=True) == 0

    hear(sinch, ready=True)
    delivery.pump(once=True)

    assert sent(sandbox) == ["00", "08", "09"]
    assert saves(sandbox) == 1


def test_the_news_that_it_is_of_no_use_fails_them_with_the_providers_code(offered, sandbox, sinch, monkeypatch):
    encode(monkeypatch)
    rows = offered().transactions
    work(lambda: rows.filter(timeline__kind="encoding").count() == 3)

    hear(sinch, ready=False, code="E003")
    delivery.pump(once=True)

    assert set(rows.values_list("status", "reason_code")) == {("failed", "E003")}
    assert sent(sandbox) == []
    assert SavedContent.objects.get().state == "failed"


def test_without_news_it_is_tried_after_a_minute(offered, sandbox: Running, monkeypatch):
    encode(monkeypatch)
    rows = offered().transactions
    work(lambda: rows.filter(timeline__kind="encoding").count() == 3)

    SavedContent.objects.update(updated_at=timezone.now() - saved_contents.ENCODING)
    Transaction.objects.update(next_attempt_at=timezone.now())
    delivery.pump(once=True)

    assert sent(sandbox) == ["00", "08", "09"]
    assert SavedContent.objects.get().state == "ready"


def test_a_content_the_provider_has_lost_is_stored_anew(offered, sandbox: Running):
    work(settled(offered().transactions))
    SavedContent.objects.update(provider_ref="9999999")
    rows = offered("+12065550110", "+12065550111").transactions

    work(settled(rows))

    assert set(rows.values_list("status", flat=True)) == {"delivered"}
    assert saves(sandbox) == 2
    assert len(sent(sandbox)) == 5
    assert "E241" in rows.filter(attempts__code="E241").values_list("attempts__code", flat=True)


def test_a_save_whose_answer_is_lost_leaves_no_message_in_doubt(offered, sandbox: Running, monkeypatch):
    real, lost = saving.read_save, []

    def losing(*words: object) -> Saved:
        if not lost:
            lost.append(1)
            raise ConnectionError("the answer is gone")
        return real(*words)

    monkeypatch.setattr(saving, "read_save", losing)
    rows = offered().transactions

    delivery.pump(once=True)
    assert not rows.filter(status="unknown").exists()
    SavedContent.objects.update(lease_until=None)
    work(settled(rows))

    assert set(rows.values_list("status", flat=True)) == {"delivered"}
    assert (saves(sandbox), sent(sandbox)) == (2, ["00", "08", "09"])


def test_a_worker_that_dies_over_a_save_costs_a_second_copy_of_the_content_at_most(offered, sandbox, sinch):
    rows = offered().transactions
    taken = claim(sinch, 10)
    assert take(sinch, OFFER, timezone.now()).step is Step.SAVE
    assert len(taken) == 3

    past = timezone.now() - timedelta(seconds=1)
    Transaction.objects.update(lease_until=past)
    SavedContent.objects.update(lease_until=past)
    delivery.sweep()
    work(settled(rows))

    assert set(rows.values_list("status", flat=True)) == {"delivered"}
    assert sent(sandbox) == ["00", "08", "09"]


def test_who_was_to_store_it_and_does_not_lets_the_next_one_at_once(offered, sinch):
    offered()
    lane = next(one for one in lanes() if one.row == sinch)
    flights = pumping.Flights(allow_private=frozenset(), connect_timeout=1.0)
    stand = pumping.Stand(lane, 3)
    turn = pumping.Turn(flights, Keeper(), Fetcher(flights.look), [stand])
    pumping._claim_ahead(turn, stand)
    assert [job.saves for job in stand.ahead] == [True]
    content = stand.ahead[0].message.content
    assert take(sinch, content, timezone.now()).step is Step.WAIT

    # As when the account was refused meanwhile.
    pumping._rest(turn, stand)

    assert take(sinch, content, timezone.now()).step is Step.SAVE


def test_a_fault_of_the_database_gives_back_what_was_claimed(offered, sinch, monkeypatch):
    rows = offered().transactions
    lane = next(one for one in lanes() if one.row == sinch)

    def locked(_waiting: object) -> None:
        raise OperationalError("somebody else has locked them")

    monkeypatch.setattr(fetching, "put_off", locked)
    with pytest.raises(OperationalError):
        fetching.fetch(lane, 3)

    assert SavedContent.objects.get().lease_until is None
    assert set(rows.values_list("status", "attempt_no", "lease_token")) == {("queued", 0, None)}


def test_a_refusal_of_the_content_fails_them_all_with_one_call(offered, sandbox: Running):
    content = Content("Offer", "Offer", (Slide("sandbox:answer=E230"),), FallbackSms("Hello"))
    rows = offered(content=content).transactions

    work(settled(rows))

    assert set(rows.values_list("status", "reason_code")) == {("failed", "E230")}
    assert SendAttempt.objects.exclude(request=None).count() == 1


def test_a_content_is_offered_as_often_as_its_code_allows_whoever_does_it(offered, sandbox: Running):
    content = Content("Offer", "Offer", (Slide("sandbox:answer=E351"),), FallbackSms("Hello"))
    rows = offered(content=content).transactions

    def mended() -> bool:
        # What is put off for later is due at once.
        SavedContent.objects.filter(state="saving").update(lease_until=None)
        return settled(rows)()

    work(mended)

    assert set(rows.values_list("status", "reason_code")) == {("failed", "E351")}
    assert SendAttempt.objects.exclude(request=None).count() == 3


def test_a_fault_told_of_the_content_fails_no_message(offered, sandbox: Running, sinch, client: Client, monkeypatch):
    encode(monkeypatch)
    rows = offered().transactions
    work(lambda: rows.filter(timeline__kind="encoding").count() == 3)
    reference = sandbox.ledger(kind="saved")[0]["body"]["client-reference"]
    fault = {"to": "34343", "code": "E011", "status": "Failed", "client-reference": reference}

    client.post(f"/webhooks/sinch/{sinch.webhook_secret}", json.dumps(fault), content_type="application/json")
    receipts.drain()

    assert set(rows.values_list("status", flat=True)) == {"queued"}
    assert ReceiptInbox.objects.get(body=json.dumps(fault).encode()).state == "waiting"


def test_news_comes_through_the_webhook(client: Client, sinch):
    saved_contents.stored(take(sinch, OFFER, timezone.now()), Saved("4711", ready=False), timezone.now())
    body = b'{"to": "34343", "code": "N003", "status": "Transcoding complete", "mms-id": "4711"}'
    path = f"/webhooks/sinch/{sinch.webhook_secret}"

    assert client.post(path, body, content_type="application/json").status_code == 200
    receipts.drain()

    assert (SavedContent.objects.get().state, ReceiptInbox.objects.get().state) == ("ready", "done")


def test_a_test_key_that_may_not_store_it_spoils_it_for_nobody(offered, sandbox: Running, sinch, settings):
    key = issue_key(name="Trying out", scopes=[], test=True)[0]
    tried = offered(api_key=key).transactions
    # The account became a real one.
    settings.ALLOW_PRIVATE_TARGETS, allowed = frozenset(), settings.ALLOW_PRIVATE_TARGETS
    delivery.pump(once=True, seconds=20)
    assert set(tried.values_list("reason_code", flat=True)) == {"test_key_real_account"}
    settings.ALLOW_PRIVATE_TARGETS = allowed

    rows = offered("+12065550110", "+12065550111").transactions
    work(settled(rows))

    assert set(rows.values_list("status", flat=True)) == {"delivered"}
