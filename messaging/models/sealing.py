"""Secrets at rest: sealed with the first of CREDENTIALS_KEYS, opened with any of them (rotation)."""

import json
from collections.abc import Mapping
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class SealBroken(Exception):
    """Sealed data that none of the configured keys opens."""


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def seal(values: Mapping[str, str]) -> str:
    """Seal a flat mapping of secrets for storing."""
    return _box(tuple(settings.CREDENTIALS_KEYS)).encrypt(json.dumps(dict(values)).encode()).decode()


def unseal(sealed: str) -> dict[str, str]:
    """Open what `seal` closed; "" is an empty mapping. Raises SealBroken when no key fits."""
    if not sealed:
        return {}
    try:
        opened = _box(tuple(settings.CREDENTIALS_KEYS)).decrypt(sealed.encode())
    except InvalidToken as error:
        raise SealBroken("None of CREDENTIALS_KEYS opens this secret; restore the key it was sealed with.") from error
    values: dict[str, str] = json.loads(opened)
    return values
