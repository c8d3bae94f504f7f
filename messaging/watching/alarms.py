"""Opening and closing alarms: told once in the log when one begins, and once when it is over."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from messaging.models import Alarm

logger = logging.getLogger(__name__)
DEAF, STUCK, SILENT, AGAINST, AWAY = "deaf", "stuck", "silent", "against", "away"
# What the log says; the pages have their own words (web.alarm_words). Ids and numbers of seconds only.
SAID = {
    DEAF: "messages are due for %(seconds)s s and no worker looks for work (last: %(unseen)s)",
    STUCK: "messages of account %(account)s are due for %(seconds)s s and none of them leaves (%(why)s)",
    SILENT: "account %(account)s has sent no receipt for %(seconds)s s, with messages waiting for one",
    AGAINST: "account %(account)s has sent receipts for messages that it had refused: %(number)s",
    AWAY: "no web process was there for %(seconds)s s: receipts may have been given up by their senders",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong now. `data` holds what its words need."""

    kind: str
    account: UUID | None = None
    data: Mapping[str, object] = field(default_factory=dict)
    # Sets it apart from others of its kind, where the account does not.
    name: str = ""

    @property
    def key(self) -> str:
        return ":".join(filter(None, (self.kind, str(self.account or ""), self.name)))


def ring(found: Iterable[Finding], now: datetime, *, kinds: Sequence[str]) -> None:
    """Open an alarm for each finding that has none, and close those of these kinds that were not found again.

    Any number of processes may do it at once: one of them opens an alarm, and that one logs it. Three statements.
    """
    findings = {finding.key: finding for finding in found}
    open_ = {alarm.key: alarm for alarm in Alarm.objects.filter(kind__in=kinds)}
    for key, finding in findings.items():
        if key not in open_ and _opened(finding, now):
            logger.error(SAID[finding.kind], {**finding.data, "account": finding.account}, extra=_ids(finding))
    over = [alarm for key, alarm in open_.items() if key not in findings]
    if over and Alarm.objects.filter(key__in=[alarm.key for alarm in over]).delete()[0]:
        for alarm in over:
            logger.warning("over: %s, after %.0f s", alarm.key, (now - alarm.since).total_seconds())


def standing() -> list[Alarm]:
    """The alarms that are open, the oldest first. One query."""
    return list(Alarm.objects.select_related("account"))


def _opened(finding: Finding, now: datetime) -> bool:
    alarm = {"kind": finding.kind, "account_id": finding.account, "since": now, "data": dict(finding.data)}
    return Alarm.objects.get_or_create(key=finding.key, defaults=alarm)[1]


def _ids(finding: Finding) -> dict[str, object]:
    return {"alarm": finding.kind, "account": str(finding.account)} if finding.account else {"alarm": finding.kind}
