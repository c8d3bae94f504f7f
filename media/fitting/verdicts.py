"""What fitting says: the copy with a figure for how good it is, or the coded reason why there is none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from media.words import Kept, Values, Word, fill
from media.words import gettext_noop as _

Measured = Mapping[str, float | int | Kept]
# Told how much of the work is done, 0 to 100.
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A copy that keeps to its target.

    `width` and `height` are pixels, `seconds` the playing time; each is None where the kind has no such thing.
    `measured` holds figures of its quality by name: "ssim" (1 is the original as a phone shows it), "psnr" (dB),
    "envelope" (1 is the original's course of loudness), "bitrate" (bits a second), "frames", "done" (a sentence as
    `media.words.kept` writes it).
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
    """No copy can be made: a stable `code`, and words for people that say why and what to do.

    `words` is a sentence with {names} that `values` fill in, `message` the same in English.
    """

    def __init__(self, code: str, words: str, values: Values | None = None) -> None:
        self.code = code
        self.words, self.values = words, values or {}
        self.message = fill(words, self.values)
        super().__init__(self.message)


def too_small(what: str, budget: int) -> Unfit:
    """The budget (bytes) is below what anybody could still look at or listen to."""
    words = _("The {what} cannot be made small enough: {budget} bytes are too few. Remove other media.")
    return Unfit("media_cannot_fit", words, {"what": Word(what), "budget": budget})


def unreadable(what: str) -> Unfit:
    words = _("The {what} cannot be read to its end. Save it anew and upload it again.")
    return Unfit("media_unreadable", words, {"what": Word(what)})
