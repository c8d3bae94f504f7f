"""Hosts that an integration hears news at: registered with a secret, verified by a signed challenge, switched off.

A message may name any address of a verified host; news is signed with that host's secret.
"""

import asyncio
import hmac
import json
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError
from django.db.transaction import atomic
from uuid6 import uuid7

from media.targets import Target
from messaging.callbacks.bodies import JSON, moment
from messaging.callbacks.posting import Answer, Poster, Request, admitted
from messaging.callbacks.signing import signed
from messaging.models import ApiKey, CallbackEndpoint
from messaging.models.callbacks import new_signing_secret
from messaging.models.sealing import seal

State = CallbackEndpoint.State
MOST_ENDPOINTS = 50
# How long the secret before a new one still signs beside it.
ROTATION = timedelta(hours=24)


class NotRegistered(Exception):
    """An endpoint that cannot be registered or verified; `code` is stable, `fix` says what to do."""

    def __init__(self, code: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.code, self.message, self.fix = code, message, fix


def host_of(url: str) -> str:
    """The host and port that an address stands for, "shop.example.com:443". Raises FetchRefused."""
    target = Target.parse(url, settings.ALLOW_PRIVATE_TARGETS)
    return f"{target.host}:{target.port}"


def for_url(key: ApiKey, url: str) -> CallbackEndpoint | None:
    """The endpoint of an integration that an address belongs to, whatever its state. Raises FetchRefused. One query."""
    return CallbackEndpoint.objects.filter(api_key=key, host=host_of(url)).first()


def register(key: ApiKey, url: str) -> CallbackEndpoint:
    """A new endpoint, not verified yet. Raises NotRegistered (the host has one, too many of them), FetchRefused."""
    check_new(key, url)
    host = host_of(url)
    sealed = seal({"secret": new_signing_secret()})
    try:
        with atomic():
            return CallbackEndpoint.objects.create(api_key=key, host=host, url=url, secrets_sealed=sealed)
    except IntegrityError:
        message = "This host is registered already."
        raise NotRegistered("endpoint_exists", message, "Verify that endpoint, or renew its secret.") from None


def check_new(key: ApiKey, url: str) -> None:
    """Whether news may be sent to an address, and the key may have one endpoint more. Raises NotRegistered,
    FetchRefused. One query."""
    admitted(url)
    if CallbackEndpoint.objects.filter(api_key=key).count() >= MOST_ENDPOINTS:
        message = f"This key has {MOST_ENDPOINTS} endpoints already."
        raise NotRegistered("too_many_endpoints", message, "Use addresses of the hosts that are registered.")


def verify(end: CallbackEndpoint, *, now: datetime) -> None:
    """Ask the endpoint to repeat a signed challenge, and make it active when it does. Raises NotRegistered.

    No database transaction may be open: the answer is waited for up to ten seconds.
    """
    challenge = secrets.token_urlsafe(32)
    answer = asyncio.run(_asked(end, challenge, now))
    if not answer.taken:
        said = f"status {answer.status}" if answer.status else answer.outcome.replace("_", " ")
        message = f"The address did not take the challenge ({said})."
        raise NotRegistered("challenge_failed", message, "Answer it with status 200 within ten seconds.")
    if not hmac.compare_digest(_repeated(answer.start).encode(), challenge.encode()):
        message = "The address did not repeat the challenge."
        raise NotRegistered(
            "challenge_not_repeated", message, 'Answer {"challenge": "..."} with the value of the call.'
        )
    vouch(end, now=now)


def vouch(end: CallbackEndpoint, *, now: datetime) -> None:
    """Make an endpoint active: it answered the challenge, or an administrator stands in for it. What waited is sent."""
    CallbackEndpoint.objects.filter(pk=end.pk).update(
        state=State.ACTIVE, reason="", verified_at=now, failing_since=None, rests_until=None
    )
    end.refresh_from_db()


def switch_off(end: CallbackEndpoint) -> None:
    """Send nothing to an endpoint any more; what is owed to it waits."""
    CallbackEndpoint.objects.filter(pk=end.pk).update(state=State.DISABLED, reason=CallbackEndpoint.Reason.BY_HAND)
    end.refresh_from_db()


def gone_off() -> int:
    """How many endpoints are switched off without anybody's doing. One query."""
    return CallbackEndpoint.objects.filter(state=State.DISABLED).exclude(reason=CallbackEndpoint.Reason.BY_HAND).count()


def rotate(end: CallbackEndpoint, *, now: datetime) -> str:
    """Give an endpoint a new secret; for a day news is signed with both. Out: the new one, shown only now."""
    with atomic():
        row = CallbackEndpoint.objects.select_for_update(no_key=True).get(pk=end.pk)
        secret = row.renew_secret(keep_until=now + ROTATION)
        row.save(update_fields=["secrets_sealed", "previous_until"])
    return secret


async def _asked(end: CallbackEndpoint, challenge: str, now: datetime) -> Answer:
    news = {"type": "endpoint.challenge", "timestamp": moment(now), "data": {"challenge": challenge}}
    body = json.dumps(news, separators=(",", ":")).encode()
    headers = {**JSON, **signed(str(uuid7()), body, end.signing_secrets(now), now=now)}
    async with Poster() as poster:
        return await poster.post(Request("POST", end.url, headers, body))


def _repeated(start: bytes) -> str:
    try:
        said = json.loads(start)
    except (ValueError, RecursionError):
        return ""
    value = said.get("challenge") if isinstance(said, dict) else None
    return value if isinstance(value, str) else ""
