"""Who is calling (telesign.md, section 2): Basic in base64 or as the seed prints it, or the vendor's own Digest."""

import binascii
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from ipaddress import ip_address, ip_network

from messaging.gateway.serving import Call, Desk, Tenant
from messaging.providers.telesign.server.errors import reject

TOLERANCE = timedelta(minutes=15)
NONCE = re.compile(r"[\x21-\x7e]{8,64}")
REFERENCE = re.compile(r"[0-9A-Fa-f]{32}")


def authenticate(call: Call, tenant: Tenant, desk: Desk, *, now: datetime) -> None:
    """Raises Rejected (401) unless the credentials hold; then 400 for a reference that can be none.

    A nonce is remembered only once its signature held: nobody else can use it up.
    """
    scheme, _, given = call.headers.get("authorization", "").strip().partition(" ")
    if not scheme:
        reject("3405")
    match scheme.lower():
        case "basic":
            _basic(given.strip(), tenant)
        case "tsa":
            _digest(given.strip(), call, tenant, desk, now)
        case _:
            reject("3412")
    _check_source(call, tenant)
    asked = call.path.partition("?")[0].rstrip("/").rpartition("/")[2]
    if call.method == "GET" and not REFERENCE.fullmatch(asked):
        reject("3311")


def _basic(given: str, tenant: Tenant) -> None:
    pair = given if ":" in given else _decoded(given)
    customer, colon, key = pair.partition(":")
    if not colon:
        reject("3412")
    _check_customer(customer, tenant)
    if not any(hmac.compare_digest(_bytes(key), _bytes(known)) for known in tenant.credentials.get("api_key", ())):
        reject("3411")


def _digest(given: str, call: Call, tenant: Tenant, desk: Desk, now: datetime) -> None:
    customer, colon, signature = given.partition(":")
    if not colon:
        reject("3412")
    _check_customer(customer, tenant)
    nonce, headers = call.headers.get("x-ts-nonce", ""), call.headers
    date = headers.get("x-ts-date") or headers.get("date", "")
    if headers.get("x-ts-auth-method") != "HMAC-SHA256" or not NONCE.fullmatch(nonce) or not _is_near(date, now):
        reject("3400")
    expected = [_signed(key, call).encode() for key in _keys(tenant)]
    if not any(hmac.compare_digest(one, _bytes(signature)) for one in expected):
        reject("3400")
    if not desk.first_sight(f"{customer}:{nonce}"):
        reject("3400")


def _signed(key: bytes, call: Call) -> str:
    headers = call.headers
    lines = [
        call.method,
        "" if call.method == "GET" else headers.get("content-type", ""),
        "" if "x-ts-date" in headers else headers.get("date", ""),
        "x-ts-auth-method:HMAC-SHA256",
        *([f"x-ts-date:{headers['x-ts-date']}"] if "x-ts-date" in headers else []),
        f"x-ts-nonce:{headers.get('x-ts-nonce', '')}",
    ]
    body = [call.body] if call.body else []
    text = b"\n".join([*map(_bytes, lines), *body, _bytes(call.path.partition("?")[0])])
    return b64encode(hmac.digest(key, text, sha256)).decode()


def _check_customer(customer: str, tenant: Tenant) -> None:
    """Tenants without a customer id of their own are known by their key alone."""
    known = tenant.credentials.get("customer_id", ())
    if known and not any(hmac.compare_digest(_bytes(customer), _bytes(one)) for one in known):
        reject("3410")


def _check_source(call: Call, tenant: Tenant) -> None:
    if not tenant.sources:
        return
    try:
        source = ip_address(call.source)
    except ValueError:
        reject("3409")
    if not any(source in ip_network(network) for network in tenant.sources):
        reject("3409")


def _keys(tenant: Tenant) -> Iterator[bytes]:
    """The tenant's API keys that can sign: not every key of a tenant need be base64."""
    for key in tenant.credentials.get("api_key", ()):
        try:
            yield b64decode(key, validate=True)
        except (binascii.Error, ValueError):
            continue


def _bytes(text: str) -> bytes:
    """A header can hold what no encoding has."""
    return text.encode("utf-8", "replace")


def _decoded(given: str) -> str:
    try:
        return b64decode(given, validate=True).decode()
    except (binascii.Error, ValueError):
        reject("3412")


def _is_near(date: str, now: datetime) -> bool:
    try:
        when = parsedate_to_datetime(date)
    except (TypeError, ValueError, IndexError):
        return False
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return abs(when - now) <= TOLERANCE
