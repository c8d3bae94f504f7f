"""Which account may carry a content, and why not the others."""

from collections.abc import Sequence
from dataclasses import dataclass

from messaging import addresses
from messaging.gateway import registry
from messaging.models import Sender
from messaging.slide_rules import Finding, Profile, Severity, blocking


@dataclass(frozen=True, slots=True)
class Route:
    """One way a message could take; `reasons` say why it is not eligible, or what to know about it."""

    account: str
    provider: str
    sender: str
    eligible: bool
    reasons: tuple[str, ...]


# Where our senders' numbers live and what every carrier of theirs reaches (webex.md, section 1).
HOME = frozenset({"US", "CA"})
# Numbers that cost whoever writes to them.
PREMIUM = ("+1900", "+1976")


def reaches(sender: Sender, number: str) -> bool:
    """Whether a sender may write to an E.164 number: USA, Canada and the sender's own country, nothing premium."""
    if number.startswith(PREMIUM):
        return False
    country = addresses.country(number)
    # Area codes too new for the tables have no country yet.
    return country in HOME or country == sender.country or (not country and number.startswith("+1"))


def profile_of(sender: Sender) -> Profile:
    """The limits of the account that a sender belongs to."""
    return registry.provider(sender.account.provider).profile


def sender_findings(sender: Sender) -> list[Finding]:
    """What speaks against a sender itself, whatever the content."""
    findings = []
    if not sender.mms_enabled:
        findings.append(
            Finding(
                "sender_not_mms",
                Severity.BLOCKS,
                "/from",
                f"{sender.address} is not enabled for MMS.",
                fix="Choose another sender, or have MMS switched on for it.",
                providers=(sender.account.provider,),
            )
        )
    if sender.paused_at:
        findings.append(
            Finding(
                "sender_paused",
                Severity.ADVISES,
                "/from",
                f"The sender {sender.address} is paused; the message waits until it is resumed.",
                fix="Ask an admin to resume it, or choose another sender.",
                providers=(sender.account.provider,),
            )
        )
    if sender.account.paused_at:
        findings.append(
            Finding(
                "account_paused",
                Severity.ADVISES,
                "/from",
                f"The account “{sender.account.name}” is paused; the message waits until it is resumed.",
                fix="Ask an admin to resume it, or choose a sender of another account.",
                providers=(sender.account.provider,),
            )
        )
    return findings


def routes(sender: Sender, findings: Sequence[Finding]) -> list[Route]:
    """The chosen sender's way, with what speaks against it."""
    provider = sender.account.provider
    against = [finding for finding in blocking(findings) if not finding.providers or provider in finding.providers]
    return [
        Route(
            account=sender.account.name,
            provider=provider,
            sender=sender.address,
            eligible=not against,
            reasons=tuple(finding.message for finding in against or findings),
        )
    ]
