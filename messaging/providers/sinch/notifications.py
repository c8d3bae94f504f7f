"""What Sinch tells our webhook: receipts, news of stored contents, inbound messages (sinch.md, sections 11 and 12)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from messaging.gateway.codes import Where
from messaging.gateway.contract import Account
from messaging.gateway.facts import Action, Fact, Inbound, Receipt, SavedNews, Unreadable
from messaging.providers.sinch.codes import BY_STATUS, CODES, TWO_SIDED
from messaging.providers.sinch.wire import loose, parse, word
from messaging.statuses import Via

READY = "N003"
NOT_READY = frozenset({"E002", "E003", "E004"})
INBOUND = "N401"
# An old feature that asked for the model of a phone: nothing of ours.
NOBODYS = frozenset({"N501", "N502", "E501", "E502"})
BY_SMS = frozenset({"N201", "N202", "E201", "E202"})
SENT_AS = {"mms": Via.MMS, "sms": Via.SMS}
LONGEST_URL = 2000
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]")


def verify(account: Account, headers: Mapping[str, str], body: bytes) -> None:
    """Nothing to check: Sinch signs nothing, and is known by the secret in the path (sinch.md, section 11.1)."""


def receipts(body: bytes) -> list[Fact]:
    """What a webhook body says; nothing for what concerns no message of ours. Raises Unreadable."""
    try:
        value = parse(body)
        if not isinstance(value, dict):
            raise TypeError("an object is expected")
        return _facts(value)
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"Not a notification of this provider: {error}"[:200]) from error


def _facts(value: dict[str, Any]) -> list[Fact]:
    code = word(value.get("code"), 40)
    if not code:
        raise KeyError("code")
    if code == INBOUND:
        return [_inbound(value)]
    if code == READY or code in NOT_READY:
        return [_news(value, code)]
    return [] if code in NOBODYS else [_receipt(value, code)]


def _receipt(value: dict[str, Any], code: str) -> Receipt:
    status = word(value.get("status"))
    key = _key(code, status)
    known = CODES.get((Where.RECEIPT, key))
    at_text = loose(value.get("timestamp"), 60)
    return Receipt(
        kind="receipt" if known else "unrecognised",
        client_ref=word(value.get("client-reference"), 100),
        provider_ref=word(value.get("tracking-id"), 100) or word(value.get("trackingid"), 100),
        recipient=_number(value.get("to")),
        state=known.state if known else None,
        code=key,
        text=_text(value, status),
        at=_when(at_text),
        at_text=at_text,
        via=Via.SMS if code in BY_SMS else SENT_AS.get(word(value.get("sent-as")).lower()),
        sender=_number(value.get("from")),
    )


def _key(code: str, status: str) -> str:
    """The code, and for one that stands for good news and bad the word of the status that decides (section 11.3).

    Both dialects say it with the same word: "Expired" and "Message Sent/Expired"; blanks come and go in it.
    """
    if code in TWO_SIDED:
        said = _joined(status).replace("unrecognized", "unrecognised")
        for decisive, *_ in BY_STATUS:
            if _joined(decisive) in said:
                return f"{code} {decisive}"
    return code


def _joined(words: str) -> str:
    return "".join(words.split()).lower()


def _text(value: dict[str, Any], status: str) -> str:
    """The provider's words, with the name of the file they are about."""
    said = word(value.get("status-details")) or status
    file = loose(value.get("audio-name"), LONGEST_URL) or loose(value.get("video-name"), LONGEST_URL)
    name = file.partition("?")[0].rpartition("/")[2]
    return (f"{said} ({name})" if name else said)[:300]


def _news(value: dict[str, Any], code: str) -> SavedNews:
    reference = word(value.get("mms-id"), 100)
    if not reference:
        raise KeyError("mms-id")
    return SavedNews(reference, code == READY, code, _text(value, word(value.get("status"))))


def _inbound(value: dict[str, Any]) -> Inbound:
    sender, recipient = word(value.get("from"), 40), word(value.get("to"), 40)
    if not sender or not recipient:
        raise KeyError("from")
    files = [file for file in _files(value.get("content")) if not _ends(file, ".smil")]
    texts = tuple(file for file in files if _ends(file, ".txt"))
    keyword = loose(value.get("keyword"))
    return Inbound(
        sender=f"+{sender.lstrip('+')}",
        recipient=recipient.lstrip("+"),
        # The text lies in a file; where there is none, the word that the provider matched is all that is known of it.
        text="" if texts else keyword,
        media_urls=tuple(file for file in files if not _ends(file, ".txt")),
        provider_ref=word(value.get("tracking-id"), 100) or word(value.get("trackingid"), 100),
        at=_when(loose(value.get("timestamp"), 60)),
        subject=word(value.get("message-subject")),
        action=_action(keyword),
        text_urls=texts,
    )


def _files(content: Any) -> list[str]:
    """The addresses of an inbound message's parts; there may be none."""
    if content is None:
        return []
    if not isinstance(content, list) or not all(isinstance(one, dict) for one in content):
        raise TypeError("content is no list of files")
    return [file for one in content if (file := word(one.get("file"), LONGEST_URL))]


def _ends(file: str, ending: str) -> bool:
    return file.partition("?")[0].lower().endswith(ending)


def _action(keyword: str) -> Action:
    """The keyword that the provider matched, where it is one that everybody knows; a campaign's own say nothing."""
    try:
        return Action(keyword.lower())
    except ValueError:
        return Action.NONE


def _number(value: object) -> str:
    return re.sub(r"[^0-9]", "", word(value, 40))


def _when(text: str) -> datetime | None:
    """A time with any zone (none means UTC); None when it cannot be read."""
    if not _DATE.match(text):
        return None
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
