"""The type of a file by its first bytes. Names and declared types are not looked at (reliability, row 61)."""

from dataclasses import dataclass

from media.inspection.verdicts import Refused

SUPPORTED = "JPEG, PNG, GIF, MP4, 3GP, MP3, M4A, AMR, WAV, vCard, iCalendar or PDF"


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
MP3 = Sniffed("audio", "audio/mpeg", "mp3", "players")
AMR = Sniffed("audio", "audio/amr", "amr", "players")
WAV = Sniffed("audio", "audio/wav", "wav", "players")
M4A = Sniffed("audio", "audio/mp4", "m4a", "players")
MP4 = Sniffed("video", "video/mp4", "mp4", "players")
THREE_GP = Sniffed("video", "video/3gpp", "3gp", "players")
VCARD = Sniffed("contact", "text/vcard", "vcf", "cards")
ICALENDAR = Sniffed("calendar", "text/calendar", "ics", "cards")
PDF = Sniffed("pdf", "application/pdf", "pdf", "documents")

_STARTS = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"%PDF-", PDF),
    (b"#!AMR\n", AMR),
    (b"ID3", MP3),
)
_AUDIO_BRANDS = {b"M4A ", b"M4B ", b"F4A "}
_MP4_BRANDS = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"MSNV", b"F4V "}
_MP4_BRANDS |= {b"M4V ", b"M4VH", b"M4VP"}  # the field's .m4v: MP4 under another name, served as video/mp4
_KNOWN_BUT_UNUSABLE = (
    (0, b"RIFF", 8, b"WEBP", "a WebP picture", "Save it as JPEG or PNG."),
    (4, b"ftyp", 8, b"heic", "a HEIC picture", "Save it as JPEG."),
    (4, b"ftyp", 8, b"mif1", "a HEIC picture", "Save it as JPEG."),
    (4, b"ftyp", 8, b"avif", "an AVIF picture", "Save it as JPEG or PNG."),
    (4, b"ftyp", 8, b"qt  ", "a QuickTime film", "Export it as MP4 (H.264)."),
    (0, b"BM", 0, b"BM", "a bitmap picture", "Save it as PNG."),
    (0, b"PK\x03\x04", 0, b"PK", "a ZIP archive", "Take the picture or film out of it and upload that."),
    (0, b"#EXTM3U", 0, b"#EXTM3U", "a playlist", "Upload the film itself."),
    (0, b"MZ", 0, b"MZ", "a program", "Upload a media file."),
    (0, b"\x7fELF", 0, b"\x7fELF", "a program", "Upload a media file."),
    (0, b"#!", 0, b"#!", "a script", "Upload a media file."),
    (0, b"OggS", 0, b"OggS", "an Ogg file", "Convert it to MP3 or MP4."),
    (0, b"\x1aE\xdf\xa3", 0, b"\x1aE\xdf\xa3", "a WebM or Matroska film", "Convert it to MP4 (H.264)."),
)


def sniff(head: bytes) -> Sniffed:
    """The type the first kilobyte of a file claims.

    Raises Refused: `media_empty`, or `media_type_unsupported` for everything phones do not take by MMS, SVG, HTML
    and scripts among it whatever they are called.
    """
    if not head:
        raise Refused("media_empty", "The file is empty.", limit=1, actual=0, fix="Choose the file again.")
    if head[4:8] == b"ftyp" and (found := _by_brand(head[8:12])):
        return found
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return WAV
    for start, sniffed in _STARTS:
        if head.startswith(start):
            return sniffed
    if _is_mpeg_audio(head):
        return MP3
    return _by_text(head)


def _by_brand(brand: bytes) -> Sniffed | None:
    if brand in _AUDIO_BRANDS:
        return M4A
    if brand[:2] == b"3g":
        return THREE_GP
    return MP4 if brand in _MP4_BRANDS else None


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
        raise _unsupported("a web page, SVG or XML document", "Export it as PNG or JPEG.")
    for at, first, then_at, then, words, fix in _KNOWN_BUT_UNUSABLE:
        if head[at : at + len(first)] == first and head[then_at : then_at + len(then)] == then:
            raise _unsupported(words, fix)
    raise _unsupported("no media file known here", "Save it as one of these and upload the new copy.")


def _unsupported(actual: str, fix: str) -> Refused:
    return Refused(
        "media_type_unsupported",
        f"This is {actual}, whatever its name says. MMS takes {SUPPORTED}.",
        limit=SUPPORTED,
        actual=actual,
        fix=fix,
    )
