"""The admin: who may send through what, and what came back. Messages and transactions have pages of their own."""

from messaging.admin import accounts, callbacks, codes, keys, optouts, people, receipts, senders, templates

__all__ = ["accounts", "callbacks", "codes", "keys", "optouts", "people", "receipts", "senders", "templates"]
