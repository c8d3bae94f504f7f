"""Rules about when: how long the link of a fallback SMS may live."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from messaging.content import Content
from messaging.slide_rules.findings import Finding, Mend, blocks, mend
from messaging.slide_rules.findings import gettext_noop as _
from messaging.slide_rules.profiles import Profile

POINTER = "/fallback/link_expires_at"
# What a link is given whose end cannot be used: time enough to read, not for ever.
USUAL_DAYS = 30


def link_expiry(content: Content, profile: Profile, now: datetime) -> Iterator[Finding]:
    """What is wrong with the time at which a fallback link expires; `now` is when the message goes out.

    Nothing where no link is sent, or where the provider lets nobody choose the time.
    """
    fallback, days = content.fallback, profile.link_days
    if days is None or fallback.disabled or not fallback.link or not fallback.link_expires_at:
        return
    moment = _moment(fallback.link_expires_at)
    if moment is None or moment <= now:
        yield blocks(
            "link_expires_wrong",
            POINTER,
            _("The time at which the link expires is no time, or lies before the message is sent."),
            fix=_("Name a later time, such as 2026-12-31T18:00:00Z, or none."),
            mends=_mends(min(USUAL_DAYS, days)),
        )
    elif moment > now + timedelta(days=days):
        yield blocks(
            "link_expires_late",
            POINTER,
            _("The link would live longer than {days} days, the most at {provider}."),
            {"days": days, "provider": profile.label},
            limit=days,
            actual=(moment - now).days + 1,
            fix=_("Name a time within {days} days, or none."),
            mends=_mends(days),
        )


def _mends(days: int) -> tuple[Mend, ...]:
    return (
        mend("set_link_expiry", POINTER, _("Let it live for {days} days"), days=days),
        mend("clear_link_expiry", POINTER, _("Name no time")),
    )


def _moment(written: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(written)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
