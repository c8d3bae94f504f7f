"""Which senders may carry a message, and why not the others: by content, destination, health and limits."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from messaging import addresses, consent, sandboxed
from messaging.content import Content
from messaging.gateway import registry
from messaging.models import ApiKey, Sender, Transaction
from messaging.slide_rules import Finding, Profile, Severity, blocking, check, check_summary, each, merged, orders
from messaging.slide_rules.findings import Word, finding
from messaging.slide_rules.findings import gettext_noop as _
from messaging.slide_rules.profiles import of_provider

# Where our senders' numbers live and what every carrier of theirs reaches (webex.md, section 1).
HOME = frozenset({"US", "CA"})
# How many "any that fits" thinks of: each is looked at for every recipient.
MOST_SENDERS = 50
KINDS = {
    "short_code": "short codes",
    "10dlc": "10DLC numbers",
    "toll_free": "toll-free numbers",
    "long": "long numbers",
    "alphanumeric": "masks",
}


@dataclass(frozen=True, slots=True)
class Unseen:
    """Recipients that are only counted: how many there are, how many in which country, and their values summed up
    (`slide_rules.Summary`). `rows` reads the values of each, for what a sum cannot tell."""

    total: int
    countries: Mapping[str, int]
    summary: Mapping[str, Mapping[str, Any]]
    rows: Callable[[], Sequence[Mapping[str, str]]] | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sender that was named for a message: what its provider says of the content, and what speaks of itself.

    `reaches` are those of the numbers asked for that it may write to.
    """

    sender: Sender
    content: tuple[Finding, ...]
    own: tuple[Finding, ...]
    reaches: frozenset[str]
    # How many of the recipients that are only counted.
    reaches_unseen: int = 0

    @property
    def fits(self) -> bool:
        """Whether nothing speaks against it, the destinations aside."""
        return not blocking((*self.content, *self.own))

    @property
    def paused(self) -> bool:
        """Whether what it carries would have to wait."""
        return self.sender.is_paused


def reaches(sender: Sender, number: str) -> bool:
    """Whether a sender may write to an E.164 number: USA, Canada and the sender's own country, nothing premium."""
    if number.startswith(addresses.PREMIUM):
        return False
    return reaches_country(sender, addresses.home(number))


def reaches_country(sender: Sender, country: str) -> bool:
    """Whether a sender may write to the numbers of a country."""
    return country in HOME or country == sender.country


def profile_of(sender: Sender) -> Profile:
    """The limits of the account that a sender belongs to."""
    return registry.provider(sender.account.provider).profile_for(sender.account.options)


def preferred(senders: Iterable[Sender]) -> list[Sender]:
    """Senders in the order they should be thought of: those that may send and are not paused first."""
    return sorted(senders, key=lambda one: (not one.mms_enabled, one.is_paused, one.pk))


def sender_findings(sender: Sender, key: ApiKey | None = None) -> list[Finding]:
    """What speaks against a sender itself, whatever the content, and against its use by an integration."""
    profile = profile_of(sender)
    return [
        *sandboxed.findings(sender, key),
        *(of_provider(found, profile) for found in _own(sender, profile)),
        *orders.account(profile, sender.account.given),
    ]


def _own(sender: Sender, profile: Profile) -> Iterator[Finding]:
    if not sender.mms_enabled:
        yield finding(
            "sender_not_mms",
            Severity.BLOCKS,
            "/from",
            _("{sender} is not enabled for MMS."),
            {"sender": sender.address},
            fix=_("Choose another sender, or have MMS switched on for it."),
        )
    if not _carried(sender, profile):
        yield finding(
            "sender_kind_not_carried",
            Severity.BLOCKS,
            "/from",
            _("{provider} carries MMS from {senders} only."),
            {"provider": profile.label, "senders": Word(carried_senders(profile))},
            fix=_("Choose another sender."),
        )
    if sender.paused_at:
        yield finding(
            "sender_paused",
            Severity.ADVISES,
            "/from",
            _("The sender {sender} is paused; the message waits until it is resumed."),
            {"sender": sender.address},
            fix=_("Ask an admin to resume it, or choose another sender."),
        )
    if sender.account.paused_at:
        yield finding(
            "account_paused",
            Severity.ADVISES,
            "/from",
            _("The account “{account}” is paused; the message waits until it is resumed."),
            {"account": sender.account.name},
            fix=_("Ask an admin to resume it, or choose a sender of another account."),
        )


