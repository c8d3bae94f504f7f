"""Unknown codes in the admin: explained by those who may, shown everywhere, and past receipts replayed."""

import json

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from messaging import meanings, receipts, timeline
from messaging.gateway.codes import OutcomeClass, Where
from messaging.models import ProviderCode, ReceiptInbox, TimelineEntry
from messaging.statuses import Status

LIST = reverse("admin:messaging_providercode_changelist")


@pytest.fixture
def unknown(db) -> ProviderCode:
    meanings.note_unknown("webex", Where.RECEIPT, "E999x", "Something new", timezone.now())
    return ProviderCode.objects.get()


@pytest.fixture
def answer_code(db) -> ProviderCode:
    meanings.note_unknown("webex", Where.ANSWER, "7999", "", timezone.now())
    return ProviderCode.objects.get()


@pytest.fixture
def receipt(unknown, transaction) -> ReceiptInbox:
    """An inbox row whose code nobody knew when it was read."""
    row = ReceiptInbox.objects.create(
        account=transaction.account, received_at=timezone.now(), method="POST", body=b"{}", digest="d", state="done"
    )
    entry = timeline.entry(transaction, "unrecognised", now=timezone.now(), code="E999x", source="provider")
    entry.inbox = row
    timeline.append([entry])
    return row


def page(row: ProviderCode) -> str:
    return reverse("admin:messaging_providercode_change", args=[row.pk])


def replay(row: ProviderCode) -> str:
    return reverse("admin:messaging_providercode_replay", args=[row.pk])


def filled(**more: object) -> dict[str, object]:
    return {"meaning": "It rained.", "next_step": "Send again later.", "whose": "provider", "state": "failed", **more}


def test_saving_explains_a_code_and_says_who_did(keeper, unknown) -> None:
    assert keeper.post(page(unknown), filled()).status_code == 302
    unknown.refresh_from_db()
    assert unknown.mapped_at is not None
    assert unknown.mapped_by is not None
    assert unknown.mapped_by.username == "sam"
    found = meanings.explain("webex", Where.RECEIPT, "E999x")
    assert found is not None
    assert (found.meaning, found.state, found.outcome) == ("It rained.", Status.FAILED, None)
    assert "by sam" in keeper.get(page(unknown)).content.decode()


@pytest.mark.parametrize("missing", ["meaning", "next_step", "whose"])
def test_half_a_meaning_is_none(keeper, unknown, missing) -> None:
    answer = keeper.post(page(unknown), filled(**{missing: ""}))
    assert missing in answer.context["adminform"].form.errors
    unknown.refresh_from_db()
    assert unknown.mapped_at is None


@pytest.mark.parametrize("state", ["queued", "cancelled", "accepted", "nonsense"])
def test_a_receipt_cannot_claim_a_state_of_our_own(keeper, unknown, state) -> None:
    assert "state" in keeper.post(page(unknown), filled(state=state)).context["adminform"].form.errors


def test_an_answer_is_asked_for_its_class_and_not_for_a_state(keeper, answer_code) -> None:
    text = keeper.get(page(answer_code)).content.decode()
    assert 'name="outcome"' in text
    assert 'name="state"' not in text
    assert "people get it twice" in text
    keeper.post(page(answer_code), filled(outcome="F", state="delivered"))
    found = meanings.explain("webex", Where.ANSWER, "7999")
    assert found is not None
    assert (found.outcome, found.state) == (OutcomeClass.FAILED, None)


@pytest.mark.parametrize("outcome", ["", "A", "X"])
def test_an_answer_cannot_be_called_an_acceptance(keeper, answer_code, outcome) -> None:
    answer = keeper.post(page(answer_code), filled(outcome=outcome))
    assert "outcome" in answer.context["adminform"].form.errors


def test_the_receipts_that_carried_it_are_offered_and_replayed(keeper, unknown, receipt) -> None:
    assert "can be replayed" in keeper.get(page(unknown)).content.decode()
    assert keeper.post(page(unknown), filled()).url == page(unknown)
    text = keeper.get(page(unknown)).content.decode()
    assert "1 receipt in the inbox" in text
    assert f'formaction="{replay(unknown)}"' in text
    answer = keeper.post(replay(unknown), follow=True)
    assert "Replayed: 1" in answer.content.decode()
    receipt.refresh_from_db()
    assert receipt.state == "new"


