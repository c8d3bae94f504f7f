"""The receipt inbox: read-only, masked for those who may not see numbers, replayed by those who may."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from messaging.admin.receipts import readable_body
from messaging.models import ReceiptInbox

LIST = reverse("admin:messaging_receiptinbox_changelist")


@pytest.fixture
def receipt(account) -> ReceiptInbox:
    return ReceiptInbox.objects.create(
        account=account,
        received_at=timezone.now(),
        method="POST",
        body=b'{"destination": "+16475550142", "text": "<script>"}',
        headers={"content-type": "application/json"},
        digest="d",
        state="orphan",
    )


def page(receipt) -> str:
    return reverse("admin:messaging_receiptinbox_change", args=[receipt.pk])


def test_a_body_is_shown_indented_and_escaped(keeper, receipt) -> None:
    text = keeper.get(page(receipt)).content.decode()
    assert "&quot;destination&quot;: &quot;+16475550142&quot;" in text
    assert "&lt;script&gt;" in text


def test_numbers_are_masked_for_those_who_may_not_see_them(client, make_user, receipt) -> None:
    user = make_user("nora")
    user.user_permissions.add(Permission.objects.get(codename="view_receiptinbox"))
    client.force_login(user)
    text = client.get(page(receipt)).content.decode()
    assert "+1647***0142" in text
    assert "16475550142" not in text
    assert b'value="replay"' not in client.get(LIST).content


def test_nothing_can_be_changed_added_or_deleted(keeper, receipt) -> None:
    assert keeper.post(page(receipt), {"note": "x"}).status_code == 403
    assert keeper.get(reverse("admin:messaging_receiptinbox_add")).status_code == 403
    assert keeper.post(reverse("admin:messaging_receiptinbox_delete", args=[receipt.pk])).status_code == 403


def test_replaying_puts_a_receipt_back_in_line(keeper, receipt) -> None:
    answer = keeper.post(LIST, {"action": "replay", "_selected_action": [str(receipt.pk)]}, follow=True)
    assert b"Replayed: 1" in answer.content
    receipt.refresh_from_db()
    assert receipt.state == "new"
    assert receipt.next_attempt_at is not None


def test_the_list_is_narrowed_by_state(keeper, receipt) -> None:
    assert keeper.get(LIST, {"state__exact": "orphan"}).context["cl"].result_list.count() == 1
    assert keeper.get(LIST, {"state__exact": "dead"}).context["cl"].result_list.count() == 0


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"a":1}', '{\n  "a": 1\n}'),
        (b"<xml/>", "<xml/>"),
        (b"\xff\x00", "\\xff\x00"),
        (b"[" * 5000, "[" * 5000),
        (b"", ""),
    ],
)
def test_any_body_can_be_read(body, shown) -> None:
    assert readable_body(body) == shown


def test_a_huge_body_is_cut_and_says_so() -> None:
    assert readable_body(b"x" * 70_000).endswith("4,464 more bytes")


def test_who_else_is_looking_at_the_same_moment_unmasks_nothing(rf, make_user, sender_admin, receipt) -> None:
    nora = make_user("nora")
    requests = []
    for user in (nora, sender_admin):
        requests.append(rf.get(LIST))
        requests[-1].user = user
    shop = admin.site.get_model_admin(ReceiptInbox)
    hers, theirs = (shop.get_queryset(request).get() for request in requests)
    assert "+1647***0142" in shop.shown_body(hers)
    assert "+16475550142" in shop.shown_body(theirs)


def test_numbers_in_notes_are_masked_too(client, make_user, receipt) -> None:
    ReceiptInbox.objects.update(note="no message to +16475550142")
    user = make_user("nora")
    user.user_permissions.add(Permission.objects.get(codename="view_receiptinbox"))
    client.force_login(user)
    for address in (LIST, page(receipt)):
        assert "no message to +1647***0142" in client.get(address).content.decode()
