"""What a short send will ask for, looked up along with its key: one question instead of four.

Its body is glanced at before it is known who calls. Nothing is answered by that glance: whoever sends is proved first,
the body is read strictly, and what was found counts only where that asks for the very same.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from rest_framework.request import Request

from messaging.addresses import normalise
from messaging.api.authentication import by_prefix
from messaging.api.idempotency import PRINTABLE, route_of
from messaging.gateway import registry
from messaging.models import ApiKey, ProviderAccount, Sender
from messaging.models.loading import ask_first, columns, listed, loaded

# Little enough to be read for anybody, and of so few recipients everything is asked in one go.
LARGEST, FEW = 64 * 1024, 100
IDENTITY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NAME = re.compile(r"[\x21-\x7e]{1,36}")
_FORESEEN = "mms.foreseen"
# What the rules, the row and the answer speak of; were there more, it would be read when it is asked for.
_OF_SENDER = ("id", "address", "kind", "country", "account", "mms_enabled", "paused_at")
_OF_ACCOUNT = ("id", "name", "provider", "base_url", "credentials_sealed", "options", "paused_at")
_ALL = f"""
SELECT {columns(ApiKey, "caller")},
  {columns(Sender, "sender", _OF_SENDER)}, {columns(ProviderAccount, "account", _OF_ACCOUNT)},
  EXISTS (SELECT 1 FROM messaging_optout WHERE lifted_at IS NULL AND number {{among}}),
  EXISTS (SELECT 1 FROM messaging_idempotencyrecord AS known
    WHERE known.api_key_id = caller.id AND known.route = %s AND known.key = %s),
  EXISTS (SELECT 1 FROM messaging_sendingpause WHERE resumed_at IS NULL)
FROM messaging_apikey AS caller LEFT JOIN (
  messaging_sender AS sender JOIN messaging_provideraccount AS account ON account.id = sender.account_id
) ON (sender.address {{among}} OR sender.id {{among}}) AND (
  EXISTS (SELECT 1 FROM messaging_apikey_senders AS may WHERE may.apikey_id = caller.id AND may.sender_id = sender.id)
  OR NOT EXISTS (SELECT 1 FROM messaging_apikey_senders AS may WHERE may.apikey_id = caller.id))
WHERE caller.prefix = %s
"""  # noqa: S608 (our own names)
_KEY, _SENDER, _FACTS = len(ApiKey._meta.concrete_fields), len(_OF_SENDER), 3


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What was found for these names and numbers: the senders that the key may use, unsorted, with their accounts,
    whether any of the numbers has opted out of anything, whether an answer is kept for the idempotency key, and whether
    all sending is paused."""

    names: tuple[str, ...]
    numbers: tuple[str, ...]
    senders: tuple[Sender, ...] = ()
    anybody_silent: bool = True
    repeated: bool = True
    stopped: bool = False


def find_key(request: Request, prefix: str) -> ApiKey | None:
    """The key with this prefix, and what a short send will need is found on the way. One query."""
    glance = _glance(request)
    if glance is None:
        return by_prefix(prefix)
    once = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    ids = [UUID(name) for name in glance.names if IDENTITY.fullmatch(name)]
    found = ask_first(
        _ALL,
        [
            listed(glance.numbers),
            route_of(request),
            once if PRINTABLE.fullmatch(once) else "",
            listed(glance.names),
            listed(ids),
            prefix,
        ],
    )
    if not found:
        return None
    senders = tuple(one for row in found if row[_KEY] is not None and (one := _sender(row)))
    *_row, anybody_silent, repeated, stopped = found[0]
    request.META[_FORESEEN] = replace(
        glance,
        senders=senders,
        anybody_silent=bool(anybody_silent),
        repeated=bool(repeated),
        stopped=bool(stopped),
    )
    return loaded(ApiKey, found[0][:_KEY])


def foreseen(request: Request) -> Foreseen | None:
    """What was found while the caller was proved; None where nothing could be foreseen."""
    known: Foreseen | None = request.META.get(_FORESEEN)
    return known


def _glance(request: Request) -> Foreseen | None:
    """Names and numbers in a body as it seems; None for anything out of the ordinary."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if request.method != "POST" or not length.isdecimal() or int(length) > LARGEST:
        return None
    try:
        body = json.loads(request._request.body)
        named, people = body["from"], body["to"]
        names = (named,) if isinstance(named, str) else tuple(named)
        if len(people) > FEW or not all(map(NAME.fullmatch, names)):
            return None
        return Foreseen(names, tuple(_number(one) for one in people))
    except (ValueError, TypeError, LookupError, RecursionError, OSError):
        return None


def _number(one: Any) -> str:
    return normalise(one if isinstance(one, str) else one["msisdn"])


def _sender(row: Sequence[Any]) -> Sender | None:
    """The sender in a row of what was found, if its provider's folder is here."""
    account = loaded(ProviderAccount, row[_KEY + _SENDER : -_FACTS], _OF_ACCOUNT)
    if account.provider not in registry.names():
        return None
    sender = loaded(Sender, row[_KEY : _KEY + _SENDER], _OF_SENDER)
    sender.account = account
    return sender
