"""How many calls this process may have under way at an account: its share of what all processes may."""

from collections.abc import Callable
from time import monotonic
from uuid import UUID

from messaging.delivery.pace_shared import ASSUMED, Keeper, Share, is_gone, own_name
from messaging.delivery.pacing import kept
from messaging.models import ProviderAccount

# A share is renewed so often, sooner where it is used up, and ends so long after its process has.
RENEWED_SECONDS = 1.0
HUNGRY_SECONDS = 0.25
SHARE_SECONDS = 10.0


class Slots:
    """One process's share of an account's concurrency."""

    def __init__(self, account: ProviderAccount, clock: Callable[[], float] = monotonic) -> None:
        self.total, self._key, self._clock = account.concurrency, account.pk.hex, clock
        self._asked_at, self._was_dry = float("-inf"), False
        self.calls, self.processes = 0, ASSUMED

    def room(self, flying: int, *, dry: bool = False) -> int:
        """How many more calls may begin, with `flying` under way. `dry` says that there is no work: a little will do.

        Renews the share where that is due, so it has to be called at least every SHARE_SECONDS while calls are under
        way. One question to whoever keeps the shares, once a second.
        """
        now = self._clock()
        pause = RENEWED_SECONDS if self.calls > flying or dry else HUNGRY_SECONDS
        if now - self._asked_at >= pause or (self._was_dry and not dry):
            self._asked_at, self._was_dry = now, dry
            self._renew(flying, 1 if dry else self.total)
        return max(0, self.calls - flying)

    def _renew(self, flying: int, wanted: int) -> None:
        share = self._asked(flying, wanted, ())
        if share and (gone := [name for name in share.processes if is_gone(name)]):
            share = self._asked(flying, wanted, gone)
        if share is None:
            # Nobody says how many there are: as many as there were.
            self.calls = max(1, self.total // self.processes)
            return
        self.calls, self.processes = share.calls, len(share.processes)

    def _asked(self, flying: int, wanted: int, gone: tuple[str, ...] | list[str]) -> Share | None:
        def question(keeper: Keeper) -> Share:
            return keeper.share(
                self._key, own_name(), self.total, wanted=wanted, flying=flying, seconds=SHARE_SECONDS, gone=gone
            )

        return kept().ask(question)


_slots: dict[UUID, Slots] = {}


def of_account(account: ProviderAccount) -> Slots:
    """This process's slots at an account."""
    slots = _slots.setdefault(account.pk, Slots(account))
    slots.total = account.concurrency
    return slots
