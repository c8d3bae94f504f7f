"""The first page: how today goes, how the last two weeks went, and what needs somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, log10
from typing import cast

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_noop
from django.views import View

from messaging.fetches import never_came
from messaging.models import Message
from messaging.web import figures
from messaging.web.codes import unknowns
from messaging.web.figures import Day
from messaging.web.looks import GROUPS
from messaging.web.message_rows import rows_of, values_of
from messaging.web.pausing import pauses
from messaging.web.shell import PortalMixin

LATEST = 8
WIDTH, HEIGHT, BASE = 720, 318, 282
TOP, GAP = 10, 0.34
# A digit beside the grid, as wide as it is drawn on a phone.
DIGIT = 13.5


@dataclass(frozen=True, slots=True)
class Block:
    """One coloured block of a column, in the units of the drawing."""

    level: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """One day of the chart; `counts` holds one number per group, in their order, for the table beside it."""

    day: date
    x: float
    width: float
    middle: float
    labelled: bool
    blocks: Sequence[Block]
    counts: Sequence[int]
    total: int


class Dashboard(PortalMixin, View):
    """Today, fourteen days, outcomes, receipts, and the latest messages."""

    permission_required = "messaging.view_message"
    title = gettext_noop("Dashboard")

    def get(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        days = figures.daily(now)
        top = nice_top(max(day.total for day in days))
        left = max(40, round(DIGIT * len(f"{top:,}")) + 8)
        latest = values_of(Message.objects.order_by("-id"))[:LATEST]
        context = {
            "today": figures.today(days, now),
            "columns": columns(days, top, left),
            "grid": [(BASE - (BASE - TOP) * part / 4, round(top * part / 4)) for part in range(5)],
            "groups": GROUPS,
            "shares": figures.shares(days),
            "sent": sum(day.total for day in days),
            "lag": figures.lag(now),
            "never_came": never_came(now).items(),
            "pauses": pauses(figures.paused(), cast(User, request.user), back=request.path),
            "unknown_codes": unknowns(request.user),
            "rows": rows_of(latest),
            "now": now,
            "drawing": {"width": WIDTH, "height": HEIGHT, "left": left, "top": TOP, "base": BASE, "drop": BASE - TOP},
        }
        return self.render("messaging/dashboard/dashboard.html", context)


def nice_top(highest: int) -> int:
    """The smallest round number that divides by four and is not below `highest`: the top line of the chart."""
    if highest <= 4:
        return 4
    step = 10 ** max(0, int(log10(highest)) - 1)
    steps = (4 * step, 8 * step, 12 * step, 20 * step, 40 * step, 60 * step, 80 * step, 100 * step)
    return int(next(top for top in steps if top >= highest))


def columns(days: Sequence[Day], top: int, left: int) -> list[Column]:
    """The days as stacked blocks, on a drawing of WIDTH by HEIGHT whose ground line is at BASE and begins at `left`."""
    slot = (WIDTH - left) / len(days)
    width = slot * (1 - GAP)
    drawn = []
    for index, day in enumerate(days):
        x = left + index * slot + (slot - width) / 2
        counts = figures.group_counts(day)
        numbers = [counts.get(group.name, 0) for group in GROUPS]
        labelled = (len(days) - 1 - index) % 2 == 0
        drawn.append(Column(day.day, x, width, x + width / 2, labelled, blocks(numbers, top), numbers, day.total))
    return drawn


def blocks(numbers: Sequence[int], top: int) -> list[Block]:
    """One column's blocks from the ground up; what exists is drawn at least a pixel high."""
    ground, stacked = float(BASE), []
    for group, number in zip(GROUPS, numbers, strict=True):
        if number:
            height = max(1.0, ceil(10 * number * (BASE - TOP) / top) / 10)
            ground -= height
            stacked.append(Block(group.level, round(ground, 1), height))
    return stacked
