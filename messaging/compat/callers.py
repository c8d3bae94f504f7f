"""Who calls: the service key that stands where the provider's own key stands, and the customer it makes of its owner.

The provider's server side compares credentials. A key is stored as a digest only, so it is found by its prefix and
verified first; what was presented then stands among the customer's credentials, and the server finds it in its place.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from itertools import islice
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from messaging.addresses import digits
from messaging.api import authentication, tokens
from messaging.compat.dialects import Dialect
from messaging.gateway.serving import Call, Tenant
from messaging.models import ApiKey, Sender, Template
from messaging.models.sealing import SealBroken
from messaging.routing import preferred
from messaging.sandboxed import may_reach

Credentials = Mapping[str, Sequence[str]]
SENDS = "messages:send"
# In place of networks that none can be read of: nobody calls from there.
NOWHERE = "255.255.255.255/32"
# What may be the id of a template; of those, in a call that names more, the first are looked up.
IDS = re.compile(rb"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
MOST_IDS = 50
STRANGER = Tenant(credentials={}, senders={})


@dataclass(frozen=True, slots=True)
class Caller:
    """A key that was proved or, where the server side proves it, claimed; its senders, the preferred ones first."""

    key: ApiKey
    senders: tuple[Sender, ...]
    tenant: Tenant = field(repr=False)


def caller(dialect: Dialect, call: Call) -> Caller | None:
    """Who a call says it is from, as far as the key can be found; None for nobody. Four queries at most."""
    found = FOUND[dialect.name](call)
    if found is None:
        return None
    key, credentials = found
    able = Sender.objects.for_key(key).served().filter(mms_enabled=True).select_related("account")
    senders = tuple(one for one in preferred(able) if may_reach(key, one.account.base_url))
    return Caller(key, senders, _tenant(dialect, call, key, credentials, senders))


def spelled(sender: Sender) -> str:
    """A sender ID as the four formats spell it: numbers without their plus."""
    return digits(sender.address) if sender.address.startswith("+") else sender.address


def _tenant(dialect: Dialect, call: Call, key: ApiKey, credentials: Credentials, senders: Sequence[Sender]) -> Tenant:
    named = {UUID(one.decode()) for one in islice(IDS.findall(call.body), MOST_IDS)} if dialect.templates else ()
    options = {
        "plain_http_on_loopback": bool(settings.ALLOW_PRIVATE_TARGETS),
        "callback_url_enabled": True,
        "strict_plus": False,
        **({dialect.scope_option: SENDS in key.scopes} if dialect.scope_option else {}),
    }
    return Tenant(
        credentials=credentials,
        senders={spelled(sender): True for sender in senders},
        sources=_networks(key.source_cidrs),
        templates=tuple(map(str, Template.objects.filter(pk__in=named).values_list("pk", flat=True))) if named else (),
        options=options,
    )


def _networks(written: Sequence[str]) -> tuple[str, ...]:
    networks = []
    for network in written:
        try:
            networks.append(str(ip_network(network, strict=False)))
        except ValueError:
            continue
    return tuple(networks) or ((NOWHERE,) if written else ())


def _of_webex(call: Call) -> tuple[ApiKey, Credentials] | None:
    """The header `key`, or a JWT whose issuer is the key's prefix; the JWT decides (seed 000)."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    if not scheme:
        return _proved(call.headers.get("key", ""), "service_key")
    try:
        key = tokens.holder(token.strip(), authentication.in_force)
        return key, {"service_id": (key.prefix,), "service_secret": key.jwt_secrets(timezone.now())}
    except (tokens.BadToken, SealBroken):
        return None


def _of_telesign(call: Call) -> tuple[ApiKey, Credentials] | None:
    """Basic with the service key as API key and any customer id; or, signed or not, the key's prefix as customer id and
    its base64 secret as API key."""
    scheme, _, given = call.headers.get("authorization", "").strip().partition(" ")
    pair = given.strip()
    if scheme.lower() == "basic" and ":" not in pair:
        pair = _decoded(pair)
    customer, _, secret = pair.partition(":")
    if proved := _proved(secret, "api_key"):
        return proved
    key = authentication.in_force(customer)
    try:
        secrets = key.jwt_secrets(timezone.now()) if key else []
        return (key, {"customer_id": (customer,), "api_key": secrets}) if key and secrets else None
    except SealBroken:
        return None


def _of_sinch(call: Call) -> tuple[ApiKey, Credentials] | None:
    """The header `x-api-key`; any `service-id` will do, for there is but one customer behind a key."""
    return _proved(call.headers.get("x-api-key", ""), "api_key")


def _of_skycore(call: Call) -> tuple[ApiKey, Credentials] | None:
    """Somewhere in the document or the query: whether it stands in its place is for the server side to see."""
    text = call.path.partition("?")[2] or call.body.decode("utf-8", "replace")
    written = authentication.KEY.search(text)
    return _proved(written[0], "api_key") if written else None


def _proved(text: str, name: str) -> tuple[ApiKey, Credentials] | None:
    key = authentication.presented(text)
    return (key, {name: (text,)}) if key else None


def _decoded(given: str) -> str:
    try:
        return b64decode(given, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


FOUND = {"webex": _of_webex, "telesign": _of_telesign, "sinch": _of_sinch, "skycore": _of_skycore}
