"""News to the callers of the API: owed with the fact it tells of, signed, sent until it is taken or given up."""

from messaging.callbacks.claiming import due
from messaging.callbacks.endpoints import (
    MOST_ENDPOINTS,
    NotRegistered,
    check_new,
    for_url,
    gone_off,
    register,
    rotate,
    switch_off,
    verify,
    vouch,
)
from messaging.callbacks.keeping import purge, replay
from messaging.callbacks.owing import Change, News, owe
from messaging.callbacks.sending import send

__all__ = [
    "MOST_ENDPOINTS",
    "Change",
    "News",
    "NotRegistered",
    "check_new",
    "due",
    "for_url",
    "gone_off",
    "owe",
    "purge",
    "register",
    "replay",
    "rotate",
    "send",
    "switch_off",
    "verify",
    "vouch",
]
