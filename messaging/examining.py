"""What can be said of an order before it is accepted: may it go, through whom, to whom, and what is wrong where."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from messaging import consent, encoding
from messaging.composing import resolve
from messaging.content import Content
from messaging.fitting import Job
from messaging.models import Message, Sender
from messaging.orders import Order, RecipientOrder
from messaging.routes import Route, routes
from messaging.routing import HOME, Candidate, Unseen, assigned, candidates, profile_of
from messaging.slide_rules import Finding, Severity, blocking, merged, orders
from messaging.slide_rules.findings import finding
from messaging.slide_rules.findings import gettext_noop as _

MOST_RECIPIENTS = 100_000
# Written into the composer, which looks at each again with every key; more come as an imported list.
MOST_TYPED = 10_000
# How many numbers of other countries are named one by one.
MOST_ABROAD = 50
_REACH = _("{number} cannot be reached: {sender} sends to mobile numbers of the USA and Canada.")
_REACH_ABROAD = _("{number} cannot be reached: {sender} sends to mobile numbers of the USA and Canada and {country}.")
OPTED_OUT = "The recipient has opted out; nothing is sent."


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A recipient who will not be sent to, and why; `index` counts from 0 in the order given."""

    index: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Place:
    """One recipient and who carries the message there; nobody to those who have opted out."""

    recipient: RecipientOrder
    sender: Sender | None


@dataclass(frozen=True, slots=True)
class Examination:
    """Everything that can be said about an order before it is sent.

    `places` hold each recipient once, in the order given, those who are held back among them. `candidates` are all who
    were named, `senders` who would carry it: the first is the message's own, the others stand by. `fitting` has to be
    made before it leaves; `content` is as it was given.
    """

    ok: bool
    content: Content
    findings: list[Finding]
    routing: list[Route]
    places: list[Place]
    held_back: list[HeldBack]
    candidates: list[Candidate]
    senders: list[Sender]
    fitting: tuple[Job, ...] = ()
    # Those that the order only counts.
    unseen: Unseen | None = None

    @property
    def recipients(self) -> list[RecipientOrder]:
        """Those of the ones that are named whom the message would go to."""
        return [place.recipient for place in self.places if place.sender]

    @property
    def counted(self) -> int:
        return self.unseen.total if self.unseen else 0

    @property
    def accepted(self) -> int:
        """How many recipients the message would go to, those who are only counted among them."""
        return len(self.recipients) + self.counted


def examine(order: Order, *, now: datetime) -> Examination:
    """May this go, through whom, and what is wrong where. Writes nothing. Three queries at most.

    With one sender, all that blocks it blocks. With several, what blocks only some of them stands in their routes.
    """
    owner = order.api_key.owner_label if order.api_key and not order.shared_files else None
    content, general = resolve(order.content, owner=owner)
    content = replace(content, name=_name(content))
    once, held_back = _merged(order.recipients)
    # Of a list that is far too long, nothing more need be known.
    asked = order.nobody_silent or len(once) > _most(order)
    silent = set[str]() if asked else _silent(once.values(), order.senders)
    kept = {number: who for number, who in once.items() if number not in silent}
    numbers = list(kept) if len(kept) <= _most(order) else []
    found, jobs, told = encoding.made_to_fit(
        order,
        content,
        _candidates(order, content, kept, numbers, now),
        numbers,
        lambda planned: _candidates(order, planned, kept, numbers, now),
    )
    carriers = assigned(found, numbers)
    carrying = Counter(sender.pk for sender in carriers.values() if sender)
    able = [candidate for candidate in found if candidate.fits and _reaches_some(candidate, order, numbers)]
    # Who named nobody wants to hear what is closest, not what speaks against each.
    shown = [candidate for candidate in able if candidate.sender.pk in carrying] or able[:1]
    shown = shown or (found[:1] if order.any_sender else found)
    others = [*_number_findings(order, kept), *orders.times(order.send_at, order.expire_at, now)]
    abroad = list(_abroad(order.recipients, numbers, able or found))
    findings = [*general, *order.noted, *told, *_candidate_findings(shown), *others, *abroad]
    findings.sort(key=lambda finding: finding.severity is not Severity.BLOCKS)
    return Examination(
        ok=not blocking(findings),
        content=content,
        findings=findings,
        # A number out of reach stops a message that has but one sender; where there are several, it is no fault of any.
        routing=routes(
            found, [*general, *others, *(abroad if len(found) == 1 else [])], numbers=numbers, carrying=carrying
        ),
        # Whom nobody reaches stays with the first, for the page; such a message is never written.
        places=[
            Place(who, (carriers.get(number) or order.sender) if number in kept else None)
            for number, who in once.items()
        ],
        held_back=sorted([*held_back, *_opted_out(order.recipients, silent)], key=lambda held: held.index),
        candidates=found,
        senders=_in_turn(able, shown),
        fitting=jobs,
        unseen=order.unseen,
    )


