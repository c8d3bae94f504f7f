"""What an inspection says: the facts of a good file, or the coded reason why a bad one is refused."""

from dataclasses import dataclass

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
    """Something changed or worth knowing about a file that was accepted."""

    code: str
    message: str


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
    """A file that may not be stored: a stable `code`, words for people, the limit, what was given, how to fix it."""

    def __init__(self, code: str, message: str, *, limit: object = None, actual: object = None, fix: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.limit = limit
        self.actual = actual
        self.fix = fix

    def as_dict(self) -> dict[str, object]:
        return {
            "code": self.code,
            "message": self.message,
            "limit": self.limit,
            "actual": self.actual,
            "fix": self.fix,
        }


def corrupt(what: str) -> Refused:
    return Refused(
        "media_corrupt",
        f"The {what} is damaged or cut short: it cannot be read to its end.",
        fix="Open the file on your computer, save it again and upload the new copy.",
    )
