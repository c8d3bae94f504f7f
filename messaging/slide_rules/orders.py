"""Rules about an order beside its content: when it runs out, our reference, and what its account must name."""

from collections.abc import Collection, Iterator
from datetime import datetime

from messaging.slide_rules.findings import Finding, Severity, finding
from messaging.slide_rules.findings import gettext_noop as _
from messaging.slide_rules.profiles import Profile, of_provider

# The credential of an account by which its campaign is known.
CAMPAIGN = "campaign_ref"


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
