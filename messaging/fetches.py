"""Who came for the media of a message, as our own media host saw it: told among the facts when a story is shown.

A provider says "media could not be fetched"; only this says why, or that it never came.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from media import fetch_log, uses
from media.fetch_log import SERVED, Fetch, Had
from media.shown import size_text
from messaging import attached
from messaging.gateway import registry
from messaging.models import TimelineEntry, Transaction
from messaging.statuses import SETTLED, Status
from messaging.timeline import Moment

MOST = 50
MOST_ASKED = 1000
# A file that nobody came for in so long is no news any more.
LOOKED_BACK = timedelta(days=2)
# While one of these holds, a provider that never came is worth a word; a message that got through needs none.
OPEN = (Status.ACCEPTED, Status.SUBMITTED)
LOST = (Status.FAILED, Status.EXPIRED, Status.UNCONFIRMED)
WHY = {
    404: gettext_noop("The file is missing from the storage, or its address was changed on the way."),
    405: gettext_noop("It was asked for with a method that reads nothing."),
    410: gettext_noop("The time of the file was over."),
    416: gettext_noop("A part was asked for that the file does not have."),
    503: gettext_noop("Our storage did not give the file out at that moment."),
}
FETCHED, IN_VAIN, EARLIER, NEVER = "fetched", "fetch_failed", "fetched_earlier", "never_fetched"


@dataclass(frozen=True, slots=True)
class _Teller:
    """Words one story's fetches: who came; when the message left, and until when fetches are its own."""

    who: str
    now: datetime
    left: datetime
    over: datetime


def story_with_fetches(transaction: Transaction, story: Sequence[Moment]) -> list[Moment]:
    """A story, newest first, with what the media host saw of this account since the message left, until a while after
    it ended. Two queries at most.

    `transaction` must come with its message and account. Providers fetch for all recipients of a content at once or
    for each: what is told is that of the account, a bounded number, equal ones together.
    """
    left = [moment.at for moment in story if moment.kind == "sending"]
    files = attached.files(transaction.message.frozen) if left else set()
    if not files:
        return list(story)
    now = timezone.now()
    # Who comes for the same file after that comes for another message.
    over = max(moment.at for moment in story) + patience() if Status(transaction.status) in SETTLED else now
    teller = _Teller(registry.provider(transaction.account.provider).client.LABEL, now, min(left), over)
    seen = fetch_log.fetches(files, transaction.account.audience, since=teller.left, most=MOST)
    came = [fetch for fetch in seen if fetch.at <= over]
    told = [*_together(teller, came), *_absent(teller, transaction, story, {fetch.name for fetch in came})]
    return sorted([*story, *told], key=lambda moment: moment.at, reverse=True)


def cause(story: Sequence[Moment]) -> str:
    """What the media host knows of why a message failed, in a sentence or two; "" when nothing."""
    for moment in story:
        if moment.kind in (IN_VAIN, NEVER):
            return f"{moment.title}. {moment.text}"
    return ""


def _together(teller: _Teller, came: Sequence[Fetch]) -> list[Moment]:
    """Each kind of request once, at its first time, with how often it came."""
    groups: dict[tuple[str, int, int], list[Fetch]] = {}
    for fetch in came:
        # A look by HEAD that found the file is no news beside the GET that follows; one in vain is told with it.
        if fetch.method == "GET" or fetch.status not in SERVED:
            groups.setdefault((fetch.name, fetch.status, fetch.size), []).append(fetch)
    return [_fetched(teller, group[0], len(group)) for group in groups.values()]


def _fetched(teller: _Teller, fetch: Fetch, times: int) -> Moment:
    often = ", " + ngettext("%(n)s time", "%(n)s times", times) % {"n": times} if times > 1 else ""
    named = {"who": teller.who, "file": fetch.name}
    if fetch.status not in SERVED:
        why = _(WHY[fetch.status]) if fetch.status in WHY else ""
        title = _("%(who)s asked for %(file)s in vain") % named
        return _moment(fetch.at, IN_VAIN, title, f"{fetch.status}{often}. {why}".strip(), "err", "cloud-off")
    part = fetch.size < fetch.whole
    size = size_text(fetch.size)
    if part:
        size = _("%(size)s of %(whole)s") % {"size": size, "whole": size_text(fetch.whole)}
    text = f"{size}, {fetch.status}{often}"
    if fetch.status == 304:
        return _moment(fetch.at, FETCHED, _("%(who)s had %(file)s already") % named, f"304{often}")
    if part and fetch.status == 200:
        title = _("%(who)s broke off while fetching %(file)s") % named
        return _moment(fetch.at, IN_VAIN, title, f"{text}.", "warn", "cloud-alert")
    title = _("%(who)s fetched a part of %(file)s") if part else _("%(who)s fetched %(file)s")
    return _moment(fetch.at, FETCHED, title % named, text)


