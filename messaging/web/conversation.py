"""One conversation: what a handset wrote to a sender of ours, and what that sender sent it, by time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, cast
from urllib.parse import unquote, urlsplit
from uuid import UUID

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views import View

from messaging import consent
from messaging.addresses import masked_in
from messaging.gateway.facts import Action
from messaging.models import InboundMessage, OptOut, Transaction
from messaging.statuses import Via
from messaging.web.conversations import conversation_query, files_in_words, older_link, said, unread, visible
from messaging.web.looks import Look, look, number_for
from messaging.web.shell import PortalMixin

PAGE = 50
LONGEST_NAME = 60
ACTIONS = {
    "stop": gettext_noop("Asked to stop"),
    "start": gettext_noop("Asked to start again"),
    "help": gettext_noop("Asked for help"),
}
Veil = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class File:
    """A file a handset sent, at the provider's address; `url` is "" where it must not be opened."""

    name: str
    host: str
    url: str


@dataclass(frozen=True, slots=True)
class Saying:
    """One thing that was said, by us (then with its transaction) or by the handset."""

    at: datetime
    kind: str
    text: str
    subject: str = ""
    note: str = ""
    asked: str = ""
    stops: bool = False
    files: Sequence[File] = field(default_factory=tuple)
    transaction: UUID | None = None
    look: Look | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """An opt-out that stands, in words."""

    row: OptOut
    words: str


class ConversationPage(PortalMixin, View):
    """The conversation that a message from a handset belongs to, the latest part first, continued by `before`.

    The message's id stands in the address: numbers are kept out of addresses, histories and logs.
    """

    permission_required = "messaging.view_inboundmessage"
    title = gettext_noop("Conversation")

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        user = cast(User, request.user)
        message = get_object_or_404(visible(user).select_related("sender", "account"), pk=pk)
        whole = user.has_perm("messaging.view_numbers")
        before = time_or_none(request.GET.get("before", ""))
        sayings, cursor = part_of(message, user, before=before, veil=str if whole else masked_in)
        context = {
            "message": message,
            "number": number_for(message.number, whole=whole),
            "sayings": sayings,
            "older": older_link(cursor) if cursor else "",
            "continued": before is not None,
            "silences": silences(message, veil=str if whole else masked_in),
        }
        return self.render("messaging/conversations/conversation.html", context)


def part_of(message: InboundMessage, user: User, *, before: datetime | None, veil: Veil) -> tuple[list[Saying], str]:
    """The last fifty sayings before a time, oldest first, and the time to continue from ("" at the beginning)."""
    heard = InboundMessage.objects.filter(conversation_query(message)).order_by("-at", "-id")
    sent = sent_to(message, user)
    if before:
        heard, sent = heard.filter(at__lt=before), sent.filter(created_at__lt=before)
    latest = [heard_saying(row, veil) for row in heard[: PAGE + 1]] + [
        sent_saying(row, veil) for row in sent[: PAGE + 1]
    ]
    latest.sort(key=lambda saying: saying.at, reverse=True)
    shown, rest = latest[:PAGE], latest[PAGE:]
    if not rest:
        return shown[::-1], ""
    # What happened at the same moment as the first of the next part goes there, so that nothing falls between.
    whole_moments = [saying for saying in shown if saying.at > rest[0].at] or shown
    return whole_moments[::-1], whole_moments[-1].at.isoformat()


def sent_to(message: InboundMessage, user: User) -> Any:
    """What the conversation's sender sent to the handset, newest first, for those who may see transactions."""
    if not message.sender_id or not user.has_perm("messaging.view_transaction"):
        return Transaction.objects.none()
    rows = Transaction.objects.filter(sender=message.sender_id, recipient=message.number)
    return rows.select_related("message").order_by("-created_at", "-id")


def heard_saying(row: InboundMessage, veil: Veil) -> Saying:
    """A message from the handset as the page shows it."""
    told = row.kind == InboundMessage.Kind.SUBSCRIPTION
    return Saying(
        at=row.at,
        kind=row.kind,
        text="" if told else veil(row.text),
        subject=veil(row.subject),
        note=said(row) if told else unread(row),
        asked="" if told else ACTIONS.get(row.action, ""),
        stops=row.action == Action.STOP,
        files=[file_of(url, veil) for url in row.media_urls],
    )


def sent_saying(row: Transaction, veil: Veil) -> Saying:
    """A message of ours with its values filled in, as the handset got it."""
    content = row.message.frozen.substituted({**row.message.substitutions, **row.substitutions})
    by_sms = row.via == Via.SMS
    files = 0 if by_sms else sum(1 for _part in content.parts())
    texts = [content.fallback.text] if by_sms else [slide.text for slide in content.slides if slide.text]
    return Saying(
        at=row.created_at,
        kind=row.via or Via.MMS.value,
        text=veil("\n".join(texts)),
        subject="" if by_sms else veil(content.subject),
        note=_("With %(files)s") % {"files": files_in_words(files)} if files else "",
        transaction=row.pk,
        look=look(row.status, row.via),
    )


def file_of(url: str, veil: Veil) -> File:
    """A file by its name, never loaded here. Only a plain web address that gives away no number can be opened."""
    try:
        parts = urlsplit(url)
        name, host = unquote(PurePosixPath(parts.path).name), parts.hostname or ""
    except ValueError:
        return File(_("File"), _("an address that cannot be read"), "")
    open_to_all = parts.scheme in ("http", "https") and veil(url) == url
    return File(veil(name)[:LONGEST_NAME] or _("File"), host[:LONGEST_NAME], url if open_to_all else "")


def silences(message: InboundMessage, *, veil: Veil) -> list[Silence]:
    """The opt-outs that stand against this conversation, oldest first, each in a sentence."""
    address = message.sender.address if message.sender else ""
    rows = consent.standing(message.number, address).select_related("created_by", "sender")
    return [Silence(row, silence_in_words(row, veil)) for row in rows.order_by("created_at")]


def silence_in_words(row: OptOut, veil: Veil) -> str:
    """Who said so and in which words."""
    match row.source:
        case OptOut.Source.HANDSET:
            return _("The handset wrote “%(words)s”.") % {"words": veil(row.evidence)}
        case OptOut.Source.PROVIDER:
            return _("The provider told us: %(words)s") % {"words": veil(row.evidence)}
        case _:
            who = row.created_by.get_username() if row.created_by else _("a person")
            why = veil(row.evidence) or _("no reason given")
            return _("Entered by %(who)s: %(why)s") % {"who": who, "why": why}


def time_or_none(text: str) -> datetime | None:
    """The time that a query string names, or None for anything else."""
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
