"""Why a transaction waits, in words: the weightiest of what keeps it here, and until when, where that is known."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from messaging import estimates, meanings, pauses, queues
from messaging.gateway import registry
from messaging.gateway.codes import Where
from messaging.models import Message, ProviderAccount, SendAttempt, Sender, Transaction
from messaging.models.senders import RECOVERY
from messaging.statuses import CANCELLABLE, Status

# Where receipts do not name our reference, one message of unclear outcome keeps the next to that number waiting.
SINGLE_FLIGHT = timedelta(minutes=15)
# Ahead of it so many are counted.
MOST_COUNTED = 10_000
# Every code that `explain` may give.
WAITS = (
    "stopping",
    "message_paused",
    "fitting",
    "unfit",
    "canary",
    "undo",
    "scheduled",
    "sending_paused",
    "account_paused",
    "sender_paused",
    "not_ready",
    "backoff",
    "throttled",
    "single_flight",
    "next",
    "turn",
)


@dataclass(frozen=True, slots=True)
class Wait:
    """Why it waits: a code for programs, words for people, and the moment at which that ends by itself, if it is known.

    `names` are the words with who decided it and why, for staff; they are the same where nobody did.
    """

    code: str
    text: str
    until: datetime | None = None
    names: str = ""

    @property
    def told(self) -> str:
        """The words for staff."""
        return self.names or self.text


def explain(row: Transaction, now: datetime) -> Wait | None:
    """Why a transaction waits; None when it does not. Needs `message`, `sender` and `account`; at most ten queries.

    The reasons are asked for in the order in which they would be lifted: what a person decided, what has its time, what
    a provider said, and last whose turn it is.
    """
    if row.status not in CANCELLABLE:
        return None
    reasons: tuple[Callable[[Transaction, datetime], Wait | None], ...] = (
        _message,
        _time,
        _pause,
        _again,
        _throttled,
        _alone,
        _turn,
    )
    return next((wait for reason in reasons if (wait := reason(row, now))), None)


def _message(row: Transaction, _now: datetime) -> Wait | None:
    """What was decided about its message."""
    message = row.message
    if message.stopped_at:
        return Wait("stopping", _("Its message was stopped; it is being withdrawn."))
    if message.paused_at:
        who = message.paused_by.username if message.paused_by else _("somebody")
        named = _("Its message was paused by %(who)s; it waits until it is resumed.") % {"who": who}
        return Wait("message_paused", _("Its message is paused; it waits until it is resumed."), names=named)
    if not row.held:
        return None
    if message.fitting == Message.Fitting.RUNNING:
        return Wait("fitting", _("Its media are being made to fit; it goes out after that."))
    if message.fitting == Message.Fitting.FAILED:
        return Wait("unfit", _("Its media could not be made to fit. Stop the message and send another one."))
    return Wait("canary", _("Others of its message go first; it follows when somebody, or their receipts, let it."))


def _time(row: Transaction, now: datetime) -> Wait | None:
    message = row.message
    if message.undo_until and message.undo_until > now and not (message.send_at and message.send_at > now):
        return Wait("undo", _("It can still be called back, and leaves after that."), message.undo_until)
    if message.send_at and message.send_at > now:
        return Wait("scheduled", _("It waits for its time."), message.send_at)
    return None


def _pause(row: Transaction, _now: datetime) -> Wait | None:
    """Who does not send at all."""
    if pause := pauses.running():
        who = pause.paused_by.username if pause.paused_by else _("somebody")
        named = _("All sending was paused by %(who)s: %(why)s") % {"who": who, "why": pauses.in_words(pause.reason)}
        return Wait("sending_paused", _("All sending is paused."), names=named)
    if row.account.paused_at:
        return _paused("account_paused", _("The provider account is paused."), row.account)
    if row.sender.paused_at:
        return _paused("sender_paused", _("The sender ID is paused."), row.sender)
    return None


def _paused(code: str, text: str, row: ProviderAccount | Sender) -> Wait:
    return Wait(code, text, names=f"{text} {pauses.in_words(row.paused_reason)}".strip())


def _again(row: Transaction, now: datetime) -> Wait | None:
    """What its last try, or a content that is not ready, has put it off to."""
    if row.next_attempt_at is None or row.next_attempt_at <= now:
        return None
    last = SendAttempt.objects.filter(transaction=row, number=row.attempt_no).order_by().first()
    if last is None or last.outcome == "":
        text = _("What it is made of is not ready yet; it is looked at again then.")
        return Wait("not_ready", text, row.next_attempt_at)
    known = meanings.explain(row.account.provider, Where.ANSWER, last.code)
    why = f"{_(known.meaning)} ({last.code})" if known else _("The provider answered %(code)s.") % {"code": last.code}
    text = _("Try %(number)s was put off: %(why)s It is tried again then.") % {"number": row.attempt_no, "why": why}
    return Wait("backoff", text, row.next_attempt_at)


def _throttled(row: Transaction, now: datetime) -> Wait | None:
    account = row.account
    rate = account.rate_at(now)
    if rate >= account.calls_per_second:
        return None
    if not rate:
        return Wait("throttled", _("The provider asked to be left alone for a while."), account.slowed_until)
    text = _("The provider throttles the account: %(now)s calls a second for now, of %(full)s.") % {
        "now": f"{rate:.1f}",
        "full": account.calls_per_second,
    }
    return Wait("throttled", text, now + RECOVERY * (1 - rate / account.calls_per_second))


def _alone(row: Transaction, now: datetime) -> Wait | None:
    """Another one to the same number, where receipts could not tell the two apart."""
    if row.account.provider in registry.names() and registry.provider(row.account.provider).client.ECHOES:
        return None
    same = Transaction.objects.filter(sender=row.sender, recipient=row.recipient).exclude(pk=row.pk)
    text = _("Another message to this number is on its way; this one follows when its outcome is known.")
    if same.filter(status=Status.SENDING).exists():
        return Wait("single_flight", text)
    unclear = same.filter(status=Status.UNKNOWN, updated_at__gt=now - SINGLE_FLIGHT).order_by("-updated_at").first()
    return Wait("single_flight", text, unclear.updated_at + SINGLE_FLIGHT) if unclear else None


def _turn(row: Transaction, now: datetime) -> Wait | None:
    """How many are before it in its queue, and when its turn comes beside the other queues of the account."""
    queue, due = (row.sender_id, row.band), row.next_attempt_at or now
    earlier = queues.sizes({queue: MOST_COUNTED}, due - timedelta(microseconds=1)).get(queue, 0)
    before = min(MOST_COUNTED, earlier + _of_the_same(row))
    there = estimates.ahead([row.sender], now).get(row.account_id, estimates.Ahead())
    calls = estimates.calls_before(queue, before + 1, there)
    seconds = max(estimates.seconds_for(row.account, calls, now), before / queues.velocity(row.sender))
    if before < 1:
        return Wait("next", _("It leaves in a moment."), now + timedelta(seconds=seconds))
    counted = f"{before:,}" if before < MOST_COUNTED else _("more than %(number)s") % {"number": f"{before:,}"}
    text = ngettext(
        "%(number)s message is ahead of it in its queue; its account makes %(pace)s calls a second for all queues.",
        "%(number)s messages are ahead of it in its queue; its account makes %(pace)s calls a second for all queues.",
        before,
    ) % {"number": counted, "pace": row.account.calls_per_second}
    return Wait("turn", text, None if before >= MOST_COUNTED else now + timedelta(seconds=seconds))


def _of_the_same(row: Transaction) -> int:
    """How many of its message wait in its band, due together with it and before it. One query of a bounded size."""
    nearest = Transaction.objects.filter(message=row.message_id, position__lt=row.position).order_by("-position")
    waits = Q(status__in=queues.WAITING, held=False, band=row.band, next_attempt_at=row.next_attempt_at)
    counted: int = nearest[:MOST_COUNTED].aggregate(number=Count("pk", filter=waits))["number"]
    return counted
