"""The seed's callback over a real socket, at the real door: a GET with a body, known by its signature alone."""

import http.client
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from messaging import receipts
from messaging.content import Content, Slide
from messaging.models import ProviderAccount, ReceiptInbox, Transaction
from messaging.providers.telesign.signing import key_bytes, signature
from messaging.statuses import Via
from tests.messaging.providers.telesign.made import CUSTOMER, KEY, medium

pytestmark = pytest.mark.django_db(transaction=True)
Call = Callable[..., tuple[int, bytes]]
ONE_PICTURE = Content("Autumn", slides=(Slide(parts=(replace(medium(), host="caller"),)),))


@pytest.fixture
def carrier(db) -> ProviderAccount:
    made = ProviderAccount(name="Telesign", provider="telesign", base_url="http://127.0.0.1:9")
    made.credentials = {"customer_id": CUSTOMER, "api_key": KEY}
    made.save()
    return made


@pytest.fixture
def call(carrier: ProviderAccount, live_server) -> Call:
    def send(method: str, body: bytes, **headers: str) -> tuple[int, bytes]:
        line = http.client.HTTPConnection(urlsplit(live_server.url).netloc, timeout=10)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            # http.client gives the body's length with either method, as every caller does.
            line.request(
                method, urlsplit(carrier.webhook_url).path, body, {"content-type": "application/json", **named}
            )
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()

    return send


def signed(body: bytes, key: bytes | None = None) -> str:
    return signature(key or key_bytes(KEY), body)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "headers",
    [
        lambda word: {"authorization": f"TSA {CUSTOMER}:{word}"},
        lambda word: {"x_ts_authorization": word},
        lambda word: {"authorization": f"TSA {CUSTOMER}:{word}", "x_ts_authorization": f"TSA {CUSTOMER}:{word}"},
    ],
    ids=["authorization", "x-ts-authorization", "both"],
)
def test_the_seeds_callback_delivers_as_sms(
    carrier: ProviderAccount, call: Call, raw, payload, make_sender, queued, method: str, headers
) -> None:
    body = raw("seed-callback")
    row = queued(sender=make_sender(carrier), content=ONE_PICTURE).transactions.get()
    Transaction.objects.filter(pk=row.pk).update(provider_ref=payload("seed-callback")["reference_id"])

    assert call(method, body, **headers(signed(body))) == (200, b"{}")
    receipts.drain()

    row.refresh_from_db()
    assert (row.status, row.via) == ("delivered", Via.SMS)
    kept = ReceiptInbox.objects.get()
    assert (bytes(kept.body), kept.method) == (body, method)
    assert "authorization" not in kept.headers


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "headers",
    [
        lambda _body: {},
        lambda body: {"authorization": f"TSA {CUSTOMER}:{signed(body, b'another key')}"},
        # Signed before somebody on the way changed one byte, or only the spelling of the JSON.
        lambda body: {"authorization": f"TSA {CUSTOMER}:{signed(body.replace(b'3000', b'3003'))}"},
        lambda body: {"x_ts_authorization": signed(body.replace(b" ", b""))},
        lambda body: {"authorization": f"Basic {b64encode(f'{CUSTOMER}:{KEY}'.encode()).decode()}"},
        lambda body: {"x_ts_authorization": signed(body)[:-1]},
    ],
    ids=["unsigned", "another key", "changed", "other bytes", "basic", "cut short"],
)
def test_what_is_not_signed_over_these_very_bytes_is_not_kept(call: Call, raw, method: str, headers) -> None:
    body = raw("seed-callback")
    assert call(method, body, **headers(body))[0] == 401
    assert not ReceiptInbox.objects.exists()
