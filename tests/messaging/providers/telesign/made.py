"""An account and a message for the tests of this folder."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway.contract import Account, OutboundMessage
from messaging.providers.telesign import client

NOW = datetime(2026, 11, 3, 15, 20, 7, tzinfo=UTC)
CUSTOMER = "0F0E0D0C-1111-4222-8333-ABCDEF012345"
KEY = "bWFkZS11cCB0ZWxlc2lnbiBhcGkga2V5LCA0MCBieXRlcyBsb25nISE="
ACCOUNT = Account("a-1", "telesign", "https://rest-ww.telesign.com", {"customer_id": CUSTOMER, "api_key": KEY})
DIGEST = replace(ACCOUNT, options={"digest": True})
REF = "c-01J9Z6Q2M4-0001"


def medium(kind: str = "image") -> Part:
    return Part(kind, url="https://media.example.org/a/8d2f/banner.jpg")


def message(content: Content | None = None, **more: Any) -> OutboundMessage:
    offer = FallbackSms("Autumn offer: show FALL25 in store.")
    content = content or Content("Autumn", slides=(Slide(parts=(medium(),)),), fallback=offer)
    return OutboundMessage(
        **{"client_ref": REF, "sender": "34343", "recipient": "+12065550188", **more}, content=content
    )


def of_payload(value: dict[str, Any]) -> OutboundMessage:
    """The message that a sample request carries."""
    says = value["message"]
    mms = says["mms"]
    fallback = FallbackSms(says["sms"]["parameters"]["text"]) if "sms" in says else FallbackSms(disabled=True)
    number = value.get("phone_number") or value["recipient"]["phone_number"]
    return OutboundMessage(
        value.get("external_id", ""),
        value.get("sender_id", "34343"),
        f"+{number}",
        Content(
            "Sample", slides=(Slide(parts=(Part(mms["template"], url=mms["parameters"]["url"]),)),), fallback=fallback
        ),
        purpose={"MKT": "marketing", "ARN": "transactional"}[value["message_type"]],
    )


def sent(made: OutboundMessage, account: Account = ACCOUNT) -> Any:
    return json.loads(client.build(account, made, now=NOW).body)
