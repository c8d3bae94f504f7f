"""Sinch MMS JSON API v2 (seed 002)."""

from collections.abc import Mapping

from messaging.compat.tables import words
from messaging.slide_rules.findings import gettext_noop as _

ADDRESSES = ("POST /compat/sinch/ep/v2",)
CREDENTIALS = _("The service key in the header “x-api-key”; any service-id.")
MAPS: Mapping[str, str] = {
    "action": words.ACTION,
    "to": words.NUMBER,
    "from": words.SENDER,
    "name": words.NAME,
    "message-subject": words.SUBJECT,
    "fallback-sms-text": words.FALLBACK,
    "disable-fallback-sms": words.NO_FALLBACK,
    "disable-fallback-sms-link": words.NO_LINK,
    "fallback-sms-link-expiration": words.LINK_END,
    "mms-expiry-timestamp": _("When it runs out."),
    "client-reference": words.REFERENCE,
    "mms-id": words.STORED,
    "slide": _("The slides, in their order."),
    "slide.message-text": words.TEXT,
    "slide.image": words.FILE,
    "slide.audio": words.FILE,
    "slide.video": words.FILE,
    "slide.contact": words.FILE,
    "slide.calendar": words.FILE,
    "slide.pdf": words.FILE,
}
IGNORED: Mapping[str, str] = {
    "service-id": words.ONE_CUSTOMER,
    "from-mask": words.MASK,
    "cache-content": _("Files are fetched once anyway."),
}
REFUSED: Mapping[str, str] = {
    words.ABROAD: "E628",
    words.STOPPED: "E114",
    words.BROKEN: "E33x, E34x, E35x, E629",
}
