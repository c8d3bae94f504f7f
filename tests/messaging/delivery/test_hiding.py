"""What is kept of a request holds no secret, however the provider's dialect spells it."""

from datetime import UTC, datetime

import pytest

from messaging.content import Content, FallbackSms, Slide
from messaging.delivery.rendering import LONGEST_BODY, redacted
from messaging.gateway import registry
from messaging.gateway.contract import Account, HttpRequest, OutboundMessage
from messaging.models import Transaction

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NUMBER = "+12065550142"
CONTENT = Content("Autumn", "Offer", (Slide("Look"),), FallbackSms("Hello", link=True))
# Whatever a form, an address or XML spells otherwise.
KEY = "made+up/key=<&> %7e"


@pytest.mark.parametrize("use_get", [False, True])
def test_a_key_is_hidden_in_a_form_and_in_an_address(use_get: bool) -> None:
    account = Account("a-1", "skycore", "https://api.example.org/", {"api_key": KEY}, options={"use_get": use_get})
    message = OutboundMessage("01J9Z6Q2M40001EXAMPLE00000", "34343", NUMBER, CONTENT)
    request = registry.provider("skycore").client.build(account, message, now=NOW)
    kept = redacted(request, account, Transaction(recipient=NUMBER))
    told = kept["url"] + kept["body"]
    assert kept["method"] == ("GET" if use_get else "POST")
    assert "***" in told
    assert "12065550142" not in told
    assert "made" not in told
    assert "key%3D" not in told
    assert "Look" in told


def test_a_key_across_the_cut_leaves_no_half_behind() -> None:
    account = Account("a-1", "skycore", "https://api.example.org/", {"api_key": KEY})
    body = ("x" * (LONGEST_BODY - 6) + KEY).encode()
    kept = redacted(HttpRequest("POST", "https://api.example.org/", {}, body), account, Transaction(recipient=NUMBER))
    assert "made" not in kept["body"]
