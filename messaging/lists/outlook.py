"""What is known of a list before each of its rows is looked at: how many would be sent to, and why not the others."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from messaging import consent
from messaging.models import RecipientList, RecipientRow, Sender

BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Outlook:
    """A list as an order sees it. `silent` of its sendable rows have opted out, `typed` of them were typed as well."""

    parent: RecipientList
    silent: int = 0
    typed: int = 0

    @property
    def ready(self) -> bool:
        return self.parent.status == RecipientList.Status.READY

    @property
    def sendable(self) -> int:
        """The rows with a number that no earlier row has."""
        return self.parent.total - self.parent.bad - self.parent.repeated

    @property
    def accepted(self) -> int:
        """How many further recipients the list brings."""
        return self.sendable - self.silent - self.typed if self.ready else 0

    @property
    def stamp(self) -> str:
        """The list as it stands; another stamp, another list."""
        return f"{self.parent.pk}:{self.parent.version}"


def look(parent: RecipientList, senders: Sequence[Sender], typed: Collection[str]) -> Outlook:
    """Count what a list amounts to beside the numbers typed. Two queries."""
    twice = sendable(parent).filter(number__in=typed).count() if typed else 0
    silent = silent_rows(parent, senders).exclude(number__in=typed).count() if senders else 0
    return Outlook(parent, silent, twice)


def sendable(parent: RecipientList) -> QuerySet[RecipientRow]:
    """The rows that a message would go to, opted out or not."""
    return parent.rows.filter(bad=False, repeated=False).order_by("position")


def silent_rows(parent: RecipientList, senders: Sequence[Sender]) -> QuerySet[RecipientRow]:
    """Those of them that have opted out of any of the senders."""
    addresses = {sender.address for sender in senders}
    return sendable(parent).filter(Exists(consent.standing_for(OuterRef("number"), addresses)))


def abroad_rows(parent: RecipientList, reached: Collection[str]) -> QuerySet[RecipientRow]:
    """Those of them whose country is none of `reached`."""
    return sendable(parent).exclude(country__in=reached)


def people(parent: RecipientList) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Number, reference and values of every row that a message would go to, in order."""
    return sendable(parent).values_list("number", "correlation_id", "values").iterator(chunk_size=BATCH)
