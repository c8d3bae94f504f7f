"""Which ways a message could take, and why or why not each of them: for the API, for the page of a transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from media.words import Kept, kept
from media.words import said as spoken
from messaging.routing import Candidate
from messaging.slide_rules import Finding, blocking
from messaging.slide_rules.findings import gettext_noop as _


@dataclass(frozen=True, slots=True)
class Route:
    """One way a message could take. `reasons` say why it is not eligible, or what to know about it: one at least.

    `recipients` is how many would go this way. `told` are the reasons once more, for readers of other languages
    (`media.words.kept`).
    """

    account: str
    provider: str
    sender: str
    eligible: bool
    reasons: tuple[str, ...]
    recipients: int = 0
    told: tuple[Kept, ...] = ()

    def kept(self) -> dict[str, Any]:
        """As it is kept with its message."""
        return {name: getattr(self, name) for name in self.__slots__}


def routes(
    found: Sequence[Candidate], general: Sequence[Finding], *, numbers: Collection[str], carrying: Mapping[UUID, int]
) -> list[Route]:
    """What each candidate is good for, and why or why not.

    In: the findings that hold whoever sends, the numbers asked for, and how many of them each sender would carry.
    """
    return [_route(candidate, blocking(general), numbers, carrying.get(candidate.sender.pk, 0)) for candidate in found]


def _route(candidate: Candidate, general: Sequence[Finding], numbers: Collection[str], carried: int) -> Route:
    said = [*general, *candidate.content, *candidate.own]
    against = _kept(blocking(said))
    if numbers and not candidate.reaches and not against:
        against = [kept(_("It sends to none of these numbers."))]
    told = against or _in_favour(candidate, len(numbers), carried)
    once = {spoken(one): one for one in told}
    sender = candidate.sender
    return Route(
        account=sender.account.name,
        provider=sender.account.provider,
        sender=sender.address,
        eligible=not against,
        reasons=tuple(once),
        recipients=carried,
        told=tuple(once.values()),
    )


def _kept(findings: Iterable[Finding]) -> list[Kept]:
    return [kept(one.words or one.message, one.values) for one in findings]


def _in_favour(candidate: Candidate, asked: int, carried: int) -> list[Kept]:
    reached = len(candidate.reaches)
    part = kept(_("It sends to {reached} of these {asked} numbers."), {"reached": reached, "asked": asked})
    return [
        kept(_("It carries this message.") if carried else _("It fits, and stands by.")),
        *([part] if reached < asked else []),
        *_kept([*candidate.content, *candidate.own]),
    ]