def _candidates(
    order: Order, content: Content, kept: Mapping[str, RecipientOrder], numbers: Collection[str], now: datetime
) -> list[Candidate]:
    """Who might carry it, in the order of preference: the order's own, or what the content suits best."""
    found = candidates(
        order.senders,
        content,
        numbers=numbers,
        shared=order.substitutions,
        recipients=[who.substitutions for who in kept.values()],
        due=order.send_at or now,
        expires=order.expire_at,
        unseen=order.unseen,
        key=order.api_key,
    )
    if order.any_sender:
        found.sort(key=_suits)
    return found


def _most(order: Order) -> int:
    """How many recipients one message may have."""
    typed = order.source == Message.Source.WEB and not order.recipient_list
    return MOST_TYPED if typed else MOST_RECIPIENTS


def _reaches_some(candidate: Candidate, order: Order, numbers: Collection[str]) -> bool:
    return bool(candidate.reaches or candidate.reaches_unseen or not (numbers or order.unseen))


def _suits(candidate: Candidate) -> tuple[bool, int, int, int]:
    """What speaks against a candidate, least first; of those that do not fit, who takes more slides comes first."""
    said = (*candidate.content, *candidate.own)
    against = len(blocking(said))
    return candidate.paused, against, -profile_of(candidate.sender).max_slides if against else 0, len(said)


def _name(content: Content) -> str:
    """The internal label; providers want one, so an unnamed message is called by what it says."""
    first = content.slides[0].text if content.slides else ""
    return content.name or content.subject or " ".join(first.split())[:60] or "MMS"


def _in_turn(able: Sequence[Candidate], shown: Sequence[Candidate]) -> list[Sender]:
    """Who carries a message first, then who may take over."""
    return list({candidate.sender.pk: candidate.sender for candidate in (*shown[:1], *able)}.values())


def _candidate_findings(shown: Sequence[Candidate]) -> list[Finding]:
    own = {(one.code, one.message): one for candidate in shown for one in candidate.own}
    return [*merged(one for candidate in shown for one in candidate.content), *own.values()]


def _merged(recipients: Sequence[RecipientOrder]) -> tuple[dict[str, RecipientOrder], list[HeldBack]]:
    """Each number once, and those that stood in the list already."""
    kept: dict[str, RecipientOrder] = {}
    held_back = []
    for index, recipient in enumerate(recipients):
        if recipient.number in kept:
            held_back.append(
                HeldBack(index, "recipient_repeated", "This number stands in the list already; it is sent to once.")
            )
        else:
            kept[recipient.number] = recipient
    return kept, held_back


def _silent(recipients: Iterable[RecipientOrder], senders: Sequence[Sender]) -> set[str]:
    """The numbers that have opted out of any of the senders: a STOP must not be dodged by changing sides."""
    pairs = ((who.number, sender.pk) for who in recipients for sender in senders)
    return {number for number, _sender in consent.opted_out(pairs)}


def _opted_out(recipients: Sequence[RecipientOrder], silent: set[str]) -> Iterator[HeldBack]:
    told = set[str]()
    for index, who in enumerate(recipients):
        if who.number in silent and who.number not in told:
            told.add(who.number)
            yield HeldBack(index, "opted_out", OPTED_OUT)


def _number_findings(order: Order, kept: Collection[str]) -> Iterator[Finding]:
    counted = order.unseen.total if order.unseen else 0
    # A list of which only the summary is known is there, even while nothing of it has been counted.
    asked = len(order.recipients) + counted or int(order.unseen is not None)
    return orders.recipients(asked, len(kept) + counted, _most(order))


def _abroad(
    recipients: Sequence[RecipientOrder], numbers: Collection[str], able: Sequence[Candidate]
) -> Iterator[Finding]:
    """Those of the numbers that none of the senders reaches."""
    if len(able) == 1:
        sender = able[0].sender
        values = {"sender": sender.address, "country": sender.country}
        words = _REACH if sender.country in HOME else _REACH_ABROAD
    else:
        words, values = _("{number} cannot be reached: none of the chosen senders sends there."), {}
    reached = frozenset[str]().union(*(candidate.reaches for candidate in able))
    outside = set(numbers) - reached
    abroad = [(index, who.number) for index, who in enumerate(recipients) if who.number in outside] if outside else []
    if len(abroad) > MOST_ABROAD:
        yield finding(
            "more_out_of_reach",
            Severity.BLOCKS,
            "/to",
            _("{count} numbers cannot be reached; the first {most} are named."),
            {"count": len(abroad), "most": MOST_ABROAD},
            limit=MOST_ABROAD,
            actual=len(abroad),
            fix=_("Remove them, or choose senders of their countries."),
        )
    for index, number in abroad[:MOST_ABROAD]:
        yield finding(
            "country_not_allowed",
            Severity.BLOCKS,
            f"/to/{index}",
            words,
            {**values, "number": number},
            fix=_("Remove this number, or choose a sender of its country."),
        )
