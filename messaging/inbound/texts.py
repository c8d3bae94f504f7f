"""Texts that came as files: fetched through the guarded client, then read like any other text."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from email.message import Message
from time import monotonic

from django.db.transaction import atomic

from media.fetching import Fetched, FetchRefused, fetch
from messaging.inbound.acting import act
from messaging.inbound.keeping import LONGEST_TEXT, meaning
from messaging.models import InboundMessage
from messaging.models.clock import database_now

logger = logging.getLogger(__name__)
AT_ONCE = 20
MOST_SECONDS, FILE_SECONDS = 30.0, 8.0
MOST_FILES, MOST_BYTES = 5, 64 * 1024
# The wait after each try: file stores lag behind their news. A worker that dies loses one try, never the text.
PAUSES = tuple(timedelta(seconds=wait) for wait in (20, 60, 5 * 60, 30 * 60, 2 * 3600))
# Worth another try; any other refusal is about the address itself and would be the same tomorrow.
PASSING = {"url_unreachable", "url_too_slow", "url_status", "url_unresolved"}
UNTYPED = ("application/octet-stream", "binary/octet-stream")


def texts_due() -> bool:
    """Whether any text waits to be fetched now."""
    return InboundMessage.objects.filter(fetch_at__lte=database_now()).exists()


def fetch_texts(*, seconds: float = MOST_SECONDS) -> int:
    """Fetch the texts that are due, for at most `seconds` and one file. Out: how many messages were looked at.

    No transaction is open while a file is fetched. What cannot be fetched is tried again later, five times in all.
    """
    ends, looked_at = monotonic() + seconds, 0
    due = InboundMessage.objects.filter(fetch_at__lte=database_now()).order_by("fetch_at")
    for message in list(due[:AT_ONCE]):
        if monotonic() >= ends:
            break
        if _claimed(message):
            looked_at += 1
            _fetch(message)
    return looked_at


def _claimed(message: InboundMessage) -> bool:
    """Put the next try off before this one begins: whoever changes the time first has it."""
    tried = message.fetch_attempts
    until = database_now() + PAUSES[min(tried, len(PAUSES) - 1)]
    rows = InboundMessage.objects.filter(pk=message.pk, fetch_at=message.fetch_at, fetch_attempts=tried)
    return bool(rows.update(fetch_at=until, fetch_attempts=tried + 1))


def _fetch(message: InboundMessage) -> None:
    try:
        text = "\n".join(_texts(message.text_urls[:MOST_FILES]))
    except FetchRefused as refusal:
        last = message.fetch_attempts + 1 >= len(PAUSES) or refusal.code not in PASSING
        logger.warning("the text of inbound %s was not fetched: %s", message.pk, refusal.code)
        if last:
            InboundMessage.objects.filter(pk=message.pk).update(fetch_at=None)
        return
    _take(message, text, database_now())


def _texts(addresses: Iterable[str]) -> list[str]:
    """What stands in the files. Raises FetchRefused for the first that cannot be had or is no text."""
    return [readable(fetch(url, limit_bytes=MOST_BYTES, deadline_seconds=FILE_SECONDS)) for url in addresses]


def readable(file: Fetched) -> str:
    """A fetched file as text. Raises FetchRefused when it is none."""
    header = Message()
    header["content-type"] = file.content_type or UNTYPED[0]
    kind, charset = header.get_content_type(), header.get_content_charset("")
    refusal = FetchRefused("text_type", "The file is not a text.")
    if kind == "text/html" or not (kind.startswith("text/") or kind in UNTYPED):
        raise refusal
    # What its server calls anything at all must prove to be text; a text may be in the old alphabet.
    alphabets = [charset, "utf-8-sig", *(["latin-1"] if kind not in UNTYPED else [])]
    for name in filter(None, alphabets):
        try:
            return file.data.decode(name).replace("\0", "")
        except (LookupError, UnicodeDecodeError):
            continue
    raise refusal


@atomic
def _take(message: InboundMessage, text: str, now: datetime) -> None:
    """Store a fetched text and do what it asks for, unless another worker has done so."""
    row = InboundMessage.objects.select_for_update(of=("self",)).filter(pk=message.pk, fetch_at__isnull=False).first()
    if row is None:
        return
    row.text = "\n".join(part for part in (row.text, text.strip()) if part)[:LONGEST_TEXT]
    acted, row.action = bool(row.action), row.action or meaning(row.kind, row.text, row.subject)
    row.fetch_at = None
    row.save(update_fields=["text", "action", "fetch_at"])
    # What the provider itself took it for has had its effect, and others may have spoken since.
    if not acted:
        act(row, now)
