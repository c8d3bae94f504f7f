"""The list of a draft: counted while somebody composes, looked at row by row when the message is sent."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

from django.contrib.auth.models import User

from messaging import lists
from messaging.models import Draft, RecipientList, RecipientRow, Sender
from messaging.orders import RecipientOrder
from messaging.routing import Unseen
from messaging.slide_rules import Finding, Severity
from messaging.slide_rules.findings import finding
from messaging.slide_rules.findings import gettext_noop as _
from messaging.web.lists_shown import abroad


@dataclass(frozen=True, slots=True)
class Listed:
    """What the composer says of a draft's list; `abroad` rows live where none of the senders sends to."""

    outlook: lists.Outlook
    abroad: int

    @property
    def parent(self) -> RecipientList:
        return self.outlook.parent

    @property
    def accepted(self) -> int:
        return self.outlook.accepted

    @property
    def silent(self) -> int:
        return self.outlook.silent

    @property
    def repeated(self) -> int:
        """Rows left out because their number stands in the list, or among the numbers typed, already."""
        return self.parent.repeated + self.outlook.typed

    @property
    def left_out(self) -> int:
        return self.silent + self.repeated

    @property
    def stamp(self) -> str:
        return self.outlook.stamp

    @property
    def names(self) -> list[str]:
        """The placeholders that its columns fill."""
        return list(self.parent.summary)

    @property
    def unseen(self) -> Unseen | None:
        """What an order has to know of its rows; nothing while there is none to send to."""
        if not self.outlook.ready or not self.outlook.sendable:
            return None
        return Unseen(self.accepted, self.parent.countries, self.parent.summary, cache(self._values))

    def _values(self) -> list[dict[str, str]]:
        """The values of every row that a message would go to. One query."""
        return [values for _number, _reference, values in lists.people(self.parent)]

    @property
    def last(self) -> int:
        """The number of its last row. One query."""
        return self.parent.rows.order_by("-position").values_list("position", flat=True).first() or 0

    def row(self, position: int) -> RecipientRow | None:
        """The row of this number, or the next one that is left. One query."""
        return self.parent.rows.filter(position__gte=position).order_by("position").first()


def listed(draft: Draft, user: User, senders: Sequence[Sender], typed: Collection[str]) -> Listed | None:
    """The list that a draft names, if the person may send to it. Three queries at most."""
    parent = list_of(draft, user)
    return Listed(lists.look(parent, senders, typed), abroad(parent, senders)) if parent else None


def list_of(draft: Draft, user: User) -> RecipientList | None:
    """The list that a draft names, if the person may send to it."""
    if draft.recipient_list_id is None:
        return None
    return lists.visible(user).filter(pk=draft.recipient_list_id).first()


def everybody(parent: RecipientList) -> list[RecipientOrder]:
    """Every row of a list that a message goes to."""
    return [RecipientOrder(number, reference, values) for number, reference, values in lists.people(parent)]


def list_findings(found: Listed | None) -> list[Finding]:
    """What has to be done about a list before it can be sent to."""
    if found is None:
        return []
    if not found.outlook.ready:
        words = _("The list is still being read, or reading it was interrupted.")
        return [finding("list_reading", Severity.BLOCKS, "/list", words, fix=_("Open it and read the rows again."))]
    findings = []
    if found.parent.bad:
        one, many = _("{count} row of the list cannot be sent to."), _("{count} rows of the list cannot be sent to.")
        words, fix = (one if found.parent.bad == 1 else many), _("Mend them, or drop them.")
        findings.append(_counted("list_rows_bad", words, found.parent.bad, fix))
    if found.abroad:
        one = _("{count} number of the list is out of the sender's reach.")
        many = _("{count} numbers of the list are out of the sender's reach.")
        words, fix = (one if found.abroad == 1 else many), _("Drop these rows, or choose a sender of their country.")
        findings.append(_counted("list_rows_abroad", words, found.abroad, fix))
    return findings


def _counted(code: str, words: str, count: int, fix: str) -> Finding:
    return finding(code, Severity.BLOCKS, "/list", words, {"count": f"{count:,}"}, actual=count, fix=fix)
