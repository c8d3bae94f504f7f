"""Pausing and resuming by hand: all sending, an account, a sender. Each is written down with who did it and why."""

import re
from datetime import timedelta

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.transaction import atomic
from django.utils.translation import gettext as _

from messaging.gateway.codes import OutcomeClass
from messaging.models import ProviderAccount, SendAttempt, Sender, SendingPause, Transaction
from messaging.models.clock import database_now
from messaging.queues import WAITING

# No try is put off for longer, whatever the provider asks for.
LONGEST_WAIT = timedelta(hours=1)
# A reason is kept in English, whoever made the pause: by hand, or after a code of the provider's.
BY_HAND = re.compile(r"Paused by (\S+)\. ?(.*)", re.DOTALL)
BY_CODE = re.compile(r"(.+) \((\S+)\) (.+)")


def resume(rows: "QuerySet[ProviderAccount] | QuerySet[Sender]", user: User) -> int:
    """Resume what is paused among rows, refusals forgotten, and write down who did it. Out: how many were resumed.

    What was refused for their sake is due at once: whoever resumes has mended what it waited for. Not so what its own
    message holds back, and what a call that is still under way will be refused for.
    """
    chosen = list(rows.exclude(paused_at=None))
    if not chosen:
        return 0
    keys = [row.pk for row in chosen]
    theirs = Q(account__in=keys) if rows.model is ProviderAccount else Q(pk__in=keys)
    with atomic():
        # Before the rows themselves, as whoever records a result does it.
        _make_due(Sender.objects.filter(theirs))
        done = rows.model._default_manager.filter(pk__in=keys)
        number = done.update(paused_at=None, paused_reason="", config_faults=0)
        LogEntry.objects.log_actions(user.pk, chosen, CHANGE, change_message="Resumed")
    return number


def _make_due(senders: "QuerySet[Sender]") -> None:
    """What waits of these whose last try spoke against the account or the sender. Two queries."""
    now = database_now()
    last = SendAttempt.objects.filter(transaction=OuterRef("pk"), number=OuterRef("attempt_no")).order_by()
    waiting = Transaction.objects.filter(
        sender__in=senders,
        status__in=WAITING,
        held=False,
        attempt_no__gt=0,
        next_attempt_at__gt=now,
        next_attempt_at__lte=now + LONGEST_WAIT,
    )
    # Asked of each: joined, all tries there ever were might be read.
    refused = waiting.annotate(last=Subquery(last.values("outcome")[:1])).filter(last=OutcomeClass.CONFIGURATION)
    # What somebody else has locked is being paused or stopped, and goes when its time comes.
    keys = list(refused.order_by("pk").select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
    Transaction.objects.filter(pk__in=keys, status__in=WAITING).update(next_attempt_at=now)


def pause(rows: "QuerySet[ProviderAccount] | QuerySet[Sender]", user: User, why: str = "") -> int:
    """Pause what sends among rows, effective before the next wire mark, and write down who did it and why. Out: how
    many were paused."""
    chosen = list(rows.filter(paused_at=None))
    if not chosen:
        return 0
    reason = f"Paused by {user.get_username()}. {why}".strip()[:300]
    done = rows.model._default_manager.filter(pk__in=[row.pk for row in chosen], paused_at=None)
    number = done.update(paused_at=database_now(), paused_reason=reason)
    LogEntry.objects.log_actions(user.pk, chosen, CHANGE, change_message=reason)
    return number


def pause_all(user: User | None, why: str) -> bool:
    """Stop all sending, effective before the next wire mark. Out: False when it was stopped already.

    `why` must say something: whoever finds it stopped has only that to go by. Without a user, as when a command does
    it, the pause itself is the only record.
    """
    try:
        with atomic():
            row = SendingPause.objects.create(paused_at=database_now(), paused_by=user, reason=why.strip()[:300])
            if user:
                said = f"All sending paused: {row.reason}"
                LogEntry.objects.log_actions(user.pk, [row], ADDITION, change_message=said)
    except IntegrityError:
        if not SendingPause.running().exists():
            raise
        return False
    return True


def resume_all(user: User) -> bool:
    """Let sending go on. Out: False when it was not stopped."""
    with atomic():
        rows = list(SendingPause.running().select_for_update())
        if not SendingPause.running().update(resumed_at=database_now(), resumed_by=user):
            return False
        LogEntry.objects.log_actions(user.pk, rows, CHANGE, change_message="All sending resumed")
    return True


def running() -> SendingPause | None:
    """The pause of all sending, with who began it; None when sending is on. One query."""
    return SendingPause.running().select_related("paused_by").first()


def in_words(reason: str) -> str:
    """Why an account or a sender is paused, in the reader's language; what a person wrote stays as it was written."""
    if by_hand := BY_HAND.fullmatch(reason):
        who, why = by_hand.groups()
        by = _("Paused by %(who)s.") % {"who": who}
        return f"{by} {why}".strip()
    if by_code := BY_CODE.fullmatch(reason):
        meaning, code, step = by_code.groups()
        return f"{_(meaning)} ({code}) {_(step)}"
    return _(reason) if reason else ""
