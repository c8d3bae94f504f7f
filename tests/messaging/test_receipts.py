"""From a raw body to a status: early, late, doubled, contradicting, foreign and unreadable ones."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError
from django.http import UnreadablePostError
from django.test import Client
from django.utils import timezone

from messaging import consent, meanings, receipts, retention, timeline
from messaging.arrivals import ingest
from messaging.gateway import registry
from messaging.gateway.codes import Code, Where, Whose
from messaging.gateway.facts import Fact, Inbound, Receipt, SavedNews
from messaging.gateway.serving import server
from messaging.models import (
    ClosedOutcome,
    InboundMessage,
    Message,
    OptOut,
    ProviderAccount,
    ProviderCode,
    ReceiptInbox,
    SavedContent,
    Transaction,
)
from messaging.providers.webex import notifications
from messaging.receipts import one_by_one, together
from messaging.statuses import Status

pytestmark = pytest.mark.django_db
SEED = Path(__file__).parent / "providers" / "webex" / "payloads"
LIFE = ("7501", "7500", "7524")
ACCEPTED = {"status": "accepted", "next_attempt_at": None, "receipt_deadline": datetime(2030, 1, 1, tzinfo=UTC)}


def body(
    code: str, *, ref: str = "", transid: str = "t-1", number: str = "14165550100", stamp: str = "", **more: str
) -> bytes:
    info = {
        "deliveryChannel": "mms",
        "Description": f"code {code}",
        "destinationType": "msisdn",
        "timeStamp": stamp or timezone.now().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "code": code,
        "deliveryStatus": "Submitted",
        "destination": number,
        **more,
    }
    notice = {"deliveryInfo": info, "correlationid": ref, "callbackData": "", "transid": transid}
    return json.dumps({"deliveryInfoNotification": notice}).encode()


@pytest.fixture
def post(account: ProviderAccount, client: Client) -> Callable[..., int]:
    def send(content: bytes, **headers: str) -> int:
        path = f"/webhooks/webex/{account.webhook_secret}"
        return client.post(path, content, content_type="application/json", headers=headers).status_code

    return send


@pytest.fixture
def sent(transaction: Transaction) -> Transaction:
    Transaction.objects.filter(pk=transaction.pk).update(**ACCEPTED)
    transaction.timeline.create(
        at=timezone.now(),
        received_at=timezone.now(),
        source="portal",
        kind="accepted",
        state="accepted",
        dedupe_key="x",
    )
    return transaction


@pytest.fixture
def status(sent: Transaction) -> Callable[[], str]:
    def read() -> str:
        receipts.drain()
        sent.refresh_from_db()
        return sent.status

    return read


def test_a_life_in_order_ends_read(post, sent, status):
    seen = []
    for code in LIFE:
        assert post(body(code, ref=sent.client_ref)) == 200
        seen.append(status())

    assert seen == ["submitted", "delivered", "read"]


@pytest.mark.parametrize("seed", range(5))
def test_any_order_and_any_repeats_end_the_same(post, sent, status, seed):
    bodies = [body(code, ref=sent.client_ref) for code in (*LIFE, "7552", "7208")] * 2
    random.Random(seed).shuffle(bodies)

    for one in bodies:
        assert post(one) == 200

    assert status() == "read"
    assert sent.conflict
    assert sent.timeline.filter(kind="receipt").count() == 5


def test_the_same_body_again_is_counted_and_told_once(post, sent, status):
    one = body("7500", ref=sent.client_ref)

    for _time in range(3):
        post(one)
    status()

    assert ReceiptInbox.objects.get().seen_count == 3
    assert sent.timeline.filter(kind="receipt").count() == 1


def test_a_reserialised_copy_is_the_same_fact(post, sent, status):
    one = body("7500", ref=sent.client_ref)
    post(one)
    post(json.dumps(json.loads(one), indent=2).encode())
    status()

    assert sent.timeline.filter(kind="receipt").count() == 1


def test_a_delivery_whose_word_says_submitted_is_a_delivery(post, sent, status):
    post(body("7500", ref=sent.client_ref, deliveryStatus="Submitted"))

    assert status() == "delivered"


def test_a_delivery_as_sms_says_so(post, sent, status):
    post(body("7500", ref=sent.client_ref, sentAs="SMS"))
    status()

    assert sent.via == "sms"


def test_a_receipt_is_matched_by_the_providers_reference_when_ours_is_missing(post, sent, status):
    Transaction.objects.filter(pk=sent.pk).update(provider_ref="t-9")

    post(body("7500", transid="t-9_1"))

    assert status() == "delivered"


def test_a_receipt_that_overtakes_its_message_waits_for_it(post, sent, status):
    post(body("7500", transid="t-early"))
    assert status() == "accepted"
    row = ReceiptInbox.objects.get()
    assert row.state == "waiting"

    Transaction.objects.filter(pk=sent.pk).update(provider_ref="t-early")
    ReceiptInbox.objects.update(next_attempt_at=timezone.now())

    assert status() == "delivered"


def test_a_receipt_for_nobody_ends_as_an_orphan(post, sent, status):
    post(body("7500", transid="t-nobody"))
    for _try in range(len(receipts.PATIENCE) + 1):
        status()
        ReceiptInbox.objects.exclude(next_attempt_at=None).update(next_attempt_at=timezone.now())

    assert ReceiptInbox.objects.get().state == "orphan"


def test_the_last_look_finds_what_was_cleared_away(post, sent, status):
    known = {"transaction_id": sent.pk, "status": "delivered", "cleared_at": timezone.now()}
    digest = retention._ref_digest(sent.account_id, "t-old")
    ClosedOutcome.objects.create(account=sent.account, ref_digest=digest, **known)
    post(body("7500", transid="t-old"))
    post(body("7501", transid="t-old"))
    for _try in range(len(receipts.PATIENCE) + 1):
        status()
        ReceiptInbox.objects.exclude(next_attempt_at=None).update(next_attempt_at=timezone.now())

    assert set(ReceiptInbox.objects.values_list("state", "note")) == {
        ("orphan", f"Its message {sent.pk} was cleared away; it had ended as delivered.")
    }


def test_another_number_than_ours_is_quarantined(post, sent, status):
    post(body("7500", ref=sent.client_ref, number="14165550199"))

    assert status() == "accepted"
    assert ReceiptInbox.objects.get().state == "quarantined"


def test_another_accounts_message_is_not_touched(post, sent, status):
    other = ProviderAccount(name="Other", provider="webex", base_url="http://127.0.0.1:9")
    other.credentials = {}
    other.save()
    Transaction.objects.filter(pk=sent.pk).update(account=other)

    post(body("7500", ref=sent.client_ref))

    assert status() == "accepted"
    assert ReceiptInbox.objects.get().state == "quarantined"


def test_an_unknown_code_is_kept_and_changes_nothing(post, sent, status):
    post(body("7999", ref=sent.client_ref, deliveryStatus="Puzzled"))

    assert status() == "accepted"
    assert sent.timeline.filter(kind="unrecognised", code="7999").exists()


def test_a_click_counts_and_implies_read(post, sent, status):
    for stamp in ("2026-11-03T15:42:44.002Z", "2026-11-03T15:43:44.002Z"):
        post(body("7525", ref=sent.client_ref, stamp=stamp, Description="https://shop.example/a|192.0.2.1"))

    assert status() == "read"
    assert sent.clicks == 2
    assert "192.0.2.1" not in str(list(sent.timeline.values_list("data", "text")))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"a":1}', b"\xff\xfe", b"[" * 5000])
def test_authentic_nonsense_is_kept_and_answered_200(post, sent, status, content):
    assert post(content) == 200

    status()
    assert ReceiptInbox.objects.get().state in {"quarantined", "done"}


def test_an_impossible_clock_is_shown_but_not_believed(post, sent, status):
    post(body("7500", ref=sent.client_ref, stamp="2016-07-21T12:44:23.644"))
    status()

    entry = sent.timeline.get(kind="receipt")
    assert entry.at > timezone.now() - timedelta(minutes=5)
    assert entry.data["clock"].startswith("2016")


def test_a_wrong_secret_is_refused_and_nothing_is_kept(client: Client, account):
    answer = client.post("/webhooks/webex/not-the-secret", b"{}", content_type="application/json")

    assert (answer.status_code, ReceiptInbox.objects.count()) == (401, 0)


def test_both_secrets_work_during_a_rotation(client: Client, account):
    account.webhook_secret, account.webhook_secret_previous = "new-secret", account.webhook_secret
    account.save()

    for secret in (account.webhook_secret, account.webhook_secret_previous):
        assert client.post(f"/webhooks/webex/{secret}", b"{}", content_type="application/json").status_code == 200


def test_the_probe_of_the_provider_is_answered(client: Client, account):
    assert client.head(f"/webhooks/webex/{account.webhook_secret}").status_code == 200


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_other_verbs_are_refused(client: Client, account, method):
    assert getattr(client, method)(f"/webhooks/webex/{account.webhook_secret}").status_code == 405


def test_a_body_past_the_limit_is_refused(post):
    assert post(b"x" * (256 * 1024 + 1)) == 413


@pytest.mark.parametrize("length", ["many", "-1", "1.5", ""])
def test_a_length_that_is_none_breaks_nothing(client: Client, account, length):
    answer = client.post(
        f"/webhooks/webex/{account.webhook_secret}", b"{}", content_type="application/json", CONTENT_LENGTH=length
    )

    assert answer.status_code == 200


def test_a_call_that_breaks_off_is_not_taken_as_whole(client: Client, account, monkeypatch):
    def broken(_request, *_more):
        raise UnreadablePostError

    monkeypatch.setattr("django.http.request.HttpRequest.read", broken)

    answer = client.post(f"/webhooks/webex/{account.webhook_secret}", b"{}", content_type="application/json")

    assert (answer.status_code, ReceiptInbox.objects.count()) == (400, 0)


def test_a_receipt_of_a_provider_that_is_gone_is_asked_for_again(client: Client, account):
    ProviderAccount.objects.update(provider="gone")

    assert client.post(f"/webhooks/gone/{account.webhook_secret}", b"{}", "application/json").status_code == 503


@pytest.mark.parametrize("source", ["", "unix:", "somewhere"])
def test_who_names_no_address_is_from_elsewhere(client: Client, account, source):
    account.source_cidrs = ["192.0.2.0/24"]
    account.save()
    address = f"/webhooks/webex/{account.webhook_secret}"

    assert client.post(address, b"{}", content_type="application/json", REMOTE_ADDR=source).status_code == 401


def test_a_body_from_elsewhere_is_refused_when_sources_are_listed(post, account):
    account.source_cidrs = ["192.0.2.0/24"]
    account.save()

    assert post(b"{}") == 401


def test_a_replay_of_the_inbox_changes_nothing(post, sent, status):
    for code in LIFE:
        post(body(code, ref=sent.client_ref))
    before = status()

    receipts.replay(ReceiptInbox.objects.values_list("pk", flat=True))

    assert status() == before
    assert sent.timeline.filter(kind="receipt").count() == 3


def test_receiving_takes_few_queries(post, sent, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        post(body("7500", ref=sent.client_ref))


def test_two_recipients_of_one_reference_are_told_apart(post, queued: Callable[..., Message]):
    message = queued("+14165550100", "+14165550101")
    Transaction.objects.update(provider_ref="t-both", **ACCEPTED)

    post(body("7500", transid="t-both", number="14165550101"))
    receipts.drain()

    assert message.transactions.get(recipient="+14165550101").status == "delivered"
    assert message.transactions.get(recipient="+14165550100").status != "delivered"


def test_what_is_wrong_in_a_body_takes_nothing_else_of_it_along(post, queued: Callable[..., Message]):
    message = queued("+14165550100", "+14165550101")
    Transaction.objects.update(**ACCEPTED)
    first, second = message.transactions.order_by("position")
    both = [body("7500", ref=first.client_ref, number="14165550199"), body("7500", ref=second.client_ref, number="")]

    post(json.dumps([json.loads(one) for one in both]).encode())
    receipts.drain()

    assert [row.status for row in message.transactions.order_by("position")] == ["accepted", "delivered"]
    assert ReceiptInbox.objects.get().state == "quarantined"


def test_a_number_spelt_with_two_noughts_is_the_same_number(post, sent, status):
    post(body("7500", ref=sent.client_ref, number="0014165550100"))

    assert status() == "delivered"


def test_a_number_that_is_not_ours_is_noted_masked(post, sent, status):
    post(body("7500", ref=sent.client_ref, number="14165550199"))
    status()

    assert "+1416***0199" in ReceiptInbox.objects.get().note


def test_a_replay_applies_a_code_that_was_added_to_the_table(post, sent, status, monkeypatch):
    post(body("7999", ref=sent.client_ref, deliveryStatus="Puzzled"))
    assert status() == "accepted"

    added = Code("7999", Where.RECEIPT, "Refused.", Whose.NOBODY, "", state=Status.FAILED)
    monkeypatch.setattr(notifications, "CODES", {**notifications.CODES, (Where.RECEIPT, "7999"): added})
    receipts.replay(ReceiptInbox.objects.values_list("pk", flat=True))

    assert status() == "failed"


def break_matching(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def breaking(*_words: object) -> None:
        raise error

    monkeypatch.setattr(together, "Finder", breaking)
    monkeypatch.setattr(one_by_one, "match", breaking)


def test_a_fault_of_the_moment_never_gives_a_receipt_up(post, sent, status, monkeypatch):
    post(body("7500", ref=sent.client_ref))
    with monkeypatch.context() as broken:
        break_matching(broken, OperationalError("deadlock detected"))
        for _time in range(2 * receipts.MOST_FAILURES):
            receipts.drain()
            ReceiptInbox.objects.update(next_attempt_at=timezone.now())

    assert status() == "delivered"


def test_a_receipt_that_has_waited_long_survives_one_fault(post, sent, status, monkeypatch):
    post(body("7500", transid="t-early"))
    ReceiptInbox.objects.update(state="waiting", attempts=6)
    break_matching(monkeypatch, RuntimeError("a fault of ours"))
    receipts.drain()

    assert ReceiptInbox.objects.get().state == "waiting"


def test_a_receipt_that_cannot_be_handled_is_given_up_in_sight(post, sent, monkeypatch):
    post(body("7500", ref=sent.client_ref))
    break_matching(monkeypatch, RuntimeError("a fault of ours"))
    for _time in range(receipts.MOST_FAILURES):
        receipts.drain()
        ReceiptInbox.objects.exclude(next_attempt_at=None).update(next_attempt_at=timezone.now())

    row = ReceiptInbox.objects.get()
    assert (row.state, row.note) == ("dead", "RuntimeError")


def test_a_secret_no_database_can_look_for_is_a_wrong_one(client: Client, account):
    assert client.post("/webhooks/webex/a%00b", b"{}", content_type="application/json").status_code == 401


def test_the_clock_of_a_worker_is_no_fault_of_a_receipt(post, sent, status, monkeypatch):
    post(body("7500", ref=sent.client_ref))
    with monkeypatch.context() as stopped:
        break_matching(stopped, SoftTimeLimitExceeded())
        with pytest.raises(SoftTimeLimitExceeded):
            receipts.drain()

    row = ReceiptInbox.objects.get()
    assert (row.state, row.failures) == ("new", 0)
    ReceiptInbox.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert status() == "delivered"


def test_a_drain_whose_time_is_up_leaves_the_rest_to_the_next(post, sent):
    for code in LIFE:
        post(body(code, ref=sent.client_ref))

    assert receipts.drain(seconds=0) == 0
    assert receipts.drain() == 3


# What other providers tell ---------------------------------------------------------------------------


@pytest.fixture
def telling(account: ProviderAccount, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A webhook call whose body the provider's client understands as these facts."""

    def tell(*facts: Fact) -> None:
        monkeypatch.setattr(registry.provider("webex").client, "receipts", lambda _body: facts)
        content = str(facts).encode()
        ingest(account, method="POST", headers={}, body=content, now=timezone.now())
        receipts.drain()

    return tell