def _carried(sender: Sender, profile: Profile) -> bool:
    kind_fits = not profile.sender_kinds or sender.kind in profile.sender_kinds
    return kind_fits and (not profile.sender_countries or sender.country in profile.sender_countries)


def carried_senders(profile: Profile) -> str:
    """Which senders a provider carries MMS from, in words: "US or CA short codes"."""
    countries = " or ".join(sorted(profile.sender_countries))
    kinds = " or ".join(KINDS.get(kind, kind) for kind in sorted(profile.sender_kinds)) or "senders"
    return f"{countries} {kinds}".strip()


def candidates(
    senders: Sequence[Sender],
    content: Content,
    *,
    numbers: Collection[str],
    shared: Mapping[str, str],
    recipients: Sequence[Mapping[str, str]],
    due: datetime,
    expires: datetime | None,
    unseen: Unseen | None = None,
    key: ApiKey | None = None,
) -> list[Candidate]:
    """Each sender with everything that speaks for or against it, in the order given. No query.

    In: the content with its files filled in, the numbers asked for, the values of all and of each recipient, when it
    goes out, and runs out if somebody said so; what is known of recipients only counted; the integration that asks.
    """
    profiles = {sender.account_id: profile_of(sender) for sender in senders}
    # Accounts of a provider that are switched alike share their limits: each is asked about once.
    distinct = list({id(profile): profile for profile in profiles.values()}.values())
    said = {
        id(profile): tuple(found)
        for profile, found in zip(distinct, _said(content, distinct, shared, recipients, unseen, due), strict=True)
    }
    homes = {sender.country: sender for sender in senders}
    reached = {of: frozenset(number for number in numbers if reaches(one, number)) for of, one in homes.items()}
    return [
        Candidate(
            sender,
            said[id(profiles[sender.account_id])],
            (*sender_findings(sender, key), *orders.expiry(profiles[sender.account_id], due, expires)),
            reached[sender.country],
            _reached(sender, unseen) if unseen else 0,
        )
        for sender in senders
    ]


def _said(
    content: Content,
    profiles: Sequence[Profile],
    shared: Mapping[str, str],
    recipients: Sequence[Mapping[str, str]],
    unseen: Unseen | None,
    due: datetime,
) -> list[list[Finding]]:
    """What each profile says of a content, to those who are named and those who are only counted."""
    if unseen is None:
        return each(content, profiles, shared=shared, recipients=recipients, now=due)
    counted = [
        check_summary(content, [profile], unseen.summary, total=unseen.total, shared=shared, now=due, rows=unseen.rows)
        for profile in profiles
    ]
    if not recipients:
        return counted
    named = each(content, profiles, shared=shared, recipients=recipients, now=due)
    return [merged([*one, *other]) for one, other in zip(named, counted, strict=True)]


def _reached(sender: Sender, unseen: Unseen) -> int:
    return sum(count for country, count in unseen.countries.items() if reaches_country(sender, country))


def assigned(found: Sequence[Candidate], numbers: Iterable[str]) -> dict[str, Sender | None]:
    """Who carries the message to each number: the first that fits, reaches it and is not paused, or else is."""
    able = sorted((candidate for candidate in found if candidate.fits), key=lambda candidate: candidate.paused)
    return {number: next((one.sender for one in able if number in one.reaches), None) for number in numbers}


def next_sender(row: Transaction, *, after: UUID) -> Sender | None:
    """Who may carry a transaction instead of the sender `after`, in the order its message names them; None for nobody.

    A later sender takes over when it is not paused, reaches the recipient and its provider takes the frozen content;
    nobody does once the recipient has opted out of one of them, for a STOP must not be dodged by changing sides.
    `row` should come with its message and that with its key: two queries then.
    """
    order = row.message.carriers
    later = order[order.index(after) + 1 :] if after in order else []
    if not later or consent.opted_out((row.recipient, sender) for sender in order):
        return None
    known = Sender.objects.served().select_related("account").in_bulk(later)
    content = row.message.frozen.substituted({**row.message.substitutions, **row.substitutions})
    able = (known[sender] for sender in later if sender in known)
    key = row.message.api_key
    return next((sender for sender in able if _could_take(sender, content, row.recipient, key)), None)


def _could_take(sender: Sender, content: Content, number: str, key: ApiKey | None) -> bool:
    return (
        not sender.is_paused
        and reaches(sender, number)
        and not blocking(sender_findings(sender, key))
        and not blocking(check(content, [profile_of(sender)]))
    )
