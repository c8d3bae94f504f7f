"""Who is calling (sinch.md, sections 2 and 5.1): the body must be JSON, then the key is looked at, then the address."""

import hmac
import json
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any, NoReturn

from messaging.gateway.serving import Call, Desk, Tenant
from messaging.providers.sinch.server.errors import reject


def authenticate(call: Call, tenant: Tenant, desk: Desk, *, now: datetime) -> None:  # noqa: ARG001
    """Raises Rejected: E100 and E108 for the body, E104, E103, E105 and E109 for the account, E112 for the address."""
    parse(call)
    given = call.headers.get("x-api-key", "").encode()
    if not any(hmac.compare_digest(given, key.encode()) for key in tenant.credentials.get("api_key", ())):
        reject("E104")
    if tenant.option("api_blocked", default=False):
        reject("E103")
    if not tenant.option("api_access", default=True):
        reject("E105")
    if not tenant.option("api_activated", default=True):
        reject("E109")
    _check_source(call, tenant)


def parse(call: Call) -> dict[str, Any]:
    """The object in a body. Raises Rejected: E100 for another content type or value, E108 for what is no JSON."""
    if call.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        reject("E100")
    try:
        value = json.loads(call.body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        reject("E108")
    if not isinstance(value, dict):
        reject("E100")
    return value


def _check_source(call: Call, tenant: Tenant) -> None:
    """An empty list lets everyone in."""
    if not tenant.sources:
        return
    try:
        source = ip_address(call.source)
    except ValueError:
        reject("E112")
    if not any(source in ip_network(network) for network in tenant.sources):
        reject("E112")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
