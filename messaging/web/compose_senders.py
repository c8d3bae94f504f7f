"""Who may send a draft (one sender, or any that fits), and what each account would say to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from messaging.models import Draft, Sender
from messaging.queueing import Examination
from messaging.routing import MOST_SENDERS, Candidate, candidates, preferred, profile_of
from messaging.slide_rules import blocking

MOST_NOTES = 3


@dataclass(frozen=True, slots=True)
class Way:
    """One account in the strip: whether the message fits it, through which sender, and what there is to know."""

    account: str
    provider: str
    sender: str
    level: str
    verdict: str
    notes: tuple[str, ...]
    carries: bool
    sender_id: str = ""

    @property
    def key(self) -> str:
        """The name of the mend that chooses this account's sender."""
        return f"way-{self.sender_id}"


@dataclass(frozen=True, slots=True)
class Mark:
    """What the list of senders adds to the name of one that would not do."""

    sender_id: str
    words: str


@dataclass(frozen=True, slots=True)
class Strip:
    """Every account by name, and the senders that would not do."""

    ways: Sequence[Way] = ()
    marks: Sequence[Mark] = ()


def offered(user: User) -> list[Sender]:
    """The senders that "any that fits" may choose from, best first. One query."""
    return preferred(Sender.objects.for_user(user).served().select_related("account"))[:MOST_SENDERS]


def chosen(draft: Draft, user: User, choices: Sequence[Sender]) -> list[Sender]:
    """Who may send a draft: nobody while nothing is chosen, or when the sender is not this person's (any more).

    One query at most.
    """
    if draft.any_sender:
        return list(choices)
    if draft.sender_id is None:
        return []
    return list(Sender.objects.for_user(user).served().select_related("account").filter(pk=draft.sender_id))


def strip(examination: Examination, choices: Sequence[Sender], draft: Draft, *, now: datetime) -> Strip:
    """What each account, and each sender that may be chosen, says to a draft as it stands. No query."""
    asked = {candidate.sender.pk for candidate in examination.candidates}
    recipients = examination.recipients
    more = candidates(
        [sender for sender in choices if sender.pk not in asked],
        examination.content,
        numbers=[who.number for who in recipients],
        shared=draft.substitutions,
        recipients=[who.substitutions for who in recipients],
        due=now,
        expires=None,
        unseen=examination.unseen,
    )
    found = sorted([*examination.candidates, *more], key=_rank)
    best: dict[str, Candidate] = {}
    # Of the account that was chosen, the strip speaks of the sender that was.
    for candidate in sorted(found, key=lambda one: one.sender.pk not in asked):
        best.setdefault(candidate.sender.account.name, candidate)
    carrying = {place.sender.account.name for place in examination.places if place.sender}
    carrying |= {sender.account.name for sender in examination.senders[:1] if examination.counted}
    shared = _shared(list(best.values()))
    ways = [_way(best[name], examination.accepted, shared, carries=name in carrying) for name in sorted(best)]
    return Strip(ways, [Mark(str(one.sender.pk), _("does not fit")) for one in found if _unfit(one, shared)])


def _shared(found: Sequence[Candidate]) -> set[str]:
    """What every one of several accounts says: it stands among the checks already, once."""
    said = [{finding.said(_) for finding in candidate.content} for candidate in found]
    return set.intersection(*said) if len(said) > 1 else set()


def _unfit(candidate: Candidate, shared: set[str]) -> bool:
    """Whether something speaks against a sender that does not speak against all of them."""
    against = blocking([*candidate.own, *(one for one in candidate.content if one.providers)])
    return any(finding.said(_) not in shared for finding in against)


def _rank(candidate: Candidate) -> tuple[bool, bool]:
    return (not candidate.fits, candidate.paused)


def _way(candidate: Candidate, asked: int, shared: set[str], *, carries: bool) -> Way:
    # What no provider can help, such as a missing value, stands among the checks already.
    said = [finding for finding in (*candidate.content, *candidate.own) if finding.providers]
    against = [finding.said(_) for finding in blocking(said)]
    reached = len(candidate.reaches) + candidate.reaches_unseen
    if not against and asked and not reached:
        against = [_("It sends to none of these numbers.")]
    advice = [finding.said(_) for finding in said]
    if reached < asked:
        said_so = _("It sends to %(reached)s of these %(asked)s numbers.")
        advice.append(said_so % {"reached": reached, "asked": asked})
    level, verdict = "ok", _("Fits")
    if against:
        level, verdict = "err", _("Does not fit")
    elif advice:
        level, verdict = "warn", _("Fits, with advice")
    return Way(
        account=candidate.sender.account.name,
        provider=profile_of(candidate.sender).label,
        sender=candidate.sender.address,
        level=level,
        verdict=verdict,
        notes=tuple(note for note in dict.fromkeys(against or advice) if note not in shared)[:MOST_NOTES],
        carries=carries and not against,
        sender_id=str(candidate.sender.pk),
    )
