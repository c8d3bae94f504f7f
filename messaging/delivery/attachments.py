"""The files of claimed messages: where this account fetches them, and whether they can be read right now.

Looked at before a message leaves: a provider comes for them later, and what it cannot fetch it reports as the
message's own failure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db.transaction import atomic

from media import links, presence
from media.presence import Trouble
from messaging import attached, timeline
from messaging.content import ContentError
from messaging.delivery.claiming import CHANGED, Claim, undo
from messaging.models import Message, ProviderAccount
from messaging.models.clock import database_now
from messaging.statuses import Status

GONE = "media_gone"
CODES = {Trouble.UNAVAILABLE: "media_unavailable", Trouble.LOST: "media_lost"}
# How long a message waits for its media: a part of how long it could have been gone already, within these.
SHORTEST, LONGEST = timedelta(seconds=5), timedelta(minutes=2)
PART = 4


@dataclass(frozen=True, slots=True)
class Attachments:
    """What is known of the files of some messages; a file is the id of an asset or of its fitted copy.

    `faults` holds the code of what is wrong with the files of a message, by its id.
    """

    addresses: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[UUID, str] = field(default_factory=dict)


def look(account: ProviderAccount, claims: Sequence[Claim]) -> Attachments:
    """Find the files of claimed messages. A few queries for all, mostly none; the storage is asked about each file."""
    messages = {taken.transaction.message_id: taken.transaction.message for taken in claims}
    files = {pk: _files(message) for pk, message in messages.items()}
    wanted = {file for some in files.values() for file in some}
    if not wanted:
        return Attachments()
    hosted = links.hosted(wanted, account.audience)
    troubles = presence.troubles({one.storage_key: one.size for one in hosted.values()})
    wrong = {file: CODES[troubles[one.storage_key]] for file, one in hosted.items() if one.storage_key in troubles}
    wrong |= dict.fromkeys(wanted - set(hosted), GONE)
    faults = {pk: _worst(wrong[file] for file in some if file in wrong) for pk, some in files.items()}
    return Attachments(
        {str(file): one.url for file, one in hosted.items()}, {pk: code for pk, code in faults.items() if code}
    )


def _files(message: Message) -> set[UUID]:
    try:
        return attached.files(message.frozen)
    except ContentError:
        return set()  # whoever renders it says what is wrong


def _worst(codes: Iterable[str]) -> str:
    return min(codes, default="", key=(GONE, CODES[Trouble.LOST], CODES[Trouble.UNAVAILABLE]).index)


def wait(lacking: Sequence[tuple[Claim, str]]) -> None:
    """Undo claims whose media cannot be read, as if they had not been made: they wait, and the timeline says why."""
    if not lacking:
        return
    codes = {taken.transaction.pk: code for taken, code in lacking}
    starts = {t.pk: t.message.send_at or t.message.created_at for t in (taken.transaction for taken, _code in lacking)}
    with atomic():
        now = database_now()
        rows = undo([taken for taken, _code in lacking])
        # One line for each hour of an outage, however often it was looked at.
        key = f"{now:%Y%m%d%H}"
        timeline.append(
            [timeline.entry(row, "no_media", now=now, key=key, state=Status.QUEUED, code=codes[row.pk]) for row in rows]
        )
        for row in rows:
            row.next_attempt_at = now + min(max((now - starts[row.pk]) / PART, SHORTEST), LONGEST)
        timeline.settle(rows, now=now, also=[*CHANGED, "attempt_no"])
