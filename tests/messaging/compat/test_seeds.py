"""Each request sample of the seeds, byte for byte, through an account of another provider."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from messaging.models import Message, ProviderAccount
from mmsportal.sandbox.testing import Running
from tests.messaging.callbacks.receiver import Receiver
from tests.messaging.compat.conftest import Internet, told, xml
from tests.working import settled, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("hosting")]


@pytest.fixture
def only(make_account, make_sender, sandbox: Running) -> Callable[[str, str], ProviderAccount]:
    """One account of the sandbox with one sender: nobody else could carry anything."""

    def make(provider: str, address: str) -> ProviderAccount:
        account = make_account(provider)
        sandbox.set_tenant(provider, senders={address: True})
        make_sender(account, address)
        return account

    return make


def delivered(account: ProviderAccount, sandbox: Running, recipient: str) -> Any:
    """Work until the one message has arrived; gives what the sandbox took."""
    message = Message.objects.get()
    rows = message.transactions.all()
    work(settled(rows))
    assert [(row.status, row.account_id) for row in rows.all()] == [("delivered", account.pk)]
    [entry] = sandbox.ledger(kind="accepted")
    assert (entry["provider"], entry["recipient"]) == (account.provider, recipient)
    return entry


def test_webex_seed_goes_through_sinch(
    seed, post, only, internet: Internet, sandbox: Running, receiver: Receiver
) -> None:
    account = only("sinch", "34343")
    body = seed("webex", "seed-request.json").replace(b"+1647XXXXXXX", b"+16475550100")

    answer = post("webex", body)

    assert (answer.status_code, set(answer.json())) == (
        201,
        {"requestTimestamp", "messageId", "correlationId", "status"},
    )
    assert answer.json()["status"] == "queued"
    entry = delivered(account, sandbox, "16475550100")
    content = entry["content"]
    assert content["subject"] == "Subject MMS check"
    # The recipient's own value goes before the shared one.
    assert content["fallback"]["text"] == "fallback By1_Get1text as SMS"
    kinds = [set(slide) & {"image", "audio", "video", "contact", "calendar", "pdf"} for slide in content["slides"]]
    assert kinds == [{"image"}, {"calendar"}, {"pdf"}, {"video"}, {"audio"}, {"contact"}]
    assert len(internet.asked) == 6
    assert "res.cloudinary.com/demo/image/upload/sample.jpg" in internet.asked

    news = [json.loads(body)["deliveryInfoNotification"] for body in told(receiver, 2)]
    assert [(one["deliveryInfo"]["code"], one["deliveryInfo"]["deliveryStatus"]) for one in news] == [
        ("7501", "Submitted"),
        ("7500", "Delivered"),
    ]
    assert {one["transid"] for one in news} == {answer.json()["messageId"]}
    assert {one["deliveryInfo"]["destination"] for one in news} == {"16475550100"}


def test_telesign_seed_goes_through_webex(
    seed, post, only, internet: Internet, sandbox: Running, receiver: Receiver
) -> None:
    account = only("webex", "34343")

    answer = post("telesign", seed("telesign", "seed-request.json"))

    said = answer.json()
    assert (answer.status_code, said["status"]["code"], said["external_id"]) == (200, 3001, None)
    assert re.fullmatch(r"[0-9A-F]{32}", said["reference_id"])
    entry = delivered(account, sandbox, "15558675309")
    assert entry["content"]["fallback"]["text"].startswith("Buy one get one free!")
    assert internet.asked == ["s3.amazonaws.com/viatu-mktg/bogo_coupon_52359.jpg"]

    news = [json.loads(body) for body in told(receiver, 2)]
    assert [(one["status"]["code"], one["status"]["last_channel"]) for one in news] == [(3002, "mms"), (3000, "mms")]
    assert {(one["reference_id"], one["external_id"]) for one in news} == {(said["reference_id"], "null")}


def test_sinch_seed_goes_through_webex(
    seed, post, only, internet: Internet, sandbox: Running, receiver: Receiver
) -> None:
    account = only("webex", "34343")
    filled = {
        "YOUR_CAMPAIGN_ID": "SVC-1",
        "RECIPIENT_PHONE_NUMBER_WITH_COUNTRY_CODE": "16475550100",
        "YOUR_PHONE_NUMBER": "34343",
        "YOUR_MASK": "Shop",
        "EXPIRATION_DATE_UTC": (timezone.now() + timedelta(days=90)).isoformat(timespec="seconds"),
        "ISO8601_DATE_FORMAT": (timezone.now() + timedelta(days=2)).isoformat(timespec="seconds"),
        "{Image URL}": "https://files.example.org/a.jpg",
        "{Audio URL}": "https://files.example.org/a.mp3",
        "{Video URL}": "https://files.example.org/a.mp4",
        "{Contact URL}": "https://files.example.org/a.vcf",
    }
    body = seed("sinch", "seed-request-sendmms.json").decode()
    # The seed writes "{PDF URL}" twice, the first time for a calendar.
    body = body.replace("{PDF URL}", "https://files.example.org/a.ics", 1)
    body = body.replace("{PDF URL}", "https://files.example.org/a.pdf")
    for placeholder, value in filled.items():
        body = body.replace(placeholder, value)

    answer = post("sinch", body.encode())

    assert answer.status_code == 200
    said = answer.json()
    assert (said["status"], said["to"]) == ("success", "16475550100")
    assert said["tracking-id"]
    entry = delivered(account, sandbox, "16475550100")
    assert [slide["text"] for slide in entry["content"]["slides"]] == ["{Slide message text}"] * 6

    news = [json.loads(body) for body in told(receiver, 2)]
    assert [(one["code"], one["status"], one["from"]) for one in news] == [
        ("N101", "Sent", "34343"),
        ("N102", "Delivered", "34343"),
    ]
    assert {(one["tracking-id"], one["client-reference"]) for one in news} == {
        (said["tracking-id"], "CLIENT_SUPPLIED_IDENTIFIER")
    }
    # What the sandbox makes up for its own callers is nobody's handset here.
    assert not any("handset" in name or "operator" in name for one in news for name in one)


@pytest.mark.parametrize("form", ["xml", "get"])
def test_skycore_seed_goes_through_sinch(
    form: str,
    seed,
    post,
    only,
    internet: Internet,
    sandbox: Running,
    receiver: Receiver,
    service_key: str,
    client: Client,
) -> None:
    account = only("sinch", "60856")
    key = b"ea7966f90de2bf520e3f0042053e6ec3"
    if form == "xml":
        answer = post("skycore", seed("skycore", "seed-request-sendmms.xml").replace(key, service_key.encode()))
    else:
        url = seed("skycore", "seed-request-sendmms-get.txt").replace(key, service_key.encode()).decode().strip()
        answer = client.get(f"/compat/skycore/{url.removeprefix('https://secure.skycore.com/')}")

    assert answer.status_code == 200
    said = xml(answer.content)
    assert (said["STATUS"], said["TO"]) == ("Success", "15551234888")
    assert {"MMSID", "TRACKINGID", "STATUSDETAILS"} <= set(said)
    slides = delivered(account, sandbox, "15551234888")["content"]["slides"]
    assert slides[0]["text"] == "Hi! Thank you for joining us!"
    assert "image" in slides[0]
    # Only Skycore carries passes; elsewhere the phone gets its address.
    assert slides[1]["text"].splitlines() == [
        "As a new member, here's a free coupon from us!",
        "Please enjoy!",
        "http://www.yoursite.com/pass/coupon.pkpass",
    ]

    news = [xml(body, "POSTBACK") for body in told(receiver, 2)]
    assert [(one["CODE"], one["STATUS"]) for one in news] == [
        ("N101", "Message Sent"),
        ("N102", "Message Sent/Delivered"),
    ]
    assert {(one["TRACKINGID"], one["TO"], one["FROM"]) for one in news} == {
        (said["TRACKINGID"], "15551234888", "60856")
    }


def test_the_key_stays_out_of_what_is_kept(seed, post, only, internet: Internet, service_key: str) -> None:
    only("sinch", "60856")
    key = b"ea7966f90de2bf520e3f0042053e6ec3"
    post("skycore", seed("skycore", "seed-request-sendmms.xml").replace(key, service_key.encode()))
    message = Message.objects.get()
    assert service_key not in json.dumps([message.dialect_facts, message.content])
