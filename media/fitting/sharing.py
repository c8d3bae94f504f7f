"""One budget for all media of a message: each gets what it needs, and the worst off as much as can be."""

from collections.abc import Sequence
from dataclasses import dataclass

# Bytes at which a copy of a kind is as good as a phone can show: a picture, and a second of film or sound.
WANTS = {"image": 250_000, "animation": 600_000, "video": 60_000, "audio": 10_000}
# Bytes below which a copy is not worth sending: a picture, and a second of film or sound.
FLOORS = {"image": 12_000, "animation": 40_000, "video": 4_500, "audio": 1_300}


class TooLittle(Exception):
    """Even the smallest copies of all parts do not fit; `needed` is what they take, in bytes."""

    def __init__(self, needed: int) -> None:
        super().__init__(f"at least {needed} bytes are needed")
        self.needed = needed


@dataclass(frozen=True, slots=True)
class Need:
    """A part that may shrink: its kind, bytes, playing time, and the most bytes that it may have in any case.

    A moving picture is of the kind "animation".
    """

    kind: str
    size: int
    seconds: float | None = None
    most: int | None = None

    @property
    def ceiling(self) -> int:
        """What it never gets more than: nothing grows."""
        return min(self.size, self.most or self.size)

    @property
    def floor(self) -> int:
        """What it cannot go below, even where that is more than it may have."""
        return min(self.size, int(FLOORS[self.kind] * self._length))

    @property
    def want(self) -> int:
        return max(1, int(WANTS[self.kind] * self._length))

    @property
    def _length(self) -> float:
        return max(1.0, self.seconds or 1.0) if self.kind in {"video", "audio"} else 1.0


def share(needs: Sequence[Need], whole: int) -> list[int]:
    """Bytes for each part, together no more than `whole`; the least quality among them is as high as can be.

    A part's quality is its bytes in proportion to what it wants. Nobody gets less than its floor or more than it
    has. Raises TooLittle.
    """
    floors = sum(need.floor for need in needs)
    if floors > whole or any(need.floor > need.ceiling for need in needs):
        raise TooLittle(floors)
    if sum(need.ceiling for need in needs) <= whole:
        return [need.ceiling for need in needs]
    low, high = 0.0, max(need.size / need.want for need in needs)
    for _halving in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(_given(need, middle) for need in needs) <= whole else (low, middle)
    return [_given(need, low) for need in needs]


def _given(need: Need, quality: float) -> int:
    return min(need.ceiling, max(need.floor, int(quality * need.want)))
