"""Signatures of our news: Standard Webhooks, one for each secret that is valid."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from standardwebhooks import Webhook


def signed(identity: str, body: bytes, secrets: Sequence[str], *, now: datetime) -> Mapping[str, str]:
    """The headers that say who sent a body, and when: `webhook-id` is the same on every try, the time is each try's."""
    text = body.decode()
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(identity, now, text) for secret in secrets),
    }
