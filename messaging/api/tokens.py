"""JSON Web Tokens that integrations sign with the secret of their key."""

import base64
import re
import time
from collections.abc import Callable
from typing import Any

import jwt
from django.conf import settings
from django.utils import timezone

from messaging.models import ApiKey

PREFIX = re.compile(r"[0-9a-f]{8}")
LONGEST = 4096
OLDEST_SECONDS = 24 * 3600
AHEAD_SECONDS = 300
# Headers that name another key or place to fetch one from have no business here.
HEADERS = {"alg", "typ", "kid"}


class BadToken(Exception):
    """A token that proves nothing. The text is for our log, never for the caller."""


def holder(token: str, find: Callable[[str], ApiKey | None]) -> ApiKey:
    """The key that signed `token`; `find` looks a key up by its prefix.

    The token is HS256 over the base64-decoded JWT secret, or the one from before a rotation; `iss` is the key's prefix;
    `iat` lies at most 24 hours back and 5 minutes ahead; `exp` and `nbf` count when they are given; `aud`, when given,
    is our own address.
    Raises BadToken.
    """
    if len(token) > LONGEST:
        raise BadToken("longer than a token may be")
    try:
        prefix = _issuer(token)
        key = find(prefix)
        if key is None:
            raise BadToken(f"no key {prefix}")
        _verify(token, key)
    except (jwt.PyJWTError, ValueError, OverflowError, RecursionError) as error:
        raise BadToken(f"{type(error).__name__}: {error}"[:200]) from error
    return key


def _issuer(token: str) -> str:
    header = jwt.get_unverified_header(token)
    claims = jwt.decode(token, options={"verify_signature": False})
    prefix = claims.get("iss")
    if not isinstance(prefix, str) or not PREFIX.fullmatch(prefix):
        raise BadToken("iss is no prefix of a key")
    if set(header) - HEADERS or header.get("kid", prefix) != prefix:
        raise BadToken("headers that are not ours")
    if str(header.get("typ", "JWT")).upper() != "JWT":
        raise BadToken("another type of token")
    return prefix


def _verify(token: str, key: ApiKey) -> None:
    claims = _claims(token, key)
    issued = claims["iat"]
    if isinstance(issued, bool) or not isinstance(issued, int | float):
        raise BadToken("iat is no time")
    if not -AHEAD_SECONDS <= time.time() - issued <= OLDEST_SECONDS:
        raise BadToken("iat is out of range")
    if "aud" in claims and claims["aud"] != settings.PUBLIC_BASE_URL:
        raise BadToken("made for somebody else")


def _claims(token: str, key: ApiKey) -> dict[str, Any]:
    """What the token says, once one of the key's secrets has signed it."""
    secrets = [base64.b64decode(secret, validate=True) for secret in key.jwt_secrets(timezone.now())]
    wrong: jwt.InvalidSignatureError | None = None
    for secret in secrets:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                secret,
                algorithms=["HS256"],
                options={"require": ["iss", "iat"], "verify_iat": False, "verify_aud": False},
            )
        except jwt.InvalidSignatureError as error:
            wrong = error
        else:
            return claims
    raise wrong or BadToken("the key signs no tokens")
