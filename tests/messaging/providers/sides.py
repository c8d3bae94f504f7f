"""Both sides of a provider's line without the line: what the client writes, its server reads."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway import registry
from messaging.gateway.contract import Account, HttpRequest, OutboundMessage
from messaging.gateway.serving import Call, ReceivedMessage, base_path, server
from tests.messaging.providers.desks import MadeDesk

NOW = datetime(2026, 11, 3, 15, 20, 7, tzinfo=UTC)
HOST = "https://provider.example.org"
WEBHOOK = "https://mms.example.org/webhooks/made-up"
PICTURE = "https://media.example.org/m/banner.png"


def account(name: str, **credentials: str) -> Account:
    """An account of the server's demo tenant; `credentials` stand for the tenant's own."""
    tenant, client = server(name).DEMO, registry.provider(name).client
    good = {
        field.name: tenant.credentials[field.name][0]
        for field in client.CREDENTIALS
        if tenant.credentials.get(field.name)
    }
    return Account("a", name, HOST + base_path(name), good | credentials, webhook_url=WEBHOOK)


def message(name: str, **more: Any) -> OutboundMessage:
    """A message of one picture, with text and subject where the provider carries them."""
    profile = registry.provider(name).profile
    slide = Slide("Look" if profile.carries_text else "", 5, (Part("image", url=PICTURE, mime_type="image/png"),))
    subject = "New hats" if profile.carries_subject else ""
    content = Content("Hats", subject, (slide,), FallbackSms("New hats in the shop"))
    given = OutboundMessage("01K8ZZMADEUPREFERENCE00001", "34343", "+14165550100", content)
    return replace(given, **more)


def call(request: HttpRequest) -> Call:
    """A request as it arrives: below the base URL, header names in lower case."""
    headers = {header.lower(): value for header, value in request.headers.items()}
    return Call(request.method, _path(request.url), headers, request.body, "127.0.0.1")


def _path(url: str) -> str:
    assert url.startswith(HOST)
    return url.removeprefix(HOST)


def taken(name: str, arrived: Call, desk: MadeDesk | None = None) -> ReceivedMessage:
    """A call that asks for something to be sent or stored, after every check. Raises Rejected."""
    playing, desk = server(name), desk or MadeDesk()
    assert playing.route(arrived) is None
    playing.authenticate(arrived, playing.DEMO, desk, now=NOW)
    return playing.read(arrived, playing.DEMO, desk, now=NOW)


def sent(name: str, **more: Any) -> ReceivedMessage:
    """What the server makes of the client's own message."""
    client = registry.provider(name).client
    return taken(name, call(client.build(account(name), message(name, **more), now=NOW)))
