"""What a provider's fetcher would meet at a caller's address: notes made from one look of ours and plain rules.

Nothing here knows a provider: `Fetcher` says what one demands, and whoever knows them hands it in.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Protocol
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext_noop as _

from media.fetching import Fetched
from media.models import EXTENSIONS

# What servers call a file whose type they do not know.
UNTYPED = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/unknown"})
HOST_IT = _("Let us host the file: our copy is served as every fetcher likes it.")


@dataclass(frozen=True, slots=True)
class Fetcher:
    """What one fetcher demands of an address. `types` are MIME types, `part_bytes` sizes in bytes, both by kind.

    `needs_length` means that an answer without a length, or in chunks, is refused; `by_extension` that the extension
    decides where the server names no type; `wants_extension` that an address should end in one. Kinds in `drops_query`
    are asked for without what follows the "?".
    """

    label: str
    types: Mapping[str, frozenset[str]]
    part_bytes: Mapping[str, int] = field(default_factory=dict)
    needs_length: bool = False
    by_extension: bool = False
    wants_extension: bool = False
    drops_query: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Note:
    """One thing about an address that a fetcher stumbles over, and whose fetchers they are.

    `words` and `fix` are sentences with {names} that `values` fill in, so that they can be translated. Without
    `fetchers` it is nobody's rule, but unwise. `limit` and `actual` are bytes where they are given.
    """

    code: str
    words: str
    fix: str
    fetchers: tuple[str, ...] = ()
    values: Mapping[str, str | int] = field(default_factory=dict)
    limit: int | None = None
    actual: int | None = None


class Known(Protocol):
    """A file whose content was looked at: an inspection, or an asset made from one."""

    @property
    def kind(self) -> str: ...

    @property
    def mime_type(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Look:
    """One look at an address: what came, and what it truly is (None where it is no file that we know)."""

    url: str
    fetched: Fetched
    file: Known | None

    @property
    def extension(self) -> str:
        return PurePosixPath(unquote(urlsplit(self.fetched.met.url or self.url).path)).suffix.lstrip(".").lower()

    @property
    def claimed(self) -> str:
        """The type the server names, without its parameters."""
        return self.fetched.content_type.partition(";")[0].strip().lower()


def notes(look: Look, kind: str, fetchers: Collection[Fetcher]) -> list[Note]:
    """What each of the fetchers would stumble over when it comes for this file as a `kind` ("image")."""
    return [
        *_answer(look, fetchers),
        *_type(look, kind, fetchers),
        *_size(look, kind, fetchers),
        *_address(look, kind, fetchers),
    ]


def _names(fetchers: Collection[Fetcher]) -> tuple[str, ...]:
    return tuple(fetcher.label for fetcher in fetchers)


def _answer(look: Look, fetchers: Collection[Fetcher]) -> Iterator[Note]:
    met = look.fetched.met
    strict = [fetcher for fetcher in fetchers if fetcher.needs_length]
    if strict and met.chunked:
        words = _("The server sends the file in chunks, without saying how long it is, and is refused then.")
        yield Note("fetch_chunked", words, HOST_IT, _names(strict))
    elif strict and met.length is None:
        words = _("The server does not say how long the file is (Content-Length), and is refused then.")
        yield Note("fetch_no_length", words, HOST_IT, _names(strict))
    if met.redirects:
        words = _("The address sends on to another one, which fetchers may not follow.")
        fix = _("Give the address where the file is in the end, or let us host it.")
        yield Note("fetch_redirected", words, fix, _names(fetchers))
    if met.head is not None and met.head != 200:
        words = _("The server answers {status} when it is only asked about the file (HEAD).")
        fix = _("Let the server answer HEAD as it answers GET, or let us host the file.")
        yield Note("fetch_no_head", words, fix, values={"status": met.head})


def _type(look: Look, kind: str, fetchers: Collection[Fetcher]) -> Iterator[Note]:
    true = look.file
    if true is None:
        words = _("What came is no file that phones show.")
        yield Note("fetch_not_media", words, _("Look at the address in a browser."), _names(fetchers))
        return
    values = {"type": true.mime_type, "claimed": look.claimed[:60]}
    if true.kind != kind:
        words, fix = _("The file is of another kind: {type}."), _("Put it where such a file belongs.")
        yield Note("fetch_other_kind", words, fix, _names(fetchers), values)
    elif look.claimed in UNTYPED:
        lost = [each for each in fetchers if not (each.by_extension and look.extension)]
        words = _("The server does not say what type the file has (Content-Type).")
        fix = _("Let the server say {type}, or let us host the file.")
        yield Note("fetch_untyped", words, fix, _names(lost), values)
    elif refusing := [each for each in fetchers if look.claimed not in each.types.get(kind, ())]:
        words = _("The server says the file is {claimed}, which is not taken.")
        fix = _("Let the server say {type} if that is taken, or let us host the file.")
        yield Note("fetch_type_not_taken", words, fix, _names(refusing), values)


def _size(look: Look, kind: str, fetchers: Collection[Fetcher]) -> Iterator[Note]:
    size = len(look.fetched.data)
    too_large = [each for each in fetchers if size > each.part_bytes.get(kind, size)]
    if too_large:
        limit = min(each.part_bytes[kind] for each in too_large)
        words, fix = _("The file has {actual} bytes; at most {limit} are taken."), _("Let us host it: we make it fit.")
        values = {"actual": size, "limit": limit}
        yield Note("fetch_too_large", words, fix, _names(too_large), values, limit, size)


def _address(look: Look, kind: str, fetchers: Collection[Fetcher]) -> Iterator[Note]:
    dropping = [each for each in fetchers if kind in each.drops_query]
    if dropping and urlsplit(look.url).query:
        words = _("What follows the “?” of the address is left out, and the file may not be found.")
        fix = _("Use an address without a query, or let us host the file.")
        yield Note("fetch_query_dropped", words, fix, _names(dropping))
    wanting = [each for each in fetchers if each.wants_extension]
    if wanting and look.file and not look.extension:
        words, values = _("The address does not end in an extension."), {"extension": EXTENSIONS[look.file.mime_type]}
        fix = _("Let it end in .{extension}, or let us host the file.")
        yield Note("fetch_no_extension", words, fix, _names(wanting), values)
    if urlsplit(look.fetched.met.url or look.url).scheme == "http":
        words = _("The file travels unprotected (http): whoever is on the way can read and change it.")
        yield Note("fetch_not_secure", words, _("Give an https address, or let us host the file."))
