"""Who calls the API, and what they may do (architecture, section 4; reliability, section 6)."""

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from messaging.api.errors import Problem, fault
from messaging.api.tokens import PREFIX, BadToken, holder
from messaging.models import SCOPES, ApiKey
from messaging.models.loading import ask_first, columns, loaded
from messaging.models.sealing import SealBroken

logger = logging.getLogger(__name__)

KEY = re.compile(r"mms_(?:live|test)_([0-9a-f]{8})_([A-Za-z0-9_-]{20,100})", re.ASCII)
USED_EVERY = timedelta(minutes=1)
Find = Callable[[str], ApiKey | None]
_BY_PREFIX = f"SELECT {columns(ApiKey, 'messaging_apikey')} FROM messaging_apikey WHERE prefix = %s"  # noqa: S608 (our own names)


class NoEntry(AuthenticationFailed):
    """401, the same words for every reason: what is wrong goes to our log only."""

    def __init__(self, reason: str, message: str = "The key or token is not valid.") -> None:
        super().__init__(message)
        self.code, self.title = "not_authenticated", ""
        self.errors = [
            fault("", "not_authenticated", message, fix="Send a valid key header or Authorization: Bearer token.")
        ]
        logger.info("API caller refused: %s", reason)


class ServiceAuthentication(BaseAuthentication):
    """The header `key: mms_live_...` or `Authorization: Bearer <JWT>`; `request.auth` becomes the ApiKey.

    A test key begins with `mms_test_`. With both headers the token decides: a bad token is final, whatever the key
    (seed 000). No cookie ever counts here.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        _refuse_key_in_query(request)
        _refuse_unmeasured(request)
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        presented = request.META.get("HTTP_KEY", "")
        if scheme.lower() == "bearer":
            key = _by_token(token.strip(), _way_to_find(request))
        elif presented:
            key = _by_key(presented, _way_to_find(request))
        else:
            return None
        _check_usable(key, str(request.META.get("REMOTE_ADDR", "")))
        note_use(key)
        return AnonymousUser(), key

    def authenticate_header(self, _request: Request) -> str:
        return 'Bearer realm="MMS portal", key realm="MMS portal"'


class HasScope(BasePermission):
    """Lets a key through that has the scope which the view's `required_scopes` names for the method; else nobody."""

    def has_permission(self, request: Request, view: Any) -> bool:
        key = request.auth
        if not isinstance(key, ApiKey):
            return False
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method.lower() not in view.http_method_names or not hasattr(view, method.lower()):
            raise MethodNotAllowed(method)
        scope = getattr(view, "required_scopes", {}).get(method)
        if scope in key.scopes:
            return True
        message = f"This key lacks the scope {scope}." if scope in SCOPES else "No key may do that."
        fix = "Ask an administrator of the portal for a key with this scope."
        raise Problem(403, "scope_missing", errors=[fault("", "scope_missing", message, fix=fix)])


def _refuse_key_in_query(request: Request) -> None:
    for name, values in request.query_params.lists():
        found = next((match for value in values if (match := KEY.fullmatch(str(value)))), None)
        if found or name.lower() in {"key", "api_key", "apikey", "access_token"}:
            logger.warning("API key %s was sent in an address; replace it.", found[1] if found else "(unreadable)")
            raise NoEntry("key in the query", "A key in the address ends up in logs: send it as the header key.")


def _refuse_unmeasured(request: Request) -> None:
    """A body in chunks has no length, and would be taken for an empty one: better to say so."""
    if request.META.get("HTTP_TRANSFER_ENCODING"):
        message, fix = "The body has no declared length.", "Send Content-Length, not Transfer-Encoding: chunked."
        raise Problem(411, errors=[fault("Content-Length", "length_required", message, fix=fix)])


def _by_token(token: str, find: Find) -> ApiKey:
    try:
        return holder(token, find)
    except (BadToken, SealBroken) as error:
        raise NoEntry(str(error)) from error


def _by_key(presented: str, find: Find) -> ApiKey:
    if (key := _proved(presented, find)) is None:
        raise NoEntry("unknown key")
    return key


def _proved(written: str, find: Find) -> ApiKey | None:
    """The key that is written out in full, whether or not it is in force."""
    parts = KEY.fullmatch(written)
    key = find(parts[1]) if parts else None
    return key if parts and key and written.startswith(key.mark) and key.matches(parts[2]) else None


def _way_to_find(request: Request) -> Find:
    """How keys are looked up: a door may know a way of its own, which finds more along with them."""
    own = getattr((request.parser_context or {}).get("view"), "find_key", None)
    return partial(own, request) if own else by_prefix


def by_prefix(prefix: str) -> ApiKey | None:
    """The key with this prefix. One query."""
    found = ask_first(_BY_PREFIX, [prefix])
    return loaded(ApiKey, found[0]) if found else None


def _check_usable(key: ApiKey, address: str) -> None:
    if key.revoked_at is not None:
        raise NoEntry(f"key {key.prefix} is revoked")
    if key.expires_at is not None and key.expires_at <= timezone.now():
        raise NoEntry(f"key {key.prefix} has expired")
    if key.source_cidrs and not any(_inside(address, network) for network in key.source_cidrs):
        raise NoEntry(f"key {key.prefix} is not for {address}")


def _inside(address: str, network: str) -> bool:
    try:
        return ip_address(address) in ip_network(network, strict=False)
    except ValueError:
        return False


def note_use(key: ApiKey) -> None:
    """One write a minute is enough to see which keys are alive."""
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - USED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def presented(text: str) -> ApiKey | None:
    """The key in force that a caller of another format presents as it was issued. Its networks are not looked at."""
    return _unless_over(_proved(text, by_prefix))


def in_force(prefix: str) -> ApiKey | None:
    """The key with this prefix, unless it is revoked or has expired. Nothing is proved by it."""
    return _unless_over(by_prefix(prefix) if PREFIX.fullmatch(prefix) else None)


def _unless_over(key: ApiKey | None) -> ApiKey | None:
    if key is None or key.revoked_at is not None:
        return None
    return None if key.expires_at is not None and key.expires_at <= timezone.now() else key
