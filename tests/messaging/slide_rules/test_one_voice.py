"""The composer, the API's dry run, the queue and the sender's last look say the same of a fault, word for word."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from media import uploads
from messaging.content import Content
from messaging.delivery.rendering import outbound
from messaging.drafts import start_draft
from messaging.gateway import registry
from messaging.gateway.errors import Refused
from messaging.models import Draft, Message, ProviderAccount, Sender, Transaction
from messaging.queueing import NotQueued, Order, RecipientOrder, queue
from messaging.slide_rules import blocking

NUMBER = "+16475550142"
CARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann Example\r\nTEL:+16475550142\r\nEND:VCARD\r\n"
EVENT = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//EN\r\nBEGIN:VEVENT\r\nUID:1@example.org\r\n"
    b"DTSTAMP:20261103T120000Z\r\nDTSTART:20261203T120000Z\r\nSUMMARY:Sale\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
FALLBACK = {"text": "Hello by SMS"}
# One message with a fault for every rule about texts, times and slides that needs no file, and one with files.
FAULTY = {
    "subject": "x" * 90,
    "slides": [{"text": "y" * 5001, "duration": 99}, *[{"text": "Hello $(name)"}] * 9, {"text": " "}],
    "fallback": {"text": ""},
}


def filed(key: Any) -> dict[str, Any]:
    files = {
        kind: {"asset": str(uploads.store(data, name=name, owner=key.owner_label).pk)}
        for kind, data, name in (("contact", CARD, "ann.vcf"), ("calendar", EVENT, "sale.ics"))
    }
    return {"subject": "Offer", "slides": [{"text": "Hello", **files}], "fallback": FALLBACK}


Told = set[tuple[str, str, str]]


def by_the_api(key: str, sender: Sender, content: dict[str, Any], *, dry_run: bool) -> Told:
    client = APIClient()
    client.credentials(HTTP_KEY=key)
    body = {"from": sender.address, "to": [NUMBER], "content": content}
    answer = client.post(f"/api/v1/messages?dry_run={'true' if dry_run else 'false'}", body, format="json")
    assert answer.status_code == (200 if dry_run else 422)
    found = answer.json()["findings" if dry_run else "errors"]
    return {(one["pointer"], one["message"], one["fix"]) for one in found if one["severity"] == "blocks"}


def by_the_queue(sender: Sender, content: dict[str, Any]) -> Told:
    order = Order(sender, Content.from_json(content), [RecipientOrder(NUMBER)])
    with pytest.raises(NotQueued) as refused:
        queue(order, now=timezone.now())
    return {(one.pointer, one.message, one.fix) for one in blocking(refused.value.findings)}


def on_the_page(client: Client, composer: Any, sender: Sender, content: dict[str, Any]) -> str:
    draft = start_draft(composer)
    Draft.objects.filter(pk=draft.pk).update(content=content, sender=sender, recipients=NUMBER)
    client.force_login(composer)
    answer = client.get("/compose/", {"draft": str(draft.pk)})
    return unescape(answer.content.decode())


def at_the_last_look(sender: Sender, content: dict[str, Any]) -> str:
    """What is said of a message that was accepted when it still fitted."""
    now = timezone.now()
    message = Message.objects.create(
        name="n", content=Content.from_json(content).to_json(), sender=sender, source="web", total=1, created_at=now
    )
    row = Transaction(
        message=message, sender=sender, account=sender.account, client_ref="x" * 26, substitutions={"name": "Ann"}
    )
    with pytest.raises(Refused) as refused:
        outbound(row, registry.provider(sender.account.provider), now=now)
    return refused.value.text


@pytest.fixture
def at(db) -> Callable[[str], Sender]:
    def make(provider: str) -> Sender:
        account = ProviderAccount.objects.create(name=provider, provider=provider, base_url="http://127.0.0.1:9")
        return Sender.objects.create(address="34343", kind="short_code", account=account)

    return make


@pytest.mark.parametrize("with_files", [False, True])
@pytest.mark.parametrize("provider", registry.names())
def test_everybody_says_the_same_of_a_fault(
    provider: str, with_files: bool, at, issued_key, client: Client, composer
) -> None:
    sender, content = at(provider), filed(issued_key[0]) if with_files else FAULTY

    said = by_the_queue(sender, content)
    page = on_the_page(client, composer, sender, content)

    assert len(said) >= (1 if with_files else 5)
    assert by_the_api(issued_key[1], sender, content, dry_run=True) == said
    assert by_the_api(issued_key[1], sender, content, dry_run=False) == said
    assert [one for one in said if one[1] not in page or one[2] not in page] == []
    assert at_the_last_look(sender, content) in {message for _pointer, message, _fix in said}
