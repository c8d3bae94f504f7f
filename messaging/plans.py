"""How a draft is to be sent: purpose, moment, validity, and how many go first. Plain values, no clock of their own.

A local time in a named zone becomes a moment here. What cannot be honoured is refused, never sent at once instead.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from messaging.slide_rules import Finding, Mend, Severity
from messaging.slide_rules.findings import Values, finding
from messaging.slide_rules.findings import gettext_noop as _

MARKETING, TRANSACTIONAL = "marketing", "transactional"
NOW, LATER = "now", "later"
FIRST, SECOND = "first", "second"
# More than so many are bulk whatever the purpose; a message to one person never waits.
UNDO_ABOVE = 20
SHORTEST_VALIDITY, LONGEST_VALIDITY = 5, 7 * 24 * 60
MOST_CANARY = 1_000
LONGEST_WATCH = 24 * 60
# The widest gap there ever was: whole days that a country left out.
WIDEST_GAP = timedelta(days=1, hours=2)
MINUTE = timedelta(minutes=1)
_at_once = _("Send it at once")
AT_ONCE = Mend("clear_schedule", "/send_at", _at_once, words=_at_once)
FORM = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True)
class Plan:
    """What somebody chose so far.

    `local` is "2026-11-22T09:00" on the clocks of `zone` (IANA); `turn` says which of two equal times is meant when
    the clocks go back. `valid_minutes` counts from the sending; None leaves it to the portal. So many of `canary` go
    first; the rest follows by itself once all of them are delivered, if that is within `canary_minutes`. `resend_of`
    is the message whose failures this is for.
    """

    purpose: str = MARKETING
    when: str = NOW
    local: str = ""
    zone: str = ""
    turn: str = ""
    valid_minutes: int | None = None
    canary: int | None = None
    canary_minutes: int | None = None
    resend_of: str = ""

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Plan":
        """A plan as `to_json` gave it; names that a newer release may have added are left out."""
        return cls(**{name: value for name, value in stored.items() if name in cls.__slots__})

    def to_json(self) -> dict[str, Any]:
        """What differs from the plan of an untouched draft."""
        return {name: value for name, value in asdict(self).items() if value != getattr(UNTOUCHED, name)}


@dataclass(frozen=True, slots=True)
class Timing:
    """When a plan means: `send_at` (None for now), as it was said, and when the message runs out.

    `names` are what the zone calls the two times when the clocks show this one twice, and () otherwise.
    """

    send_at: datetime | None = None
    said: str = ""
    expire_at: datetime | None = None
    names: tuple[str, ...] = ()


UNTOUCHED = Plan()
# Read once: it walks the whole directory of zones.
ZONES = frozenset(zone for zone in available_timezones() if zone != "localtime" and not zone.startswith("posix"))


def timing(plan: Plan, now: datetime) -> tuple[Timing, list[Finding]]:
    """The moments a plan means, seen from `now`, and what stands against them.

    With a blocking finding about the time, `send_at` is None and the plan must not be carried out.
    """
    found, findings = (Timing(), []) if plan.when == NOW else _moment(plan)
    if plan.when != NOW and found.send_at is None and not findings:
        findings = [
            _wrong("schedule_missing", _("No time to send at is chosen."), _("Choose a day and a time, or now."))
        ]
    findings += _validity(plan)
    if plan.valid_minutes is not None and not any(one.severity is Severity.BLOCKS for one in findings):
        found = replace(found, expire_at=(found.send_at or now) + timedelta(minutes=plan.valid_minutes))
    return found, [*findings, *_canary(plan)]


def undo_seconds(plan: Plan, accepted: int, seconds: int) -> int:
    """How long a message to so many waits for second thoughts: `seconds` for whatever is bulk, else nothing."""
    bulk = accepted > UNDO_ABOVE or (plan.purpose == MARKETING and accepted > 1)
    return seconds if bulk else 0


def words(moment: datetime, zone: str) -> str:
    """A moment on the clocks of a zone: "2026-11-22 09:00 America/Toronto (EST, UTC-5)"."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%d %H:%M} {zone} ({_zone_name(local)})"


