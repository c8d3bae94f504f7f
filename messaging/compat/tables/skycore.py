"""Skycore, wxml 1.3, as XML and as GET (seed 004)."""

from collections.abc import Mapping

from messaging.compat.tables import words
from messaging.slide_rules.findings import gettext_noop as _

ADDRESSES = (
    "POST /compat/skycore/API/wxml/1.3/index.php",
    "GET /compat/skycore/API/wxml/1.3/index.php?action=sendmms&...",
)
CREDENTIALS = _("The service key as API_KEY, or api_key in an address. Addresses end up in logs: prefer XML.")
MAPS: Mapping[str, str] = {
    "ACTION": words.ACTION,
    "API_KEY": _("The service key; it is kept nowhere."),
    "TO": words.NUMBER,
    "FROM": words.SENDER,
    "SUBJECT": words.SUBJECT,
    "NAME": words.NAME,
    "FALLBACKSMSTEXT": words.FALLBACK,
    "DISABLEFALLBACKSMS": words.NO_FALLBACK,
    "DISABLEFALLBACKSMSLINK": words.NO_LINK,
    "MMSLINK_EXPIRATION_DATE": words.LINK_END,
    "MMSID": words.STORED,
    "CUSTOMSUBJECT": _("Another subject for a stored content."),
    "CUSTOMTEXT": _("Another text for one slide of a stored content."),
    "DATA": _("Values for the merge tags of a stored content."),
    "SLIDE.IMAGE": words.FILE,
    "SLIDE.AUDIO": words.FILE,
    "SLIDE.VIDEO": words.FILE,
    "SLIDE.VCARD": words.FILE,
    "SLIDE.ICAL": words.FILE,
    "SLIDE.PDF": words.FILE,
    "SLIDE.PASSBOOK": _("A file where the account carries passes; elsewhere its address behind the text of the slide."),
    "SLIDE.TEXT": words.TEXT,
    "SLIDE.DURATION": words.DURATION,
}
IGNORED: Mapping[str, str] = {
    "FROM_MASK": words.MASK,
    "CAMPAIGNREF": words.NOT_OURS,
    "OPERATORID": words.NOT_OURS,
}
REFUSED: Mapping[str, str] = {
    words.ABROAD: "E628",
    words.STOPPED: "E114",
    words.BROKEN: "E33x, E34x, E35x, E629",
}
