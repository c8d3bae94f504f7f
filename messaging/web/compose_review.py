"""A draft, examined: everything the composer page says about it, from one reading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from messaging.addresses import SenderKind
from messaging.composing import resolve
from messaging.content import Content, missing
from messaging.models import Draft, Sender
from messaging.queueing import RecipientOrder, examine
from messaging.routing import profile_of
from messaging.slide_rules import Finding, Profile, Severity, blocking
from messaging.sms import Segments
from messaging.web.compose_findings import (
    Held,
    Item,
    entry_findings,
    held_back,
    profiles,
    sender_findings,
    without_sender,
)
from messaging.web.compose_lists import Listed, list_findings, listed
from messaging.web.compose_offers import offers
from messaging.web.compose_orders import asked, usable
from messaging.web.compose_people import Previewed, fitting, previewed
from messaging.web.compose_plan import Planned, carriers, planned, promise_findings
from messaging.web.compose_preview import KINDS, Sms, sms
from messaging.web.compose_senders import Mark, Strip, Way, chosen, offered, strip
from messaging.web.compose_shown import ShownSlide, assets_of, shown_slides
from messaging.web.composer_form import field_of, slide_keys
from messaging.web.recipients import Recipient, read_recipients, tidied

TYPED_ABOVE = 100
MOST_SHOWN = 20
MOST_PREVIEWED = 50


@dataclass(frozen=True)
class Review:
    """What is known of a draft; templates read it, nothing in it writes."""

    draft: Draft
    content: Content
    sender: Sender | None
    limits: Profile
    findings: list[Finding]
    entries: list[Recipient]
    recipients: list[RecipientOrder]
    held_back: list[Held]
    slides: list[ShownSlide]
    keys: list[str]
    listed: Listed | None
    # Whom the preview speaks to, and whose message stands for all: the same person, or the first.
    person: Previewed
    reader: Previewed
    ways: Sequence[Way]
    marks: Sequence[Mark]
    most_slides: int
    planned: Planned
    carried: Mapping[Sender, int]
    untouched: bool = False

    @property
    def errors(self) -> int:
        return len(blocking(self.findings))

    @property
    def warnings(self) -> int:
        return len(self.findings) - self.errors

    @property
    def items(self) -> list[Item]:
        return [
            Item(
                id=f"check-{index}",
                code=finding.code,
                level="err" if finding.severity is Severity.BLOCKS else "warn",
                field=field_of(finding.pointer, self.keys),
                message=finding.said(_),
                fix=finding.way_out(_),
                offers=offers(finding, self.ways),
            )
            for index, finding in enumerate(self.findings, start=1)
        ]

    @property
    def reason(self) -> str:
        """Why it cannot be sent yet, or nothing."""
        if not self.errors:
            return ""
        words = ngettext("%(n)s thing has to be fixed first.", "%(n)s things have to be fixed first.", self.errors)
        return words % {"n": self.errors}

    @property
    def announcement(self) -> str:
        if not self.findings:
            return _("Checked: nothing to fix.")
        counts = {"errors": self.errors, "warnings": self.warnings}
        return _("Checked: %(errors)s to fix, %(warnings)s to consider.") % counts

    @property
    def accepted(self) -> int:
        return len(self.recipients) + (self.listed.accepted if self.listed else 0)

    @property
    def left_out(self) -> int:
        """How many were named and will not be sent to."""
        return len(self.held_back) + (self.listed.left_out if self.listed else 0)

    @property
    def preview_as(self) -> int:
        return self.person.place

    @property
    def must_type(self) -> bool:
        return self.accepted > TYPED_ABOVE

    @property
    def unreadable(self) -> int:
        return sum(bool(entry.error) for entry in self.entries)

    @property
    def silent(self) -> frozenset[str]:
        """The numbers that are left out because they have opted out."""
        return frozenset(held.number for held in self.held_back if held.code == "opted_out")

    @property
    def shown_recipients(self) -> list[Recipient]:
        """What needs a look first, then the others."""
        silent = self.silent
        return sorted(
            self.entries, key=lambda entry: (not entry.error, entry.number not in silent, not entry.repeated)
        )[:MOST_SHOWN]

    @property
    def more_recipients(self) -> int:
        return max(0, len(self.entries) - MOST_SHOWN)

    @property
    def tidied(self) -> str | None:
        """The recipients in normal form, when the box does not hold them so already."""
        text = tidied(self.entries)
        return text if text != self.draft.recipients.strip() else None

    @property
    def preview_choices(self) -> list[RecipientOrder]:
        return self.recipients[:MOST_PREVIEWED]

    @cached_property
    def sms(self) -> Sms:
        """The fallback as the person previewed gets it, or the first one."""
        return sms(self.content.fallback, self.limits, self.example_values, self.content.subject)

    @property
    def segments(self) -> Segments:
        return self.sms.cut

    @property
    def subject_length(self) -> int:
        return len(self.example.subject)

    @property
    def seconds(self) -> int:
        return sum(slide.duration for slide in self.content.slides)

    @property
    def bytes(self) -> int:
        media = sum(part.size for _where, part in self.content.parts())
        return media + sum(len(slide.text.encode()) for slide in self.content.slides)

    @property
    def kilobytes(self) -> int:
        return -(-self.bytes // 1000)

    @property
    def budget(self) -> int:
        return self.limits.total_bytes // 1000

    @property
    def percent(self) -> int:
        return min(100, 100 * self.bytes // self.limits.total_bytes)

    @property
    def names(self) -> list[str]:
        """Every placeholder name in use or with a value."""
        own = [name for entry in self.entries[:MOST_PREVIEWED] for name in entry.values]
        own += self.listed.names if self.listed else []
        return list(dict.fromkeys([*self.content.placeholders(), *self.draft.substitutions, *own]))[:30]

    @property
    def wanted(self) -> list[str]:
        """Placeholders that no value stands ready for."""
        first = self.recipients[0].substitutions if self.recipients else {}
        columns = dict.fromkeys(self.listed.names if self.listed else (), "")
        return list(missing(self.content, {**self.draft.substitutions, **columns, **first}))[:30]

    @property
    def value_rows(self) -> list[tuple[str, str]]:
        return list(self.draft.substitutions.items()) or [("", "")]

    @property
    def from_address(self) -> str:
        return self.sender.address if self.sender else ""

    @property
    def account(self) -> str:
        return self.sender.account.name if self.sender else ""

    @property
    def carriers(self) -> list[Way]:
        """The accounts that would carry it."""
        return [way for way in self.ways if way.carries]

    @property
    def avatar(self) -> str:
        return self.from_address.lstrip("+")[:2] or "?"

    @property
    def shape(self) -> str:
        """Changes when the preview as a whole has to be drawn anew."""
        return " ".join([self.from_address, self.sender_kind, *self.keys])

    @property
    def first_number(self) -> str:
        return self.reader.number

    @property
    def example(self) -> Content:
        """The message as its first recipient gets it."""
        return self.content.substituted(self.example_values)

    @cached_property
    def example_values(self) -> Mapping[str, str]:
        """The values of whoever is previewed, or of the first recipient."""
        return fitting(self.content, self.reader.values)

    @property
    def sender_kind(self) -> str:
        """What people see of the sender, in words for `translate`."""
        return KINDS[SenderKind(self.sender.kind)] if self.sender else ""


def review(
    draft: Draft,
    *,
    user: User,
    now: datetime,
    keys: Sequence[str] | None = None,
    extra: Sequence[Finding] = (),
    preview_as: int = 0,
) -> Review:
    """Examine a draft as sending it would.

    In: the saved draft, the names its slides have on the page, and what reading the form already found.
    `preview_as` counts the recipients from 1; 0 shows the texts as written.
    """
    content = Content.from_json(draft.content)
    entries = read_recipients(draft.recipients)
    choices = offered(user)
    senders = chosen(draft, user, choices)
    plan = planned(draft, now)
    found = listed(draft, user, senders or choices, {entry.number for entry in entries if entry.usable})
    order = asked(draft, senders or choices, content, entries, user, plan, found)
    examination = examine(order, now=now) if order else None
    recipients = examination.recipients if examination else usable(entries)
    names = list(keys) if keys is not None else slide_keys(len(content.slides))
    person = previewed(draft, content, recipients, found, preview_as)
    findings = [*extra, *entry_findings(entries), *list_findings(found), *sender_findings(draft, senders)]
    findings += examination.findings if examination else without_sender(draft, content, recipients)
    first = examination.senders[0] if examination else None
    findings += [*plan.findings, *promise_findings(plan, first)]
    accounts = strip(examination, choices, draft, now=now) if examination else Strip()
    return Review(
        draft=draft,
        # The examination names what nobody named; the page shows what was typed.
        content=replace(examination.content if examination else resolve(content)[0], name=content.name),
        sender=first if senders else None,
        limits=profile_of(first) if first else profiles()[0],
        findings=sorted(findings, key=lambda finding: finding.severity is not Severity.BLOCKS),
        entries=entries,
        recipients=recipients,
        held_back=held_back(entries, examination),
        slides=shown_slides(content, names, assets_of(content), fitting(content, person.values)),
        keys=names,
        listed=found,
        person=person,
        reader=person if person.place else previewed(draft, content, recipients, found, 1),
        ways=accounts.ways,
        marks=accounts.marks,
        most_slides=max((profile_of(sender).max_slides for sender in senders or choices), default=1),
        planned=plan,
        carried=carriers(examination) if examination else {},
    )
