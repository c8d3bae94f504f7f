from messaging.models.attempts import SendAttempt, TimelineEntry
from messaging.models.consent import InboundMessage, OptOut
from messaging.models.messages import IdempotencyRecord, Message, Transaction, client_ref
from messaging.models.provider_codes import ProviderCode
from messaging.models.receipts import ReceiptInbox
from messaging.models.saved import SavedContent
from messaging.models.senders import SCOPES, ApiKey, ProviderAccount, Sender, issue_key
from messaging.models.templates import Draft, Part, Slide, Template

__all__ = [
    "SCOPES",
    "ApiKey",
    "Draft",
    "IdempotencyRecord",
    "InboundMessage",
    "Message",
    "OptOut",
    "Part",
    "ProviderAccount",
    "ProviderCode",
    "ReceiptInbox",
    "SavedContent",
    "SendAttempt",
    "Sender",
    "Slide",
    "Template",
    "TimelineEntry",
    "Transaction",
    "client_ref",
    "issue_key",
]
