"""Webex Connect, Messaging API v2, channel MMS (seed 000)."""

from collections.abc import Mapping

from messaging.compat.tables import words
from messaging.slide_rules.findings import gettext_noop as _

ADDRESSES = ("POST /compat/webex/v2/messages", "GET /compat/webex/v2/messages/<messageId>")
CREDENTIALS = _("The service key in the header “key”, or a JWT: “iss” is the key's prefix, its base64 secret signs.")
MAPS: Mapping[str, str] = {
    "channel": _("“mms”, the only one."),
    "from": words.SENDER,
    "to.msisdn": _("The recipients, a list of numbers in any usual spelling."),
    "to.correlationId": words.REFERENCE,
    "to.substitutions": _("Values of these recipients alone; they go before the shared ones."),
    "substitutions": _("Values for $(name); a name without one stays as written."),
    "callbackData": _("Each receipt repeats it."),
    "notifyUrl": _("Where receipts go; its host must be registered for the key. Without one: the key's own endpoint."),
    "requestedReceipts": _("The receipts that are wanted; none named means all."),
    "sendAt": _("When it is sent; a moment in the past means now."),
    "expireAt": _("When it runs out, in 7 days at the latest."),
    "validity": _("Seconds until it runs out, 7 days at most."),
    "template.id": _("A template of the portal, by its ID."),
    "content.subject": words.SUBJECT,
    "content.fallbacktext": words.FALLBACK,
    "content.name": words.NAME,
    "content.attachments": _("One slide each."),
    "content.attachments.type": _("The kind of the file; “text” is a slide without one."),
    "content.attachments.messageText": words.TEXT,
    "content.attachments.mediaUrl": words.FILE,
    "content.attachments.duration": words.DURATION,
}
IGNORED: Mapping[str, str] = {
    "notifyUrlAuthId": _("Receipts carry no credentials."),
    "options": words.EXTRA,
    "contactPolicy": _("Opt-outs are always looked at."),
}
REFUSED: Mapping[str, str] = {
    words.ABROAD: "7102",
    words.STOPPED: "7102",
    words.BROKEN: "7004 mediaUrl",
    _("Attachments of type excel, and text files"): "7126",
    _("References of more than 100 characters"): "7004 correlationId",
    _("Addresses for receipts on a host that is not registered"): "7004 notifyUrl",
}
