"""vCard and iCalendar: confirmed by their parsers, then kept line by line by an allow-list (rows 57 and 58)."""

from collections.abc import Iterable

import icalendar
import vobject

from media.inspection.lines import Line, logical_lines, written
from media.inspection.verdicts import Finding, Inspection, Refused, corrupt
from media.words import Word
from media.words import gettext_noop as _

MAX_LINES = 5_000
MAX_CARDS = 50
MAX_EVENTS = 200


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_CARD = _names(
    "BEGIN END VERSION KIND FN N NICKNAME PHOTO BDAY ANNIVERSARY GENDER ADR LABEL TEL EMAIL IMPP LANG TZ GEO TITLE"
    " ROLE LOGO ORG MEMBER RELATED CATEGORIES NOTE PRODID REV SORT-STRING SOUND UID CLASS URL MAILER NAME"
    " X-ABLABEL X-ABADR X-ABSHOWAS X-SOCIALPROFILE X-PHONETIC-FIRST-NAME X-PHONETIC-LAST-NAME X-SKYPE"
)
_CALENDAR = _names(
    "BEGIN END VERSION PRODID CALSCALE METHOD UID DTSTAMP DTSTART DTEND DUE DURATION SUMMARY DESCRIPTION LOCATION GEO"
    " STATUS TRANSP CLASS CATEGORIES PRIORITY SEQUENCE CREATED LAST-MODIFIED RECURRENCE-ID RRULE RDATE EXDATE URL"
    " ORGANIZER ATTENDEE CONTACT COMMENT RESOURCES PERCENT-COMPLETE COMPLETED FREEBUSY TZID TZNAME TZOFFSETFROM"
    " TZOFFSETTO TZURL ACTION TRIGGER REPEAT X-WR-CALNAME X-WR-TIMEZONE X-WR-CALDESC COLOR NAME"
)
# Properties that hold either bytes or an address the handset would fetch.
_EMBEDDED = {"PHOTO", "LOGO", "SOUND"}
_LINKS = {"URL", "TZURL", "ORGANIZER", "ATTENDEE", "IMPP", "SOURCE", "MEMBER", "RELATED", "X-SOCIALPROFILE"}
_SAFE_SCHEMES = {"http", "https", "mailto", "tel", "sms", "sip", "sips", "xmpp", "urn", "skype"}


def read(data: bytes, mime_type: str) -> Inspection:
    """Parse every card or event and write back what phones need. Raises Refused."""
    lines = _lines(data)
    if mime_type == "text/vcard":
        _check_contacts(data, lines)
        return _answer("contact", mime_type, "vcf", lines, _safe_card_lines(lines))
    _check_events(data, lines)
    return _answer("calendar", mime_type, "ics", lines, _safe_calendar_lines(lines))


def _lines(data: bytes) -> list[Line]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(
            "text_not_utf8",
            _("The file is not written in UTF-8."),
            fix=_("Export it again and choose UTF-8 (Unicode)."),
        ) from None
    if any(ord(letter) < 32 and letter not in "\r\n\t" for letter in text):
        raise corrupt(_("file"))
    lines = logical_lines(text)
    if len(lines) > MAX_LINES:
        raise _too_complex(_("lines"), MAX_LINES, len(lines))
    if any(not line.name for line in lines):
        raise corrupt(_("file"))
    return lines


def _check_contacts(data: bytes, lines: list[Line]) -> None:
    begun = _count(lines, "BEGIN", "VCARD")
    if begun > MAX_CARDS:
        raise _too_complex(_("contacts"), MAX_CARDS, begun)
    try:
        cards = list(vobject.readComponents(data.decode("utf-8-sig"), allowQP=b"QUOTED-PRINTABLE" in data.upper()))
    except Exception:  # vobject raises whatever its internals meet
        raise corrupt(_("contact file")) from None
    named = [card for card in cards if card.name == "VCARD" and ("fn" in card.contents or "n" in card.contents)]
    if not begun or begun != _count(lines, "END", "VCARD") or len(named) != begun:
        raise corrupt(_("contact file"))