def fact(sent: Transaction, **more: object) -> Receipt:
    words = {"kind": "receipt", "state": None, "code": "c", "text": "t", "at": None, **more}
    return Receipt(client_ref=sent.client_ref, provider_ref="t-1", recipient="14165550100", **words)


def test_a_step_on_one_channel_is_shown_and_changes_nothing(telling, sent):
    telling(fact(sent, kind="step", code="3056", detail="mms"), fact(sent, kind="step", code="3000", detail="sms"))

    sent.refresh_from_db()
    assert sent.status == "accepted"
    assert sorted(sent.timeline.filter(kind="step").values_list("code", "state")) == [("3000", ""), ("3056", "")]
    shown = {(one.code, one.title, one.detail) for one in timeline.story(sent) if one.kind == "step"}
    assert shown == {("3056", "On the MMS channel", ""), ("3000", "On the SMS channel", "")}


def test_a_step_that_comes_along_with_newer_news_is_not_late(telling, sent):
    at = sent.created_at + timedelta(seconds=30)
    telling(fact(sent, state=Status.DELIVERED, at=at), fact(sent, kind="step", at=at - timedelta(seconds=5)))
    telling(fact(sent, state=Status.SUBMITTED, code="s", at=at - timedelta(seconds=5)))

    assert {one.code: one.late for one in timeline.story(sent) if one.kind == "step"} == {"c": False}
    assert [one.code for one in timeline.story(sent) if one.late] == ["s"]