def _moment(plan: Plan) -> tuple[Timing, list[Finding]]:
    if not plan.local:
        return Timing(), []
    if plan.zone not in ZONES:
        unknown, fix = (
            _("“{zone}” is no time zone that is known here."),
            _("Choose one of the list, such as America/Toronto."),
        )
        return Timing(), [_wrong("zone_unknown", unknown, fix, {"zone": plan.zone[:60]})]
    try:
        naive = datetime.strptime(plan.local, FORM)  # noqa: DTZ007 (the zone comes next)
    except ValueError:
        return Timing(), [_wrong("schedule_unreadable", _("The time to send at is no time."), _("Choose it anew."))]
    if not datetime(2000, 1, 1) <= naive <= datetime(2200, 1, 1):  # noqa: DTZ001
        return Timing(), [_wrong("schedule_far", _("The time to send at is out of all reach."), _("Choose it anew."))]
    zone = ZoneInfo(plan.zone)
    if not _exists(naive, zone):
        return Timing(), [_gap(plan, naive, zone)]
    both = [naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
    meant = both[1] if plan.turn == SECOND else both[0]
    send_at = meant.astimezone(UTC)
    if both[0].utcoffset() == both[1].utcoffset():
        return Timing(send_at, words(send_at, plan.zone)), []
    names = tuple(_zone_name(one) for one in both)
    found = Timing(send_at, words(send_at, plan.zone), names=names)
    return found, [] if plan.turn in {FIRST, SECOND} else [_twice(naive, names)]


def _exists(naive: datetime, zone: ZoneInfo) -> bool:
    """Whether the clocks of a zone ever show this time: they leave some out when they go forward."""
    return naive.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == naive


def _gap(plan: Plan, naive: datetime, zone: ZoneInfo) -> Finding:
    later = naive
    while not _exists(later, zone) and later < naive + WIDEST_GAP:
        later += MINUTE
    return _wrong(
        "schedule_skipped",
        _("{time} does not exist on {day} in {zone}: the clocks go forward over it."),
        _("The next time there is {next}."),
        {
            "time": f"{naive:%H:%M}",
            "day": f"{naive:%Y-%m-%d}",
            "zone": plan.zone,
            "next": f"{later:%Y-%m-%d %H:%M}",
        },
    )


def _twice(naive: datetime, names: tuple[str, ...]) -> Finding:
    return finding(
        "schedule_twice",
        Severity.ADVISES,
        "/send_at",
        _("The clocks show {time} twice that day; the first is meant ({first})."),
        {"time": f"{naive:%H:%M}", "first": names[0], "second": names[1]},
        fix=_("Choose the second ({second}) if you mean that one."),
    )


def _validity(plan: Plan) -> list[Finding]:
    minutes = plan.valid_minutes
    if minutes is None or SHORTEST_VALIDITY <= minutes <= LONGEST_VALIDITY:
        return []
    return [
        finding(
            "validity_range",
            Severity.BLOCKS,
            "/expire_at",
            _("A message is tried for {least} to {most} minutes, not {actual}."),
            {"least": SHORTEST_VALIDITY, "most": LONGEST_VALIDITY, "actual": minutes},
            limit=LONGEST_VALIDITY,
            actual=minutes,
            fix=_("Choose a validity of the list."),
        )
    ]


def _canary(plan: Plan) -> list[Finding]:
    checks = (
        (plan.canary, MOST_CANARY, "canary_range", _("1 to {most} recipients go first, not {actual}.")),
        (
            plan.canary_minutes,
            LONGEST_WATCH,
            "canary_watch_range",
            _("Their delivery is waited for 1 to {most} minutes, not {actual}."),
        ),
    )
    return [
        finding(
            code,
            Severity.BLOCKS,
            "/canary",
            words,
            {"most": most, "actual": number},
            limit=most,
            actual=number,
            fix=_("Give a number from 1 to {most}, or none."),
        )
        for number, most, code, words in checks
        if number is not None and not 1 <= number <= most
    ]


def _zone_name(local: datetime) -> str:
    """How the zone is called then, and how far it is from UTC: "EST, UTC-5"."""
    hours, minutes = divmod(abs(int((local.utcoffset() or timedelta()).total_seconds())) // 60, 60)
    sign = "-" if (local.utcoffset() or timedelta()) < timedelta() else "+"
    offset = f"UTC{sign}{hours}{f':{minutes:02d}' if minutes else ''}"
    name = local.tzname() or ""
    return f"{name}, {offset}" if name.isalpha() and name != "UTC" else offset


def _wrong(code: str, words: str, fix: str, values: Values | None = None) -> Finding:
    return finding(code, Severity.BLOCKS, "/send_at", words, values, fix=fix, mends=(AT_ONCE,))
