"""What a send request must look like, in the order of checks of telesign.md, section 7."""

import json
from ipaddress import ip_address
from typing import Any, NoReturn
from urllib.parse import urlsplit

from messaging.gateway.serving import Tenant
from messaging.providers.telesign.server.errors import reject

LARGEST = 10 * 1024
LONGEST_EXTERNAL_ID = 100
MESSAGE_TYPES = frozenset({"MKT", "ARN", "OTP"})
LIFECYCLE = frozenset({"create", "sign-in", "transact", "update", "delete"})
SHORTEST_WAIT, LONGEST_WAIT = 30, 3600


def external_id(body: bytes) -> str | None:
    """The caller's reference in a body that nobody has checked yet; every answer echoes it."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return _external_id(value) if isinstance(value, dict) else None


def parse(body: bytes) -> dict[str, Any]:
    """The object in a body. Raises Rejected: 3116 for too many bytes, 3110 for anything but a JSON object."""
    if len(body) > LARGEST:
        reject("3116", external_id(body))
    try:
        value = json.loads(body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        reject("3110")
    if not isinstance(value, dict):
        reject("3110")
    return value


def check(request: dict[str, Any], tenant: Tenant) -> None:
    """Every check of the request itself, in order. Raises Rejected with the first fault.

    What is wrong with a single channel is no fault of the request: it shows in the callback.
    """
    ours = _external_id(request)
    _channels(request, ours)
    if not number(request):
        reject("3302", ours)
    if not isinstance(request.get("message"), dict) or not request["message"]:
        reject("3303", ours)
    if not request.get("message_type"):
        reject("3304", ours)
    _one_of(MESSAGE_TYPES, request, "message_type", "3102", ours)
    given = request.get("external_id")
    if given is not None and not (isinstance(given, str) and len(given) <= LONGEST_EXTERNAL_ID and given.isascii()):
        reject("3103", ours, str(given)[:200])
    _one_of(LIFECYCLE, request, "account_lifecycle_event", "3104", ours)
    if request.get("originating_ip") is not None and not _is_ip(request["originating_ip"]):
        reject("3105", ours, str(request["originating_ip"])[:60])
    _callback_url(request, tenant, ours)


def number(request: dict[str, Any]) -> str:
    """The recipient as it was written, from either of its homes; "" when it is in neither."""
    recipient = request.get("recipient")
    newer = recipient.get("phone_number") if isinstance(recipient, dict) else None
    given = request.get("phone_number") or newer
    return given if isinstance(given, str) else ""


def is_web_address(address: object) -> bool:
    """A full http or https address, with nothing before or behind it."""
    if not isinstance(address, str) or address != address.strip():
        return False
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _channels(request: dict[str, Any], ours: str | None) -> None:
    channels = request.get("channels")
    if channels is None or channels in ([], ""):
        reject("3300", ours)
    if not isinstance(channels, list) or not all(isinstance(one, dict) for one in channels):
        reject("3113", ours)
    names = [one.get("channel") for one in channels]
    if not all(names):
        reject("3301", ours)
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        reject("3113", ours, ",".join(map(str, names))[:200])
    if not all(_is_wait(one.get("fallback_time", SHORTEST_WAIT)) for one in channels):
        reject("3113", ours, ",".join(names)[:200])


def _one_of(allowed: frozenset[str], request: dict[str, Any], name: str, code: str, ours: str | None) -> None:
    given = request.get(name)
    if given is not None and not (isinstance(given, str) and given in allowed):
        reject(code, ours, str(given)[:40])


def _is_wait(seconds: object) -> bool:
    return isinstance(seconds, int) and not isinstance(seconds, bool) and SHORTEST_WAIT <= seconds <= LONGEST_WAIT


def _callback_url(request: dict[str, Any], tenant: Tenant, ours: str | None) -> None:
    given = request.get("callback_url")
    if given is None:
        return
    if not is_web_address(given):
        reject("3106", ours, str(given)[:200])
    if not tenant.option("callback_url_enabled", default=False):
        reject("3203", ours)


def _external_id(request: dict[str, Any]) -> str | None:
    given = request.get("external_id")
    return given if isinstance(given, str) else None


def _is_ip(given: object) -> bool:
    try:
        return isinstance(given, str) and bool(ip_address(given))
    except ValueError:
        return False


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
