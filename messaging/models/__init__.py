from messaging.models.attempts import SendAttempt, TimelineEntry
from messaging.models.messages import IdempotencyRecord, Message, Transaction, client_ref
from messaging.models.receipts import ReceiptInbox
from messaging.models.senders import SCOPES, ApiKey, ProviderAccount, Sender, issue_key
from messaging.models.templates import Draft, Part, Slide, Template

__all__ = [
    "SCOPES",
    "ApiKey",
    "Draft",
    "IdempotencyRecord",
    "Message",
    "Part",
    "ProviderAccount",
    "ReceiptInbox",
    "SendAttempt",
    "Sender",
    "Slide",
    "Template",
    "TimelineEntry",
    "Transaction",
    "client_ref",
    "issue_key",
]
