"""Rules about an order beside its content: when it runs out, our reference, and what its account must name."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from messaging.slide_rules.findings import Finding, Mend, Severity, Values, finding
from messaging.slide_rules.findings import gettext_noop as _
from messaging.slide_rules.profiles import Profile, of_provider

# The credential of an account by which its campaign is known.
CAMPAIGN = "campaign_ref"
# How long a message may wait, and how long it may live from then on.
FURTHEST = timedelta(days=7)


def times(send_at: datetime | None, expire_at: datetime | None, now: datetime) -> Iterator[Finding]:
    """What is wrong with the times of an order, whoever carries it."""
    days = FURTHEST.days
    at_once = _("Send it at once")
    mends = (Mend("clear_schedule", "/send_at", at_once, words=at_once),)
    if send_at and send_at <= now:
        words, fix = _("The time to send lies in the past."), _("Name a later time, or none.")
        yield _wrong("schedule_past", "/send_at", words, fix, mends=mends)
    if send_at and send_at > now + FURTHEST:
        words, fix = _("A message can wait for {days} days at most."), _("Name a time within {days} days.")
        yield _wrong("schedule_far", "/send_at", words, fix, {"days": days}, limit=days, mends=mends)
    due = send_at or now
    if expire_at and expire_at <= due:
        words, fix = _("It would expire before it is sent."), _("Name a later time.")
        yield _wrong("expires_early", "/expire_at", words, fix)
    if expire_at and expire_at > due + FURTHEST:
        words, fix = _("A message lives for {days} days at most."), _("Name a time within {days} days.")
        longest, asked = int(FURTHEST.total_seconds()), int((expire_at - due).total_seconds())
        yield _wrong("expires_late", "/expire_at", words, fix, {"days": days}, limit=longest, actual=asked)


def recipients(asked: int, left: int, most: int) -> Iterator[Finding]:
    """What is wrong with how many numbers an order names, of whom `left` may be written to; `most` is its limit."""
    if not asked:
        words, fix = _("Nobody to send to."), _("Add a number.")
        yield _wrong("recipients_missing", "/to", words, fix, limit=1, actual=0)
    elif asked > most:
        words, fix = _("{count} recipients; one message goes to {most} at most."), _("Split the list.")
        yield _wrong("too_many_recipients", "/to", words, fix, {"count": asked, "most": most}, limit=most, actual=asked)
    elif not left:
        words = _("Nobody is left to send to: every recipient has opted out.")
        fix = _("Write only to people who want to hear from this sender.")
        yield _wrong("recipients_opted_out", "/to", words, fix)


def _wrong(code: str, pointer: str, words: str, fix: str, values: Values | None = None, **more: object) -> Finding:
    return finding(code, Severity.BLOCKS, pointer, words, values, fix=fix, **more)  # type: ignore[arg-type]


def expiry(profile: Profile, due: datetime, expires: datetime | None) -> Iterator[Finding]:
    """What a provider says to a message that goes out at `due` and should not arrive after `expires`."""
    if expires is None:
        return
    longest, asked = profile.longest_validity, int((expires - due).total_seconds())
    if longest is not None and asked > longest:
        found = finding(
            "expires_late",
            Severity.BLOCKS,
            "/expire_at",
            _("{provider} keeps a message for {days} days at most."),
            {"provider": profile.label, "days": longest // 86_400},
            limit=longest,
            actual=asked,
            fix=_("Name a time within {days} days."),
        )
        yield of_provider(found, profile)
    elif not profile.carries_expiry:
        found = finding(
            "expiry_not_carried",
            Severity.ADVISES,
            "/expire_at",
            _("{provider} cannot be told when a message runs out: what it has taken by then may still arrive later."),
            {"provider": profile.label},
            fix=_("Choose another sender if it must not arrive late."),
        )
        yield of_provider(found, profile)


def reference(profile: Profile, text: str) -> Iterator[Finding]:
    """What is wrong with the reference that a request carries; nothing where it carries none."""
    longest = profile.reference_limit
    if longest is None:
        return
    if len(text) > longest:
        found = finding(
            "reference_too_long",
            Severity.BLOCKS,
            "/reference",
            _("The reference has {count} characters; {provider} takes {most}."),
            {"count": len(text), "provider": profile.label, "most": longest},
            limit=longest,
            actual=len(text),
            fix=_("Use a shorter reference."),
        )
        yield of_provider(found, profile)
    if not (text.isascii() and text.isprintable()):
        found = finding(
            "reference_characters",
            Severity.BLOCKS,
            "/reference",
            _("The reference holds characters that {provider} does not give back as they were."),
            {"provider": profile.label},
            fix=_("Use letters, digits and hyphens."),
        )
        yield of_provider(found, profile)


def account(profile: Profile, given: Collection[str]) -> Iterator[Finding]:
    """What an account must name before it can send; `given` are the names of the credentials that are set."""
    if profile.campaign_required and CAMPAIGN not in given:
        found = finding(
            "campaign_missing",
            Severity.BLOCKS,
            "/from",
            _("The account checks campaigns at {provider}, and no campaign reference is set for it."),
            {"provider": profile.label},
            fix=_("Ask an admin to enter the campaign reference, or choose another sender."),
        )
        yield of_provider(found, profile)
