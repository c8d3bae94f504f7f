"""Telesign Messaging, omnichannel with MMS and SMS (seed 001)."""

from collections.abc import Mapping

from messaging.compat.tables import words
from messaging.slide_rules.findings import gettext_noop as _

ADDRESSES = ("POST /compat/telesign/v1/omnichannel", "GET /compat/telesign/v1/omnichannel/<reference_id>")
CREDENTIALS = _(
    "Basic: any customer ID, the service key as API key. Digest: the key's prefix as customer ID, its base64 secret as "
    "API key. Callbacks are signed with that secret."
)
MAPS: Mapping[str, str] = {
    "channels": _("MMS, with SMS behind it as the fallback."),
    "phone_number": words.NUMBER,
    "recipient.phone_number": words.NUMBER,
    "message.mms.template": _("The kind of the file."),
    "message.mms.parameters.url": words.FILE,
    "message.sms.parameters.text": words.FALLBACK,
    "message.default": _("Stands for a channel that is not named."),
    "message_type": _("MKT is marketing; ARN and OTP are transactional."),
    "external_id": words.REFERENCE,
    "callback_url": _(
        "Where receipts go; its host must be registered for the key. Without one: the key's own endpoint."
    ),
    "sender_id": _("The sender ID; without one, or with one the key may not use, whichever suits the message."),
}
IGNORED: Mapping[str, str] = {
    "channels.fallback_time": _("The account that carries the message decides when the SMS goes out."),
    "account_lifecycle_event": words.EXTRA,
    "originating_ip": words.EXTRA,
}
REFUSED: Mapping[str, str] = {
    words.ABROAD: "3115",
    words.STOPPED: "3046",
    words.BROKEN: "3035, 3061",
    _("Messages without a file, and channels other than MMS and SMS"): "3305",
    _("MMS without SMS, when no account can go without a fallback"): "3202",
    _("Addresses for receipts on a host that is not registered"): "3203",
}
