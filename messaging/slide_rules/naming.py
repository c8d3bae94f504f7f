"""How kinds, files and sizes are called in a finding; names that are words are translated with the sentence."""

from media.words import Size
from messaging.content import Part
from messaging.slide_rules.findings import Word
from messaging.slide_rules.findings import gettext_noop as _

A_KIND = {
    "image": Word(_("an image")),
    "audio": Word(_("an audio")),
    "video": Word(_("a video")),
    "contact": Word(_("a contact card")),
    "calendar": Word(_("a calendar event")),
    "pdf": Word(_("a PDF")),
    "passbook": Word(_("a wallet pass")),
}
THE_KIND = {
    "image": Word(_("the image")),
    "audio": Word(_("the audio")),
    "video": Word(_("the video")),
    "contact": Word(_("the contact card")),
    "calendar": Word(_("the calendar event")),
    "pdf": Word(_("the PDF")),
    "passbook": Word(_("the wallet pass")),
}
FILE_KIND = {
    "image": Word(_("The image")),
    "audio": Word(_("The audio")),
    "video": Word(_("The video")),
    "contact": Word(_("The contact card")),
    "calendar": Word(_("The calendar event")),
    "pdf": Word(_("The PDF")),
    "passbook": Word(_("The wallet pass")),
}


def file_name(part: Part) -> str:
    """What a file is called at the beginning of a sentence."""
    return part.name or FILE_KIND[part.kind]


def kilobytes(size: int) -> Size:
    """A size in units of 1000 bytes, as the providers count."""
    return Size.of(size)
