"""How Telesign calls a customer: JSON, signed with the customer's own API key (telesign.md, section 8)."""

import binascii
import hmac
import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from hashlib import sha256

from messaging.gateway.serving import Notice, Tenant


def notice(body: bytes, tenant: Tenant, *, method: str = "") -> Notice:
    """A body with its headers, signed with the tenant's API key; by GET, as in the seed, unless told otherwise."""
    signature = b64encode(hmac.digest(_key(tenant), body, sha256)).decode()
    customer = next(iter(tenant.credentials.get("customer_id", ())), "")
    headers = {
        "content-type": "application/json",
        "authorization": f"TSA {customer}:{signature}",
        "x-ts-authorization": signature,
    }
    by_get = tenant.option("callback_by_get", default=True)
    return Notice(headers, body, method or ("GET" if by_get else "POST"))


def write(members: object) -> bytes:
    """Members as JSON; half a character, which a request can spell, becomes a question mark."""
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def rfc3339(at: datetime) -> str:
    """UTC with microseconds and a Z."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _key(tenant: Tenant) -> bytes:
    key = next(iter(tenant.credentials.get("api_key", ())), "")
    try:
        return b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        return key.encode()
