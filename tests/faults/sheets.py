"""What a row has to say while it runs: its own figures, and what did not hold."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from tests.faults.catalogue import Figures
from tests.faults.world import World


@dataclass(slots=True)
class Sheet:
    """`notes` are the row's own figures, `wrong` the promises that did not hold, in words."""

    notes: dict[str, object] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def must(self, holds: bool, otherwise: str) -> None:
        """Note a promise that did not hold."""
        if not holds:
            self.wrong.append(otherwise)

    def figures(self, place: World, keys: Sequence[UUID], began: float) -> Figures:
        """The judge's figures of these transactions, with what is noted here. In: when the run began (monotonic)."""
        from tests.faults import judge, sending  # noqa: PLC0415  need the world's settings

        drained = time.monotonic() - began
        found = judge.judge(place, sending.rows(keys), requested=len(keys), drain_s=drained, notes=self.notes)
        return replace(found, broken="; ".join(part for part in (found.broken, *self.wrong) if part))
