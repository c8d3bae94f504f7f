"""No list costs more questions for more rows than a page has: every list of the portal, the admin and the API."""

from datetime import UTC, datetime

from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from messaging import feed
from messaging.models import InboundMessage, Message, OptOut, ReceiptInbox, Template, Transaction
from tests.messaging.web.conftest import write_message

NOW = datetime.now(UTC)
PAGES = ("dashboard", "messages", "conversations", "templates", "codes")
APIS = ("messages", "transactions", "events", "senders", "templates", "opt-outs", "callbacks")
NARROWED = ("?q=0100", "?q=%2B16475550100", "?q=sale", "?status=delivered", "?source=web&since=2020-01-01")


def add(sender, key, numbers: range) -> None:
    for number in numbers:
        write_message(sender, ["delivered", "failed"], name=f"Sale {number}", api_key=key)
    told = {"account": sender.account, "received_at": NOW}
    ReceiptInbox.objects.bulk_create(
        ReceiptInbox(**told, method="POST", body=b"{}", digest=f"{number}", state="orphan") for number in numbers
    )
    InboundMessage.objects.bulk_create(
        InboundMessage(
            **told, sender=sender, address=sender.address, number=f"+1416555{number:04}", kind="sms", text="hi", at=NOW,
            dedupe_key=f"{number}",
        )
        for number in numbers
    )  # fmt: skip
    OptOut.objects.bulk_create(
        OptOut(number=f"+1416555{number:04}", sender=sender, created_at=NOW, api_key=key) for number in numbers
    )
    for number in numbers:
        Template.objects.create(name=f"Template {number}")


def addresses() -> list[str]:
    first = Message.objects.earliest("pk")
    lists = [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") for model in admin.site._registry
    ]
    pages = [reverse(f"web:{name}") for name in PAGES]
    messages, inbound = reverse("web:messages"), InboundMessage.objects.earliest("pk")
    return [
        *pages,
        *(messages + query for query in NARROWED),
        f"{messages}?before={Message.objects.latest('pk').pk}",
        reverse("web:message", args=[first.pk]),
        reverse("web:transaction", args=[Transaction.objects.filter(message=first).earliest("pk").pk]),
        reverse("web:conversation", args=[inbound.pk]),
        f"{reverse('web:conversations')}?q=0001",
        *lists,
        *(f"/api/v1/{name}?limit=100" for name in APIS),
        "/api/v1/transactions?status=failed&limit=100",
    ]


def costs(client, key: str, asked: list[str]) -> dict[str, int]:
    found = {}
    for address in asked:
        headers = {"key": key} if address.startswith("/api/") else {}
        # What is remembered for a while is no matter of how many rows there are: the cheapest of three counts.
        asked_of = []
        for _time in range(3):
            with CaptureQueriesContext(connection) as questions:
                answer = client.get(address, headers=headers)
            assert answer.status_code == 200, (address, answer.status_code)
            asked_of.append(len(questions))
        found[address] = min(asked_of)
    return found


def test_lists_of_two_pages_cost_what_lists_of_one_and_a_bit_cost(
    client, make_user, sender, issued_key, settings, monkeypatch
) -> None:
    # This test's own transaction is a writer that is never done: how often it is looked for is a matter of time alone.
    monkeypatch.setattr(feed, "WRITERS_SECONDS", 0)
    row, key, _secret = issued_key
    client.force_login(make_user("chief", is_superuser=True))
    # More than a page at once: how many there are is only asked where a page does not hold them all.
    add(sender, row, range(60))
    asked = addresses()
    few = costs(client, key, asked)
    add(sender, row, range(60, 120))
    many = costs(client, key, asked)
    assert {address: (few[address], many[address]) for address in asked if many[address] > few[address]} == {}
    assert min(few.values()) > 0
