"""Rules about when: how long the link of a fallback SMS may live."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from messaging.content import Content
from messaging.slide_rules.findings import Finding, blocks
from messaging.slide_rules.profiles import Profile

POINTER = "/fallback/link_expires_at"


def link_expiry(content: Content, profile: Profile, now: datetime) -> Iterator[Finding]:
    """What is wrong with the time at which a fallback link expires; `now` is when the message goes out.

    Nothing where no link is sent, or where the provider lets nobody choose the time.
    """
    fallback = content.fallback
    if profile.link_days is None or fallback.disabled or not fallback.link or not fallback.link_expires_at:
        return
    moment = _moment(fallback.link_expires_at)
    if moment is None or moment <= now:
        yield blocks(
            "link_expires_wrong",
            POINTER,
            "The time at which the link expires is no time, or lies before the message is sent.",
            fix="Name a later time, such as 2026-12-31T18:00:00Z, or none.",
        )
    elif moment > now + timedelta(days=profile.link_days):
        yield blocks(
            "link_expires_late",
            POINTER,
            f"The link would live longer than {profile.link_days} days, the most at {profile.label}.",
            limit=profile.link_days,
            actual=(moment - now).days + 1,
            fix=f"Name a time within {profile.link_days} days, or none.",
        )


def _moment(written: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
