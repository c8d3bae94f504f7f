"""What an inspection says: the facts of a good file, or the coded reason why a bad one is refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from media.words import Kept, Values, Word, fill, kept, values_of
from media.words import gettext_noop as _

KINDS = ("image", "audio", "video", "contact", "calendar", "pdf", "passbook")

MEGABYTE = 1_000_000
# Of originals: what leaves for a handset is made far smaller.
MAX_BYTES = {
    "image": 25 * MEGABYTE,
    "audio": 30 * MEGABYTE,
    "video": 100 * MEGABYTE,
    "contact": MEGABYTE,
    "calendar": MEGABYTE,
    "pdf": 5 * MEGABYTE,
    "passbook": 5 * MEGABYTE,
}
LARGEST_UPLOAD = max(MAX_BYTES.values())


@dataclass(frozen=True, slots=True)
class Finding:
    """Something changed or worth knowing about a file that was accepted: a sentence with {names} and their values."""

    code: str
    words: str
    values: Values = field(default_factory=dict)

    @property
    def message(self) -> str:
        return fill(self.words, self.values)

    def kept(self) -> Kept:
        """All of it, to be written down as JSON."""
        return {"code": self.code, **kept(self.words, self.values)}


@dataclass(frozen=True, slots=True)
class Inspection:
    """A file whose content was decoded to its end.

    `data` is what may be stored and served: it differs from what came in when metadata, remote references or
    bytes after the end were taken out, and `findings` says so. `size` is in bytes and counts `data`; `width` and
    `height` are pixels as shown, `seconds` the playing time; each is None where the kind has no such thing.
    """

    kind: str
    mime_type: str
    extension: str
    data: bytes
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def size(self) -> int:
        return len(self.data)


class Refused(Exception):
    """A file that may not be stored: a stable `code`, words for people, the limit, what was given, how to fix it.

    `words` and `fix_words` are sentences with {names} that `values` fill in, so that pages can translate them;
    `message` and `fix` are the same in English.
    """

    def __init__(
        self,
        code: str,
        words: str,
        values: Values | None = None,
        *,
        limit: object = None,
        actual: object = None,
        fix: str = "",
    ) -> None:
        self.code = code
        self.words, self.fix_words, self.values = words, fix, values or {}
        self.message, self.fix = fill(words, self.values), fill(fix, self.values)
        self.limit = limit
        self.actual = actual
        super().__init__(self.message)

    def as_dict(self, translate: Callable[[str], str] = str) -> dict[str, object]:
        """What is told of it: code, message, limit, actual and fix, in the reader's language."""
        return {
            "code": self.code,
            "message": fill(self.words, self.values, translate),
            "limit": self.limit,
            "actual": self.actual,
            "fix": fill(self.fix_words, self.values, translate),
        }

    def kept(self) -> dict[str, object]:
        """All of it, to be written down as JSON and read by `again`."""
        told = {"code": self.code, "limit": self.limit, "actual": self.actual, "fix": self.fix_words}
        return told | kept(self.words, self.values)

    @classmethod
    def again(cls, told: Mapping[str, Any]) -> "Refused":
        """The refusal that `kept` wrote down."""
        code, words, limit, actual, fix = (told[name] for name in ("code", "words", "limit", "actual", "fix"))
        return cls(code, words, values_of(told), limit=limit, actual=actual, fix=fix)


def corrupt(what: str) -> Refused:
    """The refusal of a file that breaks off; `what` is one of the portal's words for its kind."""
    return Refused(
        "media_corrupt",
        _("The {what} is damaged or cut short: it cannot be read to its end."),
        {"what": Word(what)},
        fix=_("Open the file on your computer, save it again and upload the new copy."),
    )
