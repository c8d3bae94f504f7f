"""The health board: how each provider account fares, in words and figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views import View

from messaging import meanings
from messaging.gateway.codes import Where
from messaging.models import Tallied
from messaging.pauses import in_words
from messaging.watching.board import Budget, Standing, State, Window, counted_since, standings
from messaging.web import alarm_words
from messaging.web.shell import PortalMixin

STATES = {
    State.PAUSED: (gettext_noop("Paused"), "warn", gettext_noop("Nothing is sent until somebody resumes it.")),
    State.SILENT: (gettext_noop("Silent"), "err", gettext_noop("It takes messages and sends no receipts.")),
    State.FAILING: (gettext_noop("Failing"), "err", gettext_noop("A quarter of its calls or more come to nothing.")),
    State.THROTTLED: (gettext_noop("Throttled"), "warn", gettext_noop("The provider wants fewer calls a second.")),
    State.SLOW: (gettext_noop("Slow"), "warn", gettext_noop("Its answers take more than twice as long as usual.")),
    State.OK: (gettext_noop("Fine"), "ok", gettext_noop("It takes messages and answers as it usually does.")),
    State.IDLE: (gettext_noop("At rest"), "info", gettext_noop("Nothing was sent through it in the last 15 minutes.")),
}
OUTCOMES = (
    (Tallied.ACCEPTED, gettext_noop("Accepted")),
    (Tallied.THROTTLED, gettext_noop("Throttled")),
    (Tallied.RETRY, gettext_noop("Not accepted, tried again")),
    (Tallied.FAILED, gettext_noop("Refused")),
    (Tallied.BLOCKED, gettext_noop("Recipient held back")),
    (Tallied.CONFIGURATION, gettext_noop("Account refused")),
    (Tallied.UNKNOWN, gettext_noop("Outcome unknown")),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an account's table: a label, and what it was in 15 minutes, an hour and a day."""

    label: str
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Spent:
    """An error budget in per cent; `level` colours it."""

    calls: int
    faults: int
    used: float
    width: float
    burn: float
    level: str


@dataclass(frozen=True, slots=True)
class Card:
    """One account as the page shows it."""

    name: str
    provider: str
    state: str
    level: str
    said: str
    outcomes: Sequence[Row]
    times: Sequence[Row]
    budget: Spent
    last_receipt: datetime | None
    trouble_at: datetime | None
    trouble_code: str
    trouble_words: str
    trouble_step: str
    transaction: str
    account: str


class ProvidersBoard(PortalMixin, View):
    """Every provider account, the ones in trouble first."""

    permission_required = alarm_words.RIGHT
    title = gettext_noop("Providers")

    def get(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        order = list(State)
        found = sorted(standings(now), key=lambda one: (order.index(one.state), one.account.name))
        assert isinstance(request.user, User)
        context = {
            "cards": [_card(one, request.user, now) for one in found],
            "since": counted_since(),
            "now": now,
        }
        return self.render("messaging/providers/board.html", context)


def _card(one: Standing, user: User, now: datetime) -> Card:
    label, level, _words = STATES[one.state]
    trouble, windows = one.trouble, (one.quarter, one.hour, one.day)
    known = meanings.explain(one.account.provider, Where.ANSWER, trouble.code) if trouble else None
    seen = trouble is not None and trouble.transaction_id and user.has_perm("messaging.view_message")
    return Card(
        name=one.account.name,
        provider=meanings.label_of(one.account.provider),
        state=_(label),
        level=level,
        said=_said(one, now),
        outcomes=[row for row in _outcomes(windows) if any(row.cells)],
        times=_times(windows),
        budget=_spent(one.budget),
        last_receipt=one.last_receipt,
        trouble_at=trouble.at if trouble else None,
        trouble_code=trouble.code if trouble else "",
        trouble_words=_(known.meaning) if known else "",
        trouble_step=_(known.next_step) if known else "",
        transaction=reverse("web:transaction", args=[trouble.transaction_id]) if trouble and seen else "",
        account=reverse("admin:messaging_provideraccount_change", args=[one.account.pk]),
    )


def _said(one: Standing, now: datetime) -> str:
    """What its state means: why it is paused, or how many calls it makes now."""
    if one.state is State.PAUSED and one.account.paused_reason:
        return in_words(one.account.paused_reason)
    said, rate = _(STATES[one.state][2]), one.account.rate_at(now)
    if one.state is not State.THROTTLED or rate >= one.account.calls_per_second:
        return said
    more = _("It gets %(now)s of %(full)s for now.")
    return f"{said} " + more % {"now": number_format(rate, 1), "full": one.account.calls_per_second}


def _outcomes(windows: Sequence[Window]) -> list[Row]:
    calls = Row(
        _("Calls"), [number_format(window.calls, force_grouping=True) if window.calls else "" for window in windows]
    )
    return [calls, *(Row(_(label), [_share(window, kind) for window in windows]) for kind, label in OUTCOMES)]


def _times(windows: Sequence[Window]) -> list[Row]:
    return [
        Row(_("Answer, half of them within"), [_seconds(window.latency(50)) for window in windows]),
        Row(_("Answer, 95% within"), [_seconds(window.latency(95)) for window in windows]),
        Row(_("First receipt, half of them within"), [_seconds(window.lag(50)) for window in windows]),
        Row(_("First receipt, 95% within"), [_seconds(window.lag(95)) for window in windows]),
        Row(_("With a final receipt by now"), [_percent(window.final) for window in windows]),
    ]


def _share(window: Window, kind: str) -> str:
    return _percent(window.share(kind)) if window.number(kind) else ""


def _percent(share: float | None) -> str:
    if share is None:
        return ""
    few = 0 < share < 0.001
    return ("<" if few else "") + _("%(share)s%%") % {"share": number_format(0.1 if few else 100 * share, 1)}


def _seconds(seconds: float | None) -> str:
    """A duration in the unit that a person would use; it is right to within a quarter anyway."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 120:
        return f"{number_format(seconds, 1 if seconds < 10 else 0)} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{number_format(seconds / 3600, 1)} h"


def _spent(budget: Budget) -> Spent:
    used = 100 * budget.used
    level = "err" if used >= 100 else "warn" if used >= 75 or budget.burn >= 6 else "ok"
    return Spent(budget.calls, budget.faults, used, min(100.0, used), budget.burn, level)


def badge(request: Any) -> str:
    """The badge of the sidebar: how many alarms are open; "" for none, and for who may not look."""
    return str(len(alarm_words.of_request(request)) or "")