def test_nothing_is_replayed_before_the_code_is_explained(keeper, unknown, receipt) -> None:
    assert "Say what the code means first" in keeper.post(replay(unknown), follow=True).content.decode()
    receipt.refresh_from_db()
    assert receipt.state == "done"


def test_only_receipts_of_that_provider_and_code_are_replayed(keeper, unknown, receipt, transaction) -> None:
    other = ReceiptInbox.objects.create(
        account=receipt.account, received_at=timezone.now(), method="POST", body=b"{ }", digest="e", state="done"
    )
    entry = timeline.entry(transaction, "unrecognised", now=timezone.now(), code="E998x", key="2", source="provider")
    entry.inbox = other
    timeline.append([entry])
    keeper.post(page(unknown), filled())
    keeper.post(replay(unknown))
    assert set(ReceiptInbox.objects.filter(state="new").values_list("pk", flat=True)) == {receipt.pk}
    assert TimelineEntry.objects.filter(kind="unrecognised").count() == 2


def test_replaying_is_a_change_of_its_own(client, keeper, make_user, unknown, receipt) -> None:
    keeper.post(page(unknown), filled())
    assert keeper.get(replay(unknown)).status_code == 405
    assert keeper.post(reverse("admin:messaging_providercode_replay", args=[unknown.pk + 1])).status_code == 404
    reader = make_user("nora")
    reader.user_permissions.add(Permission.objects.get(codename="view_providercode"))
    client.force_login(reader)
    text = client.get(page(unknown)).content.decode()
    assert "1 receipt in the inbox" in text
    assert "Replay</button>" not in text
    assert client.post(page(unknown), filled()).status_code == 403
    assert client.post(replay(unknown)).status_code == 403


def test_composers_and_strangers_have_no_business_here(client, composer, unknown) -> None:
    assert client.post(replay(unknown)).status_code == 302
    client.force_login(composer)
    assert client.get(LIST).status_code == 403
    assert client.post(replay(unknown)).status_code == 403


def test_nothing_can_be_added_or_deleted(keeper, chief, unknown) -> None:
    assert chief.get(reverse("admin:messaging_providercode_add")).status_code == 403
    assert chief.post(reverse("admin:messaging_providercode_delete", args=[unknown.pk])).status_code == 403


def test_the_list_and_its_search(keeper, unknown) -> None:
    text = keeper.get(LIST, {"q": "something new"}).content.decode()
    assert "E999x" in text
    assert "Webex Connect" in text
    assert "Not known" in text
    assert "E999x" not in keeper.get(LIST, {"q": "nowhere"}).content.decode()


def test_from_a_receipt_nobody_understands_to_a_status(keeper, transaction) -> None:
    timeline.append([timeline.entry(transaction, "accepted", now=timezone.now(), state=Status.ACCEPTED)])
    info = {
        "code": "7999",
        "Description": "New",
        "destination": transaction.recipient.lstrip("+"),
        "deliveryStatus": "",
    }
    notice = {"deliveryInfo": info, "correlationid": transaction.client_ref, "transid": "t-1"}
    body = json.dumps({"deliveryInfoNotification": notice})
    webhook = f"/webhooks/webex/{transaction.account.webhook_secret}"
    assert keeper.post(webhook, body, content_type="application/json").status_code == 200
    receipts.drain()
    code = ProviderCode.objects.get()
    assert (code.provider, code.where, code.code) == ("webex", "receipt", "7999")
    transaction.refresh_from_db()
    assert transaction.status == Status.ACCEPTED
    keeper.post(page(code), filled())
    keeper.post(replay(code))
    receipts.drain()
    transaction.refresh_from_db()
    assert (transaction.status, transaction.reason_code) == (Status.FAILED, "7999")
    reason = timeline.reason(transaction)
    assert reason is not None
    assert (reason.text, reason.next_step) == ("It rained.", "Send again later.")
