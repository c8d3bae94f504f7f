from messaging.models.attempts import Known, SendAttempt, TimelineEntry
from messaging.models.callbacks import Callback, CallbackEndpoint
from messaging.models.consent import InboundMessage, OptOut
from messaging.models.figures import ClosedOutcome, CountedUpTo, TransactionCount, Veiled
from messaging.models.issuing import LONGEST_ROTATION, issue_key, rotate_key
from messaging.models.kept import KeptContent
from messaging.models.lists import OwnNumber, RecipientList, RecipientRow
from messaging.models.messages import TAIL_DIGITS, IdempotencyRecord, Message, Tail, Transaction, client_ref
from messaging.models.pacing import PaceBucket, PaceShare, SendingPause
from messaging.models.provider_codes import ProviderCode
from messaging.models.receipts import ReceiptInbox
from messaging.models.saved import SavedContent
from messaging.models.senders import SCOPES, ApiKey, ProviderAccount, Sender
from messaging.models.templates import Draft, DraftVersion, Part, Slide, Template, TemplateVersion
from messaging.models.watching import AccountTally, AccountTrouble, Alarm, Heartbeat, Tallied, TallyMark

__all__ = [
    "LONGEST_ROTATION",
    "SCOPES",
    "TAIL_DIGITS",
    "AccountTally",
    "AccountTrouble",
    "Alarm",
    "ApiKey",
    "Callback",
    "CallbackEndpoint",
    "ClosedOutcome",
    "CountedUpTo",
    "Draft",
    "DraftVersion",
    "Heartbeat",
    "IdempotencyRecord",
    "InboundMessage",
    "KeptContent",
    "Known",
    "Message",
    "OptOut",
    "OwnNumber",
    "PaceBucket",
    "PaceShare",
    "Part",
    "ProviderAccount",
    "ProviderCode",
    "ReceiptInbox",
    "RecipientList",
    "RecipientRow",
    "SavedContent",
    "SendAttempt",
    "Sender",
    "SendingPause",
    "Slide",
    "Tail",
    "Tallied",
    "TallyMark",
    "Template",
    "TemplateVersion",
    "TimelineEntry",
    "Transaction",
    "TransactionCount",
    "Veiled",
    "client_ref",
    "issue_key",
    "rotate_key",
]
