"""Who is calling (webex.md, section 2): a service key, or a JWT signed with the service secret; the JWT decides."""

import binascii
import hmac
import json
from base64 import b64decode, urlsafe_b64decode
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address, ip_network
from typing import Any

from messaging.gateway.serving import Call, Desk, Rejected, Tenant
from messaging.providers.webex.server.errors import bare, reject

OLDEST = timedelta(hours=24)
AHEAD = timedelta(minutes=5)


def authenticate(call: Call, tenant: Tenant, _desk: Desk, *, now: datetime) -> None:
    """Raises Rejected (401, no body) unless the token, or without one the service key, holds; 7127 for an address
    outside the tenant's list."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    if scheme:
        known = scheme.lower() == "bearer" and _token_holds(token.strip(), tenant, now)
    else:
        given = call.headers.get("key", "").encode("utf-8", "replace")
        known = any(hmac.compare_digest(given, key.encode()) for key in tenant.credentials.get("service_key", ()))
    if not known:
        raise Rejected(bare(401))
    _check_source(call, tenant)


def _check_source(call: Call, tenant: Tenant) -> None:
    """An empty list lets everyone in."""
    if not tenant.sources:
        return
    try:
        source = ip_address(call.source)
    except ValueError:
        reject("7127")
    if not any(source in ip_network(network) for network in tenant.sources):
        reject("7127")


def _token_holds(token: str, tenant: Tenant, now: datetime) -> bool:
    try:
        head, claims, signature = token.split(".")
        header, members = _part(head), _part(claims)
        signed = urlsafe_b64decode(_padded(signature))
        secrets = [b64decode(secret) for secret in tenant.credentials.get("service_secret", ())]
    except (ValueError, RecursionError, binascii.Error):
        return False
    if header.get("alg") != "HS256" or members.get("iss") not in tenant.credentials.get("service_id", ()):
        return False
    message = f"{head}.{claims}".encode()
    if not any(hmac.compare_digest(hmac.digest(secret, message, sha256), signed) for secret in secrets):
        return False
    return _is_fresh(members.get("iat"), now)


def _is_fresh(issued: object, now: datetime) -> bool:
    if not isinstance(issued, int) or isinstance(issued, bool):
        return False
    age = now.timestamp() - issued
    return -AHEAD.total_seconds() <= age <= OLDEST.total_seconds()


def _part(text: str) -> dict[str, Any]:
    value = json.loads(urlsafe_b64decode(_padded(text)))
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)