def test_a_receipt_that_tells_of_an_opt_out_is_heeded(telling, sent):
    telling(fact(sent, state=Status.FAILED, code="3046", opted_out=True))

    row = OptOut.objects.get()
    assert (row.number, row.sender, row.source, row.inbox) == (
        "+14165550100",
        sent.sender,
        "provider",
        ReceiptInbox.objects.get(),
    )


def test_an_opt_out_that_was_lifted_is_not_made_again_by_reading_the_receipt_again(telling, sent):
    said = fact(sent, state=Status.FAILED, code="3046", opted_out=True)
    telling(said)
    consent.opt_in("+14165550100", sent.sender, why="START", now=timezone.now())
    receipts.replay(ReceiptInbox.objects.values_list("pk", flat=True))
    telling(said)

    assert not OptOut.objects.filter(lifted_at=None).exists()


def test_what_a_handset_sent_is_kept_once(telling, sent):
    said = Inbound("+14165550100", "34343", "STOP", (), "in-1", None)
    telling(said)
    receipts.replay(ReceiptInbox.objects.values_list("pk", flat=True))
    telling(said)

    assert InboundMessage.objects.get().number == "+14165550100"
    assert OptOut.objects.filter(number="+14165550100", sender=sent.sender, lifted_at=None).count() == 1


