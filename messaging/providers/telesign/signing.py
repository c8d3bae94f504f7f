"""How the portal proves who it is to Telesign: Basic, or the vendor's own Digest (telesign.md, section 2)."""

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from uuid import uuid4

from messaging.gateway.contract import Account
from messaging.gateway.errors import Misconfigured

METHOD = "HMAC-SHA256"


def authorisation(
    account: Account, method: str, path: str, content_type: str, body: bytes, *, now: datetime
) -> dict[str, str]:
    """The headers that prove who calls. `path` is the provider's own, whatever host and prefix the account has.

    Raises Misconfigured for credentials that are missing or cannot be used.
    """
    customer, key = _credentials(account.credentials)
    if not account.option("digest"):
        return {"authorization": f"Basic {b64encode(f'{customer}:{key}'.encode()).decode()}"}
    date, nonce = format_datetime(now.astimezone(UTC), usegmt=True), str(uuid4())
    signed = string_to_sign(method, content_type, date, nonce, body, path)
    return {
        "authorization": f"TSA {customer}:{signature(_decoded(key), signed)}",
        "date": date,
        "x-ts-auth-method": METHOD,
        "x-ts-nonce": nonce,
    }


def string_to_sign(method: str, content_type: str, date: str, nonce: str, body: bytes, path: str) -> bytes:
    """What a Digest signature covers; the body's line is left out where there is none."""
    lines = [method, content_type, date, f"x-ts-auth-method:{METHOD}", f"x-ts-nonce:{nonce}"]
    signed = [line.encode() for line in lines] + ([body] if body else []) + [path.encode()]
    return b"\n".join(signed)


def signature(key: bytes, message: bytes) -> str:
    """HMAC-SHA256 in base64; `key` is the API key decoded."""
    return b64encode(hmac.digest(key, message, sha256)).decode()


def key_bytes(key: str) -> bytes:
    """An API key decoded from base64. Raises ValueError when it is none."""
    try:
        return b64decode(key.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64") from error


def _credentials(credentials: Mapping[str, str]) -> tuple[str, str]:
    customer, key = credentials.get("customer_id", "").strip(), credentials.get("api_key", "").strip()
    if not customer or not key:
        raise Misconfigured("credentials_missing", "Enter the customer ID and the API key.")
    if not all(text.isascii() and text.isprintable() for text in (customer, key)) or ":" in customer:
        raise Misconfigured("credentials_malformed", "The customer ID or the API key holds characters that none has.")
    return customer, key


def _decoded(key: str) -> bytes:
    try:
        return key_bytes(key)
    except ValueError as error:
        raise Misconfigured("api_key_malformed", "The API key is not base64, as signing needs it.") from error
