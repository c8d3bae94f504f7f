"""What the composer finds beside the rules: sender, recipients, and every provider while no sender is chosen."""

from collections.abc import Sequence

from messaging.composing import resolve
from messaging.content import Content
from messaging.gateway import registry
from messaging.models import Draft, Sender
from messaging.queueing import RecipientOrder
from messaging.routing import profile_of
from messaging.slide_rules import Finding, Profile, Severity, check
from messaging.web.recipients import Recipient


def profiles_for(sender: Sender | None) -> list[Profile]:
    if sender:
        return [profile_of(sender)]
    return [registry.provider(name).profile for name in registry.names()]


def without_sender(draft: Draft, content: Content, recipients: Sequence[RecipientOrder]) -> list[Finding]:
    """The rules of every provider, as long as nobody has said which one it will be."""
    resolved, findings = resolve(content)
    own = [recipient.substitutions for recipient in recipients]
    if not recipients:
        findings.append(_blocks("recipients_missing", "/to", "Nobody to send to.", "Add a number."))
    return findings + check(resolved, profiles_for(None), shared=draft.substitutions, recipients=own)


def sender_findings(draft: Draft, sender: Sender | None) -> list[Finding]:
    if sender:
        return []
    if draft.sender_id:
        return [_blocks("sender_not_allowed", "/from", "This sender is not yours to use.", "Choose another one.")]
    return [_blocks("sender_missing", "/from", "No sender is chosen.", "Choose who the message comes from.")]


def entry_findings(entries: Sequence[Recipient]) -> list[Finding]:
    wrong = [entry for entry in entries if entry.error]
    findings = []
    if wrong:
        shown = f"{len(wrong)} entries are" if len(wrong) > 1 else f"“{wrong[0].written[:40]}” is"
        findings.append(_blocks("number_not_valid", "/to", f"{shown} not a phone number.", wrong[0].error))
    repeated = sum(entry.repeated for entry in entries)
    if repeated:
        message = f"{repeated} {'number stands' if repeated == 1 else 'numbers stand'} in the list more than once."
        fix = "Each is sent to once."
        findings.append(Finding("recipient_repeated", Severity.ADVISES, "/to", message, fix=fix))
    return findings


def _blocks(code: str, pointer: str, message: str, fix: str) -> Finding:
    return Finding(code, Severity.BLOCKS, pointer, message, fix=fix)
