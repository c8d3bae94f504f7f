"""One message through every provider that can carry it, to one number of each outcome, by the real doors."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from media.models import Asset
from media.uploads import store
from messaging import receipts
from messaging.content import Content, FallbackSms, Part, Slide
from messaging.delivery import claiming, marking
from messaging.gateway import registry
from messaging.gateway.serving import server
from messaging.models import ApiKey, Message, Sender
from mmsportal.sandbox.testing import Running
from tests.media import samples
from tests.working import work

pytestmark = pytest.mark.django_db(transaction=True)

# Sandbox number -> where a message ends (architecture, section 4), wherever the provider has words for it.
ENDS = {
    "00": "delivered",
    "01": "read",
    "03": "submitted",
    "04": "expired",
    "05": "failed",
    "06": "failed",
    "07": "delivered",
    "08": "delivered",
    "09": "delivered",
    "10": "delivered",
    "11": "delivered",
    "12": "delivered",
    "14": "submitted",
    "20": "failed",
    "21": "failed",
    "22": "delivered",
    "24": "delivered",
    "26": "delivered",
    "28": "delivered",
    "30": "failed",
    "31": "submitted",
    "32": "delivered",
    "40": "delivered",
}
# Where a provider says it otherwise: no word for "read", a blacklisted recipient refused in the answer.
OTHERWISE: Mapping[str, Mapping[str, str]] = {
    # There the SMS goes out when the file cannot be fetched.
    "telesign": {"14": "unconfirmed", "30": "delivered"},
    "sinch": {"01": "delivered", "21": "blocked"},
    "skycore": {"01": "delivered", "21": "blocked"},
}
# What never comes to an acceptance.
REFUSED = {"webex": {"20"}, "telesign": set(), "sinch": {"20", "21", "30"}, "skycore": {"20", "21", "30"}}
PROVIDERS = registry.names()


def number(ending: str) -> str:
    return f"+1206555{'01' + ending}"


@pytest.fixture(autouse=True)
def _files_here(tmp_path, settings, live_server) -> None:
    default_storage.location = str(tmp_path)
    settings.MEDIA_PUBLIC_BASE_URL = live_server.url


@pytest.fixture
def picture(db) -> Asset:
    return store(samples.jpeg(640, 480), name="autumn.jpg", owner="user:1")


@pytest.fixture
def rows(make_sender: Callable[..., Sender], make_account, queued, sandbox: Running):
    """Queue a content at a provider to every number there is; gives the transactions."""

    def send(provider: str, content: Content) -> "Message":
        sender = make_sender(make_account(provider))
        message: Message = queued(*map(number, ENDS), sender=sender, content=content)
        return message

    return send


def one_picture(asset: Asset) -> Content:
    return Content(
        name="Autumn",
        slides=(Slide(parts=(Part("image", asset=str(asset.pk)),)),),
        fallback=FallbackSms("Autumn offer: see our shop."),
    )


def three_slides(asset: Asset) -> Content:
    return Content(
        name="Autumn",
        subject="Autumn at the shop",
        slides=(
            Slide("Autumn is here", parts=(Part("image", asset=str(asset.pk)),)),
            Slide("Come and see"),
            Slide("Until Sunday"),
        ),
        fallback=FallbackSms("Autumn offer: see our shop."),
    )


def ends_at(provider: str) -> dict[str, str]:
    return {**ENDS, **OTHERWISE.get(provider, {})}


def follow(provider: str, message: Message, sandbox: Running) -> None:
    """Work until every number is where it must be, then look at the ledger: each once."""
    expected = ends_at(provider)

    def told() -> bool:
        return {row.recipient[-2:]: row.status for row in message.transactions.all()} == expected

    work(told)

    assert {row.recipient[-2:]: row.status for row in message.transactions.all()} == expected
    accepted = [entry["recipient"] for entry in sandbox.ledger(kind="accepted")]
    assert len(accepted) == len(set(accepted))
    assert {recipient[-2:] for recipient in accepted} == set(ENDS) - REFUSED[provider]
    assert message.transactions.get(recipient=number("07")).via == "sms"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_picture_goes_through_every_provider(provider: str, rows, picture: Asset, sandbox: Running) -> None:
    follow(provider, rows(provider, one_picture(picture)), sandbox)


@pytest.mark.parametrize("provider", [name for name in PROVIDERS if registry.provider(name).profile.max_slides >= 3])
def test_three_slides_go_through_whoever_carries_them(provider: str, rows, picture: Asset, sandbox: Running) -> None:
    follow(provider, rows(provider, three_slides(picture)), sandbox)


def test_telesign_is_told_before_sending_why_not(
    client: Client,
    issued_key: tuple[ApiKey, str, str],
    make_account,
    make_sender,
    sandbox: Running,
    picture: Asset,
) -> None:
    make_sender(make_account("telesign"))
    content = replace(three_slides(picture), slides=(Slide("One"), Slide("Two"), Slide("Three")))

    answer = client.post(
        "/api/v1/messages",
        {"from": "34343", "to": [number("00")], "content": content.to_json()},
        content_type="application/json",
        headers={"key": issued_key[1]},
    )

    assert answer.status_code == 422
    said = {error["code"]: error["message"] for error in answer.json()["errors"]}
    assert "Telesign" in said["too_many_slides"]
    assert not Message.objects.exists()
    assert not sandbox.ledger()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_stop_between_claim_and_wire_mark_holds_the_message_back(
    provider: str, client: Client, make_account, make_sender, queued, sandbox: Running, picture: Asset
) -> None:
    account = make_account(provider)
    message = queued(number("00"), sender=make_sender(account), content=one_picture(picture))
    claims = claiming.claim(account, 10)

    notice = server(provider).inbound(
        server(provider).DEMO,
        sender=number("00").lstrip("+"),
        recipient="34343",
        text="Stop",
        files=[],
        at=timezone.now(),
    )
    answer = client.generic(
        notice.method,
        urlsplit(account.webhook_url).path,
        notice.body,
        content_type=notice.headers.get("content-type", "application/json"),
        headers={name: value for name, value in notice.headers.items() if name.lower() != "content-type"},
    )
    receipts.drain()

    assert answer.status_code == 200
    assert len(claims) == 1
    assert marking.mark_wire(claims) == []
    assert [(row.status, row.reason_code) for row in message.transactions.all()] == [("blocked", "opted_out")]
    assert not sandbox.ledger(kind="accepted")
