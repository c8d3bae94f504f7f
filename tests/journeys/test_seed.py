"""The Webex sample of the seed, through our REST door to the provider's wire, and its receipts back."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from messaging import delivery, receipts
from messaging.models import ApiKey, Message, Transaction
from mmsportal.sandbox.testing import Running

pytestmark = pytest.mark.django_db(transaction=True)
PAYLOADS = Path(__file__).parents[1] / "messaging" / "providers" / "webex" / "payloads"
KINDS = {"image": "image", "ical": "calendar", "pdf": "pdf", "video": "video", "audio": "audio", "vcard": "contact"}
NUMBER = "+16475550142"


def seed() -> dict[str, Any]:
    sample: dict[str, Any] = json.loads((PAYLOADS / "seed-request.json").read_text())
    return sample


def as_rest(sample: dict[str, Any]) -> dict[str, Any]:
    """The sample in our REST shape, its X's filled; media passed on as given."""
    content, recipient = sample["content"], sample["to"][0]
    return {
        "from": sample["from"],
        "to": [
            {
                "msisdn": recipient["msisdn"][0].replace("XXXXXXX", "5550142"),
                "correlation_id": recipient["correlationId"],
                "substitutions": recipient["substitutions"],
            }
        ],
        "substitutions": sample["substitutions"],
        "callback_data": sample["callbackData"],
        "requested_receipts": sample["requestedReceipts"],
        "content": {
            "name": content["name"],
            "subject": content["subject"],
            "fallback": {"text": content["fallbacktext"]},
            "slides": [
                {
                    "text": slide["messageText"],
                    "duration": slide["duration"],
                    KINDS[slide["type"]]: {"url": slide["mediaUrl"], "host": "caller"},
                }
                for slide in content["attachments"]
            ],
        },
    }


@pytest.fixture
def post(client: Client, issued_key: tuple[ApiKey, str, str]) -> Callable[[dict[str, Any]], Any]:
    def send(body: dict[str, Any]) -> Any:
        return client.post(
            "/api/v1/messages", json.dumps(body), content_type="application/json", headers={"key": issued_key[1]}
        )

    return send


def test_the_seeds_sample_arrives_as_the_seed_shows_it(post, sandbox: Running, sender, account):
    sample = seed()

    answer = post(as_rest(sample))
    assert answer.status_code == 201, answer.content
    delivery.pump(once=True)

    row = Transaction.objects.get()
    (call,) = sandbox.ledger(kind="accepted")
    arrived = call["body"]
    assert list(arrived) == list(sample)
    assert arrived["to"] == [
        {"msisdn": [NUMBER], "correlationId": row.client_ref, "substitutions": sample["to"][0]["substitutions"]}
    ]
    assert arrived["notifyUrl"] == account.webhook_url
    assert arrived["content"] == sample["content"] | {
        "fallbacktext": "fallback By1_Get1text as SMS",
        "name": "Internal By1_Get1Name",
    }
    own = {"to", "notifyUrl", "content"}
    assert {name: value for name, value in arrived.items() if name not in own} == {
        name: value for name, value in sample.items() if name not in own
    }


@pytest.mark.parametrize(
    ("sample", "status", "title"),
    [
        ("submitted", "submitted", "7501"),
        ("delivered", "delivered", "7500"),
        ("read", "read", "7524"),
        ("clicked", "read", "7525"),
        ("expired", "expired", "7208"),
    ],
)
def test_each_receipt_of_the_seed_moves_the_timeline(
    client: Client, account, queued: Callable[[str], Message], sample: str, status: str, title: str
):
    body = (PAYLOADS / f"seed-receipt-{sample}.json").read_bytes()
    notice = json.loads(body)["deliveryInfoNotification"]
    row = queued().transactions.get()
    # The seed's own number lies in a country that no sender of ours reaches.
    known = {"provider_ref": notice["transid"], "recipient": "+" + notice["deliveryInfo"]["destination"]}
    Transaction.objects.filter(pk=row.pk).update(**known)

    path = f"/webhooks/webex/{account.webhook_secret}"
    assert client.post(path, body, content_type="application/json").status_code == 200
    receipts.drain()

    row.refresh_from_db()
    assert row.status == status
    assert row.timeline.filter(code=title, source="provider").count() == 1


def test_the_whole_life_of_the_seed_in_any_order_ends_read(client: Client, account, queued):
    files = [PAYLOADS / f"seed-receipt-{name}.json" for name in ("read", "clicked", "delivered", "submitted")]
    notice = json.loads(files[0].read_text())["deliveryInfoNotification"]
    row = queued().transactions.get()
    # The seed's own number lies in a country that no sender of ours reaches.
    known = {"provider_ref": notice["transid"], "recipient": "+" + notice["deliveryInfo"]["destination"]}
    Transaction.objects.filter(pk=row.pk).update(**known)

    for file in files:
        client.post(f"/webhooks/webex/{account.webhook_secret}", file.read_bytes(), content_type="application/json")
    receipts.drain()

    row.refresh_from_db()
    assert (row.status, row.clicks, row.conflict) == ("read", 1, False)