def test_news_of_a_stored_content_that_overtook_its_answer_waits(telling, account):
    news = SavedNews("s-1", True, "N003")
    telling(news)
    assert ReceiptInbox.objects.get().state == "waiting"

    now = timezone.now()
    SavedContent.objects.create(
        account=account, digest="d", state="encoding", provider_ref="s-1", created_at=now, updated_at=now
    )
    ReceiptInbox.objects.update(next_attempt_at=now)
    telling(news)

    assert (ReceiptInbox.objects.get().state, SavedContent.objects.get().state) == ("done", "ready")


def test_an_unknown_code_counts_once_an_admin_has_explained_it(telling, sent):
    said = fact(sent, kind="unrecognised", code="E999x", text="Puzzled")
    telling(said)
    sent.refresh_from_db()
    assert (sent.status, ProviderCode.objects.get().code) == ("accepted", "E999x")

    ProviderCode.objects.update(meaning="It failed.", state="failed", mapped_at=timezone.now())
    meanings.forget()
    receipts.replay(ReceiptInbox.objects.values_list("pk", flat=True))
    telling(said)

    sent.refresh_from_db()
    assert (sent.status, sent.reason_code) == ("failed", "E999x")
    assert timeline.reason(sent).text == "It failed."


def test_a_code_that_means_something_else_on_another_channel_is_not_taken_for_it(telling, sent):
    telling(fact(sent, kind="unrecognised", code="7500", text="on SMS"))

    sent.refresh_from_db()
    assert sent.status == "accepted"
    assert not ProviderCode.objects.exists()


