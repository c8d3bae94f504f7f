"""What Skycore tells our webhook: receipts, news of stored contents, inbound messages (skycore.md, sections 7, 10)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from messaging.gateway.codes import Where
from messaging.gateway.contract import Account
from messaging.gateway.facts import Action, Fact, Inbound, Receipt, SavedNews, Unreadable
from messaging.providers.skycore.codes import CODES, TOLD_BY_WORD, WORDS
from messaging.providers.skycore.wire import Broken, document, leaves, parse, passage, word
from messaging.statuses import Via

SENT_AS = {"mms": Via.MMS, "sms": Via.SMS}
# The codes about the fallback SMS say so themselves.
ABOUT_SMS = ("N2", "E2")
SAVED = {"N003": True, "E002": False, "E003": False}
DEVICE_DISCOVERY = frozenset({"N501", "N502", "E501", "E502"})
INBOUND = {"N401": "mms", "N211": "sms"}
FROM_HANDSETS = {"MMS_MO": "mms", "SMS_MO": "sms"}
SUBSCRIPTIONS = {"N301": Action.START, "N302": Action.STOP}
KEYWORDS = {"stop": Action.STOP, "start": Action.START, "help": Action.HELP}
BY_PATTERN = "read by pattern"
LONGEST_TEXT = 20_000
LONGEST_URL, MOST_FILES = 2000, 40
_LEAF = re.compile(rb"<([A-Z_]{2,40})>([^<>]*)</\1\s*>")
_WORDS = {word.lower(): word for word, *_rest in WORDS}
# What adds nothing to a code that stands for good news, and to one that stands for bad.
_PLAIN = {
    "N": frozenset({"", "messagesent", "delivered", "messagedelivered"}),
    "E": frozenset({"", "messagesent", "messagefailed"}),
}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]")


@dataclass(frozen=True, slots=True)
class _Told:
    """What a body says: its members by name, its files, and whether it was only read by pattern."""

    members: Mapping[str, str] = field(repr=False)
    files: tuple[str, ...] = field(default=(), repr=False)
    by_pattern: bool = False

    def word(self, name: str, longest: int = 100) -> str:
        return word(self.members.get(name), longest)

    def digits(self, name: str) -> str:
        return re.sub(r"[^0-9]", "", self.word(name, 40))


def verify(account: Account, headers: Mapping[str, str], body: bytes) -> None:
    """Skycore signs nothing: its calls are known by the secret in their path (section 7.1)."""


def receipts(body: bytes) -> list[Fact]:
    """What a webhook body says; nothing for device discovery. Raises Unreadable when it makes no sense."""
    told = _read(body)
    code = told.word("CODE", 30).upper()
    if not code:
        raise Unreadable("Not a notification of this provider: it has no CODE.")
    if code in DEVICE_DISCOVERY:
        return []
    if code in SAVED:
        if not told.word("MMSID"):
            raise Unreadable("News of a stored content that names none.")
        name = told.word("AUDIONAME", 300) or told.word("VIDEONAME", 300)
        return [SavedNews(told.word("MMSID"), SAVED[code], code, name or told.word("STATUSDETAILS", 300))]
    if code in SUBSCRIPTIONS or code in INBOUND or told.word("ORIGIN").upper() in FROM_HANDSETS:
        return [_inbound(told, code)]
    return [_receipt(told, code)]


def _read(body: bytes) -> _Told:
    try:
        written = document(body)
        root = parse(written)
    except Broken as error:
        told = _by_pattern(body)
        if told is None:
            raise Unreadable(f"Not a notification of this provider: {error}"[:200]) from error
        return told
    except ValueError as error:
        raise Unreadable(f"Not a notification of this provider: {error}"[:200]) from error
    if root.tag != "POSTBACK":
        raise Unreadable("Not a notification of this provider: its root is no POSTBACK.")
    # An older manual puts everything one level deeper (section 10).
    nested = root.find("NOTIFICATION")
    root = root if nested is None else nested
    return _Told(dict(leaves(root)), tuple(_files(root)))


def _by_pattern(body: bytes) -> _Told | None:
    """The last resort for a document that is not well-formed: its leaves, each name once (section 7.3).

    None when it has no CODE, or says one thing twice with different words: whoever wrote a text into it must not
    choose what the rest of it means.
    """
    try:
        written = document(body)
    except Broken:
        return None
    found: dict[str, str] = {}
    for name, value in _LEAF.findall(written):
        text = value.decode("utf-8", "replace").strip()
        if found.setdefault(name.decode(), text) != text:
            return None
    return _Told(found, by_pattern=True) if b"<POSTBACK" in written and found.get("CODE") else None


def _receipt(told: _Told, code: str) -> Receipt:
    key = _key(code, told.word("STATUS"))
    row = CODES.get((Where.RECEIPT, key))
    if told.by_pattern and not told.word("TRACKINGID"):
        raise Unreadable("Not well-formed, and it names no message.")
    at_text = told.word("TIMESTAMP", 60)
    details = told.word("STATUSDETAILS", 300) or told.word("AUDIONAME", 300) or told.word("VIDEONAME", 300)
    is_sms = code.startswith(ABOUT_SMS) or told.word("ORIGIN").upper() == "SMS_MT"
    return Receipt(
        kind="receipt" if row else "unrecognised",
        client_ref="",
        provider_ref=told.word("TRACKINGID"),
        recipient=told.digits("TO"),
        sender=told.digits("FROM"),
        state=row.state if row else None,
        code=key,
        text=details or told.word("STATUS", 300),
        at=_when(at_text),
        at_text=at_text,
        via=Via.SMS if is_sms else SENT_AS.get(told.word("SENTAS").lower()),
        detail=BY_PATTERN if told.by_pattern else "",
    )


def _key(code: str, status: str) -> str:
    """The row of a receipt: its code, and for some the word behind "Message Sent/", however it is spelled."""
    if code not in TOLD_BY_WORD:
        return code
    before, slash, behind = "".join(status.split()).partition("/")
    said = behind if slash else before
    if said.lower() in _PLAIN[code[0]]:
        return code
    # "Message Sent/Held" is no delivery: a word nobody knows makes a code that no table has.
    return f"{code} {_WORDS.get(said.lower().removeprefix('message'), said)}"[:40]


def _inbound(told: _Told, code: str) -> Inbound:
    subscription = code in SUBSCRIPTIONS
    sender = told.digits("MOBILE") or told.digits("FROM")
    recipient = told.word("SHORTCODE", 40) or told.word("TO", 40)
    if not sender or not (recipient or subscription):
        raise Unreadable("An inbound message without its sender or recipient.")
    texts = tuple(url for url in told.files if _ends(url, ".txt"))
    text = passage(told.members.get("TEXT"), LONGEST_TEXT)
    keyword = told.word("KEYWORD")
    if told.by_pattern and not subscription and not text:
        raise Unreadable("Not well-formed, and its text cannot be told.")
    return Inbound(
        sender=f"+{sender}",
        recipient=recipient.removeprefix("+"),
        # The keyword opens the text; it stands for it where there is nothing else.
        text="" if subscription else text or ("" if texts else keyword),
        media_urls=tuple(url for url in told.files if url not in texts and not _ends(url, ".smil")),
        provider_ref=told.word("TRACKINGID") or told.word("TRANSACTIONID"),
        at=_when(told.word("TIMESTAMP", 60) or told.word("RECEIVED", 60)),
        kind="subscription" if subscription else INBOUND.get(code) or FROM_HANDSETS[told.word("ORIGIN").upper()],
        subject=told.word("SUBJECT", 200),
        action=SUBSCRIPTIONS.get(code) or KEYWORDS.get(keyword.lower(), Action.NONE),
        text_urls=texts,
    )


def _files(root: Element) -> Iterator[str]:
    for file in root.findall("CONTENT/FILE")[:MOST_FILES]:
        address = word(file.text, LONGEST_URL)
        if address.startswith(("http://", "https://")):
            yield address


def _ends(url: str, ending: str) -> bool:
    return url.partition("?")[0].lower().endswith(ending)


def _when(text: str) -> datetime | None:
    """A time with its offset, whole hours included ("-05"); None for one without, whose zone nobody can tell."""
    if not _DATE.match(text):
        return None
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
