"""What fitting says: the copy with a figure for how good it is, or the coded reason why there is none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Measured = Mapping[str, float | int | str]
# Told how much of the work is done, 0 to 100.
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A copy that keeps to its target.

    `width` and `height` are pixels, `seconds` the playing time; each is None where the kind has no such thing.
    `measured` holds figures of its quality by name: "ssim" (1 is the original as a phone shows it), "psnr" (dB),
    "envelope" (1 is the original's course of loudness), "bitrate" (bits a second), "frames", "done" (in words).
    """

    mime_type: str
    data: bytes
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    measured: Measured = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.data)


class Unfit(Exception):
    """No copy can be made: a stable `code`, and words for people that say why and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def too_small(what: str, budget: int) -> Unfit:
    """The budget (bytes) is below what anybody could still look at or listen to."""
    return Unfit(
        "media_cannot_fit", f"The {what} cannot be made small enough: {budget:,} bytes are too few. Remove other media."
    )


def unreadable(what: str) -> Unfit:
    return Unfit("media_unreadable", f"The {what} cannot be read to its end. Save it anew and upload it again.")
