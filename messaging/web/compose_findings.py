"""What the composer finds beside the rules: sender, recipients, and every provider while no sender is chosen."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_noop as noop

from messaging.composing import resolve
from messaging.content import Content
from messaging.gateway import registry
from messaging.models import Draft, Sender
from messaging.queueing import Examination, RecipientOrder
from messaging.slide_rules import Finding, Profile, Severity, blocking, check
from messaging.slide_rules.findings import Values, finding
from messaging.web.compose_offers import Offer
from messaging.web.recipients import LONGEST_VALUE, Recipient


@dataclass(frozen=True, slots=True)
class Item:
    """A finding as a line of the checks: its level, its field on the page, what is wrong and the way out."""

    id: str
    code: str
    level: str
    field: str
    message: str
    fix: str
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """A recipient who is left out, and why."""

    number: str
    code: str
    message: str


def profiles() -> list[Profile]:
    """What each provider takes."""
    return [registry.provider(name).profile for name in registry.names()]


def without_sender(draft: Draft, content: Content, recipients: Sequence[RecipientOrder]) -> list[Finding]:
    """The rules of whichever provider has the least against it, for people who have no sender at all."""
    resolved, findings = resolve(content)
    own = [recipient.substitutions for recipient in recipients]
    if not recipients:
        findings.append(_blocks("recipients_missing", "/to", noop("Nobody to send to."), noop("Add a number.")))
    said = [check(resolved, [profile], shared=draft.substitutions, recipients=own) for profile in profiles()]
    return findings + min(said, key=lambda one: (len(blocking(one)), len(one)))


def sender_findings(draft: Draft, senders: Sequence[Sender]) -> list[Finding]:
    """What speaks against the choice of a sender; `senders` are those that it amounts to."""
    if senders:
        return []
    if draft.any_sender:
        return [
            _blocks("sender_not_allowed", "/from", noop("No sender is yours to use."), noop("Ask an admin for one."))
        ]
    if draft.sender_id:
        words, fix = noop("This sender is not yours to use."), noop("Choose another one.")
        return [_blocks("sender_not_allowed", "/from", words, fix)]
    return [
        _blocks("sender_missing", "/from", noop("No sender is chosen."), noop("Choose who the message comes from."))
    ]


def entry_findings(entries: Sequence[Recipient]) -> list[Finding]:
    wrong = [entry for entry in entries if entry.error]
    findings = []
    if wrong:
        one, many = noop("“{written}” is not a phone number."), noop("{number} entries are not phone numbers.")
        values: Values = {"number": len(wrong), "written": wrong[0].written[:40], "longest": LONGEST_VALUE}
        findings.append(_blocks("number_not_valid", "/to", many if len(wrong) > 1 else one, wrong[0].error, values))
    repeated = sum(entry.repeated for entry in entries)
    if repeated:
        one = noop("One number stands in the list more than once.")
        many = noop("{number} numbers stand in the list more than once.")
        words, fix = (one if repeated == 1 else many), noop("Each is sent to once.")
        findings.append(finding("recipient_repeated", Severity.ADVISES, "/to", words, {"number": repeated}, fix=fix))
    return findings


def held_back(entries: Sequence[Recipient], examination: Examination | None) -> list[Held]:
    """Who is left out of what was typed, in its order."""
    if examination is None:
        return []
    numbered = [entry for entry in entries if entry.number]
    return [Held(numbered[held.index].number, held.code, held.message) for held in examination.held_back]


def _blocks(code: str, pointer: str, words: str, fix: str, values: Values | None = None) -> Finding:
    return finding(code, Severity.BLOCKS, pointer, words, values, fix=fix)