def _check_events(data: bytes, lines: list[Line]) -> None:
    begun = sum(line.name == "BEGIN" for line in lines)
    if begun > MAX_EVENTS:
        raise _too_complex(_("entries"), MAX_EVENTS, begun)
    for line in lines:
        rule = line.value.upper()
        if line.name == "RRULE" and ("FREQ=SECONDLY" in rule or "FREQ=MINUTELY" in rule):
            raise Refused(
                "calendar_rule_too_dense",
                _("An entry repeats every second or minute."),
                limit="HOURLY",
                actual=line.value[:80],
                fix=_("Let it repeat hourly or more seldom."),
            )
    try:
        calendars = icalendar.Calendar.from_ical(data.decode("utf-8-sig"), multiple=True)
        entries = sum(len(calendar.walk("VEVENT")) + len(calendar.walk("VTODO")) for calendar in calendars)
        broken = [problem for calendar in calendars for part in calendar.walk() for problem in part.errors]
    except Exception:  # as above: the parser's own exceptions are not all of one class
        raise corrupt(_("calendar file")) from None
    if not entries or broken or begun != sum(line.name == "END" for line in lines):
        raise corrupt(_("calendar file"))


def _count(lines: Iterable[Line], name: str, value: str) -> int:
    return sum(line.name == name and line.value.strip().upper() == value for line in lines)


def _safe_card_lines(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.name in _CARD and not _is_remote(line) and not _is_unsafe_link(line)]


def _is_remote(line: Line) -> bool:
    if line.name not in _EMBEDDED:
        return False
    uri = line.value.strip().lower()
    if uri.startswith("data:"):
        return not uri.startswith(("data:image/", "data:audio/")) or uri.startswith("data:image/svg")
    embedded = {"B", "BASE64"} & {value.upper() for value in line.parameters.get("ENCODING", [])}
    return not embedded and "BASE64" not in line.parameters


def _is_unsafe_link(line: Line) -> bool:
    if line.name not in _LINKS:
        return False
    scheme, colon, _rest = line.value.strip().lower().partition(":")
    return bool(colon) and scheme not in _SAFE_SCHEMES


def _safe_calendar_lines(lines: list[Line]) -> list[Line]:
    kept: list[Line] = []
    alarm: list[Line] | None = None
    for line in lines:
        safe = line.name in _CALENDAR and not _is_unsafe_link(line)
        if line.name == "BEGIN" and line.value.strip().upper() == "VALARM":
            alarm = [line]
        elif alarm is None:
            kept += [line] if safe else []
        else:
            alarm += [line] if safe else []
            if line.name == "END":
                # Only a reminder that is shown: others start programs, play remote sounds or send mail.
                kept += alarm if _count(alarm, "ACTION", "DISPLAY") else []
                alarm = None
    return kept


def _answer(kind: str, mime_type: str, extension: str, lines: list[Line], safe: list[Line]) -> Inspection:
    findings: tuple[Finding, ...] = ()
    if len(safe) != len(lines):
        gone = ", ".join(sorted({line.name for line in lines} - {line.name for line in safe}))[:200]
        words = _("Taken out, as they lead outside or are not understood by phones: {names}.")
        values = {"names": gone or Word(_("some properties"))}
        findings = (Finding("remote_references_removed", words, values),)
    return Inspection(kind, mime_type, extension, written(safe), findings=findings)


def _too_complex(what: str, limit: int, actual: int) -> Refused:
    return Refused(
        "media_too_complex",
        _("The file holds {actual} {what}; at most {limit} are taken."),
        {"actual": actual, "what": Word(what), "limit": limit},
        limit=limit,
        actual=actual,
        fix=_("Send fewer of them in one file."),
    )
