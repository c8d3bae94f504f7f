"""The type of a file by its first bytes. Names and declared types are not looked at (reliability, row 61)."""

from dataclasses import dataclass

from media.inspection.verdicts import Refused
from media.words import Word
from media.words import gettext_noop as _

SUPPORTED = _(
    "JPEG, PNG, GIF, WebP, HEIC, AVIF, MP4, MOV, 3GP, MP3, M4A, AMR, WAV, vCard, iCalendar, PDF or a Wallet pass"
)


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What the first bytes claim; `reader` names the module of this package that must confirm it."""

    kind: str
    mime_type: str
    extension: str
    reader: str


JPEG = Sniffed("image", "image/jpeg", "jpg", "images")
PNG = Sniffed("image", "image/png", "png", "images")
GIF = Sniffed("image", "image/gif", "gif", "images")
WEBP = Sniffed("image", "image/webp", "webp", "images")
HEIC = Sniffed("image", "image/heic", "heic", "images")
AVIF = Sniffed("image", "image/avif", "avif", "images")
MP3 = Sniffed("audio", "audio/mpeg", "mp3", "players")
AMR = Sniffed("audio", "audio/amr", "amr", "players")
WAV = Sniffed("audio", "audio/wav", "wav", "players")
M4A = Sniffed("audio", "audio/mp4", "m4a", "players")
MP4 = Sniffed("video", "video/mp4", "mp4", "players")
THREE_GP = Sniffed("video", "video/3gpp", "3gp", "players")
MOV = Sniffed("video", "video/quicktime", "mov", "players")
VCARD = Sniffed("contact", "text/vcard", "vcf", "cards")
ICALENDAR = Sniffed("calendar", "text/calendar", "ics", "cards")
PDF = Sniffed("pdf", "application/pdf", "pdf", "documents")
PASS = Sniffed("passbook", "application/vnd.apple.pkpass", "pkpass", "passes")

_STARTS = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"%PDF-", PDF),
    (b"#!AMR\n", AMR),
    (b"ID3", MP3),
    (b"PK\x03\x04", PASS),  # its reader refuses every other ZIP archive
)
_RIFFS = {b"WAVE": WAV, b"WEBP": WEBP}
_AUDIO_BRANDS = {b"M4A ", b"M4B ", b"F4A "}
_MP4_BRANDS = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"MSNV", b"F4V "}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}
# Says only "a picture in boxes": what is in them follows among the compatible brands.
_PICTURE_BRANDS = {b"mif1", b"msf1"}
_MP4_BRANDS |= {b"M4V ", b"M4VH", b"M4VP"}  # the field's .m4v: MP4 under another name, served as video/mp4
_KNOWN_BUT_UNUSABLE = (
    (0, b"BM", 0, b"BM", _("a bitmap picture"), _("Save it as PNG.")),
    (0, b"#EXTM3U", 0, b"#EXTM3U", _("a playlist"), _("Upload the film itself.")),
    (0, b"MZ", 0, b"MZ", _("a program"), _("Upload a media file.")),
    (0, b"\x7fELF", 0, b"\x7fELF", _("a program"), _("Upload a media file.")),
    (0, b"#!AMR-WB\n", 0, b"#", _("a wide-band AMR recording"), _("Save it as MP3 or as AMR narrow-band.")),
    (0, b"#!", 0, b"#!", _("a script"), _("Upload a media file.")),
    (0, b"OggS", 0, b"OggS", _("an Ogg file"), _("Convert it to MP3 or MP4.")),
    (0, b"\x1aE\xdf\xa3", 0, b"\x1aE\xdf\xa3", _("a WebM or Matroska film"), _("Convert it to MP4 (H.264).")),
)


def sniff(head: bytes) -> Sniffed:
    """The type the first kilobyte of a file claims.

    Raises Refused: `media_empty`, `text_not_media`, or `media_type_unsupported` for everything else that phones do not
    take by MMS and nothing here can convert, SVG, HTML and scripts among it whatever they are called.
    """
    if not head:
        raise Refused("media_empty", _("The file is empty."), limit=1, actual=0, fix=_("Choose the file again."))
    if head[4:8] == b"ftyp" and (found := _by_brands(head)):
        return found
    if head[:4] == b"RIFF" and head[8:12] in _RIFFS:
        return _RIFFS[head[8:12]]
    for start, sniffed in _STARTS:
        if head.startswith(start):
            return sniffed
    if _is_mpeg_audio(head):
        return MP3
    return _by_text(head)


def _by_brands(head: bytes) -> Sniffed | None:
    brands = [head[8:12]]
    if brands[0] in _PICTURE_BRANDS:
        end = min(int.from_bytes(head[:4]), len(head))
        brands += [head[at : at + 4] for at in range(16, end - 3, 4)]
    return next((found for brand in brands if (found := _by_brand(brand))), None)


def _by_brand(brand: bytes) -> Sniffed | None:
    if brand in _AUDIO_BRANDS:
        return M4A
    if brand in _HEIC_BRANDS:
        return HEIC
    if brand[:2] == b"3g":
        return THREE_GP
    if brand in _MP4_BRANDS:
        return MP4
    return {b"qt  ": MOV, b"avif": AVIF, b"avis": AVIF}.get(brand)


def _is_mpeg_audio(head: bytes) -> bool:
    # 11 sync bits, then version, layer III, bit rate and sample rate, none of them at its forbidden value.
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    return version != 1 and layer == 1 and head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3


def _by_text(head: bytes) -> Sniffed:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().upper()
    if text.startswith(b"BEGIN:VCARD"):
        return VCARD
    if text.startswith(b"BEGIN:VCALENDAR"):
        return ICALENDAR
    if text.startswith(b"<"):
        raise unsupported(_("a web page, SVG or XML document"), _("Export it as PNG or JPEG."))
    for at, first, then_at, then, words, fix in _KNOWN_BUT_UNUSABLE:
        if head[at : at + len(first)] == first and head[then_at : then_at + len(then)] == then:
            raise unsupported(words, fix)
    if _is_text(head):
        words = _("This is plain text, which no file of a message can be.")
        raise Refused("text_not_media", words, actual="text", fix=_("Copy its words into the text of the slide."))
    raise unsupported(_("no media file known here"), _("Save it as one of these and upload the new copy."))


def _is_text(head: bytes) -> bool:
    # The kilobyte may end in the middle of a letter.
    text = head.decode("utf-8", "ignore")
    whole = len(text.encode()) >= len(head) - 3
    return whole and bool(text.strip()) and all(letter.isprintable() or letter in "\t\r\n\ufeff" for letter in text)


def unsupported(actual: str, fix: str) -> Refused:
    """The refusal of a type that no reader here takes: what it is, and what to do instead."""
    return Refused(
        "media_type_unsupported",
        _("This is {what}, whatever its name says. MMS takes {supported}."),
        {"what": Word(actual), "supported": Word(SUPPORTED)},
        limit=SUPPORTED,
        actual=actual,
        fix=fix,
    )
