"""Contents stored at a provider once and sent from there to many: who stores them, who waits, what came of it.

A row is a content at an account. Storing it may be repeated: nothing of it reaches a handset, so a worker that dies
over it costs a second copy at the provider at worst, never a message.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q
from django.db.transaction import atomic

from messaging.content import Content
from messaging.gateway.codes import OutcomeClass
from messaging.gateway.contract import Saved
from messaging.gateway.errors import Refused, SendError
from messaging.gateway.facts import SavedNews
from messaging.models import ProviderAccount, SavedContent, Transaction
from messaging.statuses import CANCELLABLE

State = SavedContent.State
# How long whoever stores a content has it to itself: longer than a call.
LEASE = timedelta(seconds=60)
# How long the others wait before they look again.
PAUSE = timedelta(seconds=2)
# Encoded or not, after this long without news it is tried.
ENCODING = timedelta(seconds=60)
# A content that a provider refused is offered again after this long; something may have been mended.
REFUSED_FOR = timedelta(minutes=10)
RETRY = timedelta(seconds=5)
MOST_WOKEN = 5000


class Step(StrEnum):
    """What comes next for a message whose content is better stored."""

    SAVE = "save"
    WAIT = "wait"
    SEND = "send"


@dataclass(frozen=True, slots=True)
class Shelf:
    """The place of a content at an account, and what to do with it now.

    `saved_ref` is set for SEND, `until` for WAIT (look again then) and SAVE (ours until then). `encoding` says that
    the provider is known to be busy with it.
    """

    identity: int
    step: Step
    saved_ref: str = ""
    until: datetime | None = None
    encoding: bool = False


def digest(content: Content) -> str:
    """What tells a content, as the provider gets it, from every other."""
    plain = json.dumps(content.to_json(), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(plain.encode()).hexdigest()


def take(account: ProviderAccount, content: Content, now: datetime) -> Shelf:
    """What to do for a message with this content. Raises Refused when the provider would not have it lately.

    Of any number of askers one is told to save, for as long as its lease lasts; the others wait.
    """
    key = digest(content)
    shelves = SavedContent.objects.filter(account=account, digest=key)
    row = shelves.first()
    if row is None:
        new = SavedContent(account=account, digest=key, created_at=now, updated_at=now)
        SavedContent.objects.bulk_create([new], ignore_conflicts=True)
        row = shelves.get()
    if row.state == State.READY:
        return Shelf(row.pk, Step.SEND, row.provider_ref)
    if row.state == State.ENCODING:
        until = row.updated_at + ENCODING
        late = until <= now
        return Shelf(row.pk, Step.SEND if late else Step.WAIT, row.provider_ref if late else "", until, encoding=True)
    if row.state == State.FAILED and row.updated_at + REFUSED_FOR > now:
        raise Refused(row.code, row.text)
    return _leased(row, now)


def _leased(row: SavedContent, now: datetime) -> Shelf:
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    until = now + LEASE
    mine = SavedContent.objects.filter(free, pk=row.pk, state=row.state).update(
        state=State.SAVING, provider_ref="", lease_until=until, updated_at=now
    )
    return Shelf(row.pk, Step.SAVE, until=until) if mine else Shelf(row.pk, Step.WAIT, until=now + PAUSE)


def stored(shelf: Shelf, saved: Saved, now: datetime) -> None:
    """The provider has taken the content. Nothing happens when the lease was lost: whoever has it goes on."""
    state = State.READY if saved.ready else State.ENCODING
    _ours(shelf, state=state, provider_ref=saved.saved_ref[:100], code="", text="", lease_until=None, updated_at=now)
    _wake(shelf, now)


def not_stored(shelf: Shelf, error: SendError, now: datetime) -> None:
    """The provider would not have the content, or did not answer; the next asker tries again after a pause."""
    said = {"code": error.code[:40], "text": error.text[:300], "updated_at": now}
    if error.outcome is OutcomeClass.FAILED:
        _ours(shelf, state=State.FAILED, lease_until=None, **said)
        _wake(shelf, now)
        return
    wait = max(RETRY, timedelta(seconds=min(error.retry_after or 0, 60)))
    _ours(shelf, lease_until=now + wait, **said)


def give_back(shelves: Collection[Shelf], now: datetime) -> None:
    """Whoever was told to save these will not do it: the next asker may, at once."""
    reserved = {shelf.identity: shelf.until for shelf in shelves if shelf.step is Step.SAVE}
    if reserved:
        SavedContent.objects.filter(pk__in=reserved, state=State.SAVING, lease_until__in=set(reserved.values())).update(
            lease_until=None, updated_at=now
        )


def gone(shelf: Shelf, now: datetime) -> None:
    """The provider no longer has the content: the next asker stores it anew."""
    SavedContent.objects.filter(pk=shelf.identity, provider_ref=shelf.saved_ref).update(
        state=State.SAVING, provider_ref="", lease_until=None, updated_at=now
    )


def proved(shelf: Shelf, now: datetime) -> None:
    """A message went out from the content although no news had come: nobody else need wait for it."""
    SavedContent.objects.filter(pk=shelf.identity, provider_ref=shelf.saved_ref, state=State.ENCODING).update(
        state=State.READY, updated_at=now
    )
    _wake(shelf, now)


def hear(account: ProviderAccount, news: SavedNews, now: datetime) -> bool:
    """What a provider says became of a content. Out: False when no row (yet) has its reference.

    In any order and number: once it was said to be of no use it stays so.
    """
    known = SavedContent.objects.filter(account=account, provider_ref=news.saved_ref).exclude(provider_ref="")
    if not known.exists():
        return False
    if news.ready:
        known.filter(state=State.ENCODING).update(state=State.READY, updated_at=now)
    else:
        said = {"code": news.code[:40], "text": news.text[:300]}
        known.exclude(state=State.FAILED).update(state=State.FAILED, lease_until=None, updated_at=now, **said)
    wake(account, now)
    return True


def _ours(shelf: Shelf, **values: object) -> None:
    SavedContent.objects.filter(pk=shelf.identity, state=State.SAVING, lease_until=shelf.until).update(**values)


def _wake(shelf: Shelf, now: datetime) -> None:
    wake(SavedContent.objects.select_related("account").get(pk=shelf.identity).account, now)


def wake(account: ProviderAccount, now: datetime) -> None:
    """Make due what waits for a content of an account. A few that wait for something else are only tried early."""
    waiting = Transaction.objects.filter(
        Q(message__send_at=None) | Q(message__send_at__lte=now),
        Q(message__undo_until=None) | Q(message__undo_until__lte=now),
        account=account,
        status__in=CANCELLABLE,
        next_attempt_at__gt=now,
        next_attempt_at__lte=now + ENCODING,
    ).order_by("next_attempt_at")
    # What somebody else has locked finds out by itself, a minute later at most.
    with atomic():
        locked = waiting.select_for_update(skip_locked=True, of=("self",))
        chosen = list(locked.values_list("pk", flat=True)[:MOST_WOKEN])
        Transaction.objects.filter(pk__in=chosen, status__in=CANCELLABLE).update(next_attempt_at=now)
