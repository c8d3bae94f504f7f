"""What handsets send us: kept once, understood as STOP or START, shown as conversations."""

from messaging.inbound.keeping import keep
from messaging.inbound.texts import fetch_texts, texts_due

__all__ = ["fetch_texts", "keep", "texts_due"]
