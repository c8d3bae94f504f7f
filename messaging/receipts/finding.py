"""Which messages many receipts are about, by one query for each kind of reference; nothing is guessed or locked."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from messaging.addresses import digits
from messaging.gateway.facts import Receipt
from messaging.matching import MOST_CANDIDATES, may_be_guessed, references, wanted_number
from messaging.models import ReceiptInbox, Transaction


@dataclass(frozen=True, slots=True)
class Reading:
    """A row of the inbox and the receipts in its body. `plain` when there is nothing else in it, and all is known."""

    row: ReceiptInbox
    receipts: Sequence[Receipt] = field(repr=False)
    plain: bool


class NotPlain(Exception):
    """A receipt that cannot be matched in passing: somebody must look closer. `about` may be what it is about."""

    def __init__(self, about: UUID | None = None) -> None:
        super().__init__()
        self.about = about


class Finder:
    """Where the receipts of many readings belong. Three queries at most to make one, none to ask it."""

    def __init__(self, readings: Iterable[Reading]) -> None:
        heard = [(reading.row.account_id, receipt) for reading in readings for receipt in reading.receipts]
        named = {receipt.client_ref for _account, receipt in heard if receipt.client_ref}
        ours = Transaction.objects.order_by()
        self._by_ours = dict(ours.filter(client_ref__in=named).values_list("client_ref", "pk")) if named else {}
        # What one receipt of a batch teaches about its message may be all that another one names.
        self._taught = {
            (account, one.provider_ref[:100]): self._by_ours[one.client_ref]
            for account, one in heard
            if one.provider_ref and one.client_ref in self._by_ours
        }
        open_ones = [(account, one) for account, one in heard if one.client_ref not in self._by_ours]
        told = {reference for _account, one in open_ones for reference in references(one)}
        self._by_theirs: dict[tuple[UUID, str], list[tuple[UUID, str]]] = defaultdict(list)
        if told:
            most = MOST_CANDIDATES * len(told)
            accounts = {account for account, _one in open_ones}
            rows = ours.filter(account__in=accounts, provider_ref__in=told)
            for account, reference, pk, recipient in rows.values_list("account", "provider_ref", "pk", "recipient")[
                :most
            ]:
                self._by_theirs[account, reference].append((pk, digits(recipient)))

    def find(self, row: ReceiptInbox, receipt: Receipt) -> UUID | None:
        """The transaction that a receipt names; None when there is none (yet). Raises NotPlain."""
        if receipt.client_ref in self._by_ours:
            return self._by_ours[receipt.client_ref]
        if not receipt.provider_ref:
            return None
        number = wanted_number(receipt)
        named = {
            candidate
            for reference in references(receipt)
            for candidate in self._by_theirs.get((row.account_id, reference), ())
        }
        for reference in references(receipt):
            taught = self._taught.get((row.account_id, reference))
            if taught and taught not in {pk for pk, _recipient in named}:
                raise NotPlain(taught)
        meant = {pk for pk, recipient in named if recipient == number} or {pk for pk, _recipient in named}
        # One reference for several messages, or for none that is sure.
        if len(meant) > 1 or len(named) >= MOST_CANDIDATES or (not meant and may_be_guessed(row, receipt)):
            raise NotPlain
        return next(iter(meant), None)
