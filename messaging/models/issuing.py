"""Making API keys, and giving them new secrets: what is shown here is never shown again."""

import base64
import secrets
from datetime import datetime, timedelta

from messaging.models.sealing import seal
from messaging.models.senders import SCOPES, ApiKey, Sender, digest_of

# How long a rotation may take at most.
LONGEST_ROTATION = timedelta(days=30)


def issue_key(
    *, name: str, scopes: list[str], senders: list[Sender] | None = None, test: bool = False
) -> tuple[ApiKey, str, str]:
    """Make an API key. Out: the row, the whole key and the JWT secret (base64), both shown only now.

    Raises ValueError for a scope that does not exist.
    """
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown:
        raise ValueError(f"No such scope: {', '.join(unknown)}. There are {', '.join(SCOPES)}.")
    key = ApiKey(name=name, prefix=secrets.token_hex(4), scopes=scopes, test=test)
    secret, jwt_secret = _new_secrets(key)
    key.save(force_insert=True)
    key.senders.set(senders or [])
    return key, secret, jwt_secret


def rotate_key(key: ApiKey, *, keep: timedelta, now: datetime) -> tuple[str, str]:
    """Give a key new secrets; those it has hold for `keep` longer, and any older ones end. Out: as `issue_key`'s.

    Raises ValueError for a key that is revoked, and for a period that is negative or longer than LONGEST_ROTATION.
    """
    if key.revoked_at is not None:
        raise ValueError("This key is revoked; make another.")
    if not timedelta() <= keep <= LONGEST_ROTATION:
        raise ValueError(f"The secrets of before may hold for 0 to {LONGEST_ROTATION.days} days longer.")
    key.digest_previous, key.jwt_secret_previous_sealed = key.digest, key.jwt_secret_sealed
    key.previous_until = now + keep
    secret, jwt_secret = _new_secrets(key)
    key.save(
        update_fields=[
            "digest",
            "digest_previous",
            "jwt_secret_sealed",
            "jwt_secret_previous_sealed",
            "previous_until",
        ]
    )
    return secret, jwt_secret


def _new_secrets(key: ApiKey) -> tuple[str, str]:
    """Put new secrets into a row, unsaved. Out: the whole key and the JWT secret."""
    secret, jwt_secret = secrets.token_urlsafe(32), base64.b64encode(secrets.token_bytes(32)).decode()
    key.digest, key.jwt_secret_sealed = digest_of(secret), seal({"jwt": jwt_secret})
    return f"{key.mark}_{secret}", jwt_secret
