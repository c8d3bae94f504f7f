"""What the portal sees of itself: figures for each account, signs of life, and what needs somebody."""

from messaging.watching.alarms import standing
from messaging.watching.folding import fold, purge
from messaging.watching.life import CALLBACKS, RECEIPTS, SEND, alive
from messaging.watching.looking import look, stand_guard

__all__ = [
    "CALLBACKS",
    "RECEIPTS",
    "SEND",
    "alive",
    "fold",
    "look",
    "purge",
    "stand_guard",
    "standing",
]