@pytest.mark.parametrize("name", registry.names())
def test_a_provider_is_answered_as_it_wants_to_be(client: Client, name: str, db):
    account = ProviderAccount(name=name, provider=name, base_url="http://127.0.0.1:9")
    account.credentials = {field.name: "c2VjcmV0" for field in registry.provider(name).client.CREDENTIALS}
    account.save()
    notice = server(name).inbound(
        replace(
            server(name).DEMO, credentials={n: [v] for n, v in account.credentials.items()}, webhook_key="c2VjcmV0"
        ),
        sender="14165550100",
        recipient="34343",
        text="Hello",
        files=[],
        at=timezone.now(),
    )
    wanted = registry.provider(name).client.ACKNOWLEDGEMENT
    for method in {notice.method, *registry.provider(name).client.METHODS} - {"HEAD"}:
        headers = {key: value for key, value in notice.headers.items() if key.lower() != "content-type"}
        answer = client.generic(
            method,
            f"/webhooks/{name}/{account.webhook_secret}",
            notice.body,
            content_type=notice.headers.get("content-type", notice.headers.get("Content-Type", "application/json")),
            headers=headers,
        )
        assert (answer.status_code, answer.content) == (200, wanted.body)
        assert answer.headers["Content-Type"].startswith(wanted.content_type)
    kept = ReceiptInbox.objects.filter(account=account)
    assert kept.exists()
    assert "authorization" not in {header.lower() for row in kept for header in row.headers}
    receipts.drain()
    assert InboundMessage.objects.get().text.lower() == "hello"
