"""News to the callers of the API: owed with the fact it tells of, signed, sent until it is taken or given up."""

from messaging.callbacks.claiming import due
from messaging.callbacks.endpoints import NotRegistered, for_url, gone_off, register, rotate, switch_off, verify, vouch
from messaging.callbacks.keeping import purge, replay
from messaging.callbacks.owing import Change, owe
from messaging.callbacks.sending import send

__all__ = [
    "Change",
    "NotRegistered",
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
