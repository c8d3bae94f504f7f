"""One account's share of the pump: its credentials, its pace, and when to look for work again."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from messaging.delivery import pacing, slots
from messaging.delivery.pacing import Pace
from messaging.delivery.slots import Slots
from messaging.gateway import registry
from messaging.gateway.contract import Account, Provider
from messaging.models import ProviderAccount
from messaging.models.clock import database_now
from messaging.models.sealing import SealBroken

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Lane:
    """An account at work.

    `flying` are its calls under way and on deck: marked for the wire and waiting for others to land, of which `spare`
    would be enough. It is left alone until `rests_until` (monotonic).
    """

    row: ProviderAccount
    account: Account
    provider: Provider
    pace: Pace
    slots: Slots
    flying: int = 0
    spare: int = 0
    rests_until: float = 0.0
    # The last look found nothing that may go; a lane that only waits for its pace is not dry.
    dry: bool = False
    # How far our clock is ahead of the database's.
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        """The present time by the database: providers refuse what is signed by a clock that is wrong."""
        return timezone.now() - self.ahead

    @property
    def calls(self) -> int:
        """This process's share of the calls that the account may have under way."""
        return self.slots.calls

    def room(self) -> int:
        """How many more may be marked for the wire. Keeps this process's share alive: to be called every few seconds.

        As many as calls may begin, and those on deck, so that none of the calls that are free need wait for the
        database: at most half of all, since a worker that dies leaves them in doubt.
        """
        self.slots.room(min(self.flying, self.calls), dry=self.dry)
        self.pace.processes = self.slots.processes
        return max(0, self.calls + min(self.spare, self.calls // 2) - self.flying)


def lanes() -> list[Lane]:
    """A lane for each account that is not paused and can be worked; one that cannot is paused, and says why."""
    found, ahead = [], timezone.now() - database_now()
    for row in ProviderAccount.objects.filter(paused_at=None).order_by("pk"):
        try:
            account, provider = row.opened(), registry.provider(row.provider)
        except (SealBroken, LookupError) as error:
            logger.error("account %s cannot be worked: %s", row.pk, error)
            _pause(row, str(error))
            continue
        found.append(Lane(row, account, provider, pacing.of_account(row, ahead), slots.of_account(row), ahead=ahead))
    return found


def _pause(row: ProviderAccount, why: str) -> None:
    ProviderAccount.objects.filter(pk=row.pk, paused_at=None).update(paused_at=timezone.now(), paused_reason=why[:300])