def _absent(teller: _Teller, transaction: Transaction, story: Sequence[Moment], came: set[str]) -> list[Moment]:
    """A word on each file that was not asked for since: that the provider has it from before, or did not come.

    Nothing where the message or the file's address is older than the log: nobody knows any more.
    """
    taken = min((moment.at for moment in story if moment.kind == "accepted"), default=None)
    forgotten = teller.now - fetch_log.KEPT
    if taken is None or taken <= forgotten:
        return []
    told = []
    for had in fetch_log.had(attached.files(transaction.message.frozen), transaction.account.audience, given=taken):
        # Who came in time, and is not among the MOST that were read, is no news either.
        if had.name in came or (had.first and teller.left <= had.first <= teller.over):
            continue
        if had.first and had.first < teller.left:
            title = _("%(who)s fetched %(file)s earlier") % {"who": teller.who, "file": had.name}
            told.append(_moment(taken, EARLIER, title, _("It was not asked for again: the provider has it.")))
        elif had.given > forgotten:
            told += _did_not_come(teller, transaction, had, taken)
    return told


def _did_not_come(teller: _Teller, transaction: Transaction, had: Had, taken: datetime) -> list[Moment]:
    """That nobody came for a file, once it is worth a word."""
    due, status = taken + patience(), Status(transaction.status)
    if status not in LOST and (status not in OPEN or due > teller.now):
        return []
    title = _("%(who)s never fetched %(file)s")
    text = _("Accepted, and nobody has come for the file. Check that the provider can reach the media host.")
    if had.first:
        title = _("%(who)s did not fetch %(file)s for this message")
        text = _("Accepted, and nobody came for the file before it was over.")
    at = due if due <= teller.now else transaction.updated_at
    return [_moment(at, NEVER, title % {"who": teller.who, "file": had.name}, text, "warn", "cloud-alert")]


def never_came(now: datetime) -> dict[str, int]:
    """How many files each account, by its name, never came for although it accepted a message with them long ago.

    One query while there is nothing to tell, three else, over the latest addresses only.
    """
    unserved = fetch_log.never_served(made=(now - LOOKED_BACK, now - patience()))
    assets = {link.pk: link.rendition.asset_id if link.rendition else link.asset_id for link in unserved}
    if not assets:
        return {}
    needing = uses.labels({pk for pk in assets.values() if pk}, "message:")
    accepted = Transaction.objects.filter(
        message__in=[message for _asset, message in needing], status__in=OPEN, updated_at__lte=now - patience()
    )
    taken = {(f"account:{account}", str(message)): name for account, message, name in _accounts(accepted)}
    late = {
        (link.pk, taken[link.audience, message])
        for link in unserved
        for asset, message in needing
        if asset == assets[link.pk] and (link.audience, message) in taken
    }
    return dict(Counter(name for _link, name in sorted(late)))


def _accounts(rows: "QuerySet[Transaction]") -> "QuerySet[Transaction, tuple[UUID, UUID, str]]":
    return rows.order_by().values_list("account_id", "message_id", "account__name").distinct()[:MOST_ASKED]


def patience() -> timedelta:
    """How long a provider may take to come for the media of a message it has accepted."""
    return timedelta(minutes=settings.MEDIA_UNFETCHED_MINUTES)


def _moment(
    at: datetime, kind: str, title: str, text: str, level: str = "info", icon: str = "cloud-download"
) -> Moment:
    return Moment(
        at=at,
        received_at=at,
        kind=kind,
        source=TimelineEntry.Source.PORTAL,
        title=title,
        text=text,
        code="",
        level=level,
        icon=icon,
        late=False,
        detail="",
        inbox_id=None,
    )
