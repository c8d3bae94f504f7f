"""Fetches a message's media as the provider's fetcher would: fixed length, true type, within the size."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from messaging.gateway.serving import MediaFault, MediaRules, Medium
from mmsportal.sandbox.reach import is_local

LIMIT = ClientTimeout(total=30)
TOGETHER = 16
# What stands at which place in a file of each type; a type that is not here is taken at its word.
JPEG = ((0, b"\xff\xd8\xff"),)
MP3 = ((0, b"ID3"), (0, b"\xff"))
PDF = ((0, b"%PDF-"),)
CARD = ((0, b"BEGIN:VCARD"),)
WAV = ((0, b"RIFF"),)
MPEG4 = ((4, b"ftyp"),)
MARKS = {
    "image/jpg": JPEG,
    "image/jpeg": JPEG,
    "image/png": ((0, b"\x89PNG\r\n\x1a\n"),),
    "image/gif": ((0, b"GIF87a"), (0, b"GIF89a")),
    "audio/mp3": MP3,
    "audio/mpeg": MP3,
    "audio/wav": WAV,
    "audio/x-wav": WAV,
    "audio/amr": ((0, b"#!AMR"),),
    "video/mp4": MPEG4,
    "video/3gpp": MPEG4,
    "application/vnd.apple.pkpass": ((0, b"PK\x03\x04"),),
    "application/pdf": PDF,
    "application/x-pdf": PDF,
    "text/calendar": ((0, b"BEGIN:VCALENDAR"),),
    "text/vcard": CARD,
    "text/v-card": CARD,
    "text/x-vcard": CARD,
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """One file: bytes read, and what was wrong with it in words and in kind ("" and None when all was well)."""

    url: str
    size: int = 0
    fault: str = ""
    kind: MediaFault | None = None


class _Unfit(Exception):
    """A file that is not taken."""

    def __init__(self, kind: MediaFault, fault: str, size: int = 0) -> None:
        super().__init__(fault)
        self.kind, self.fault, self.size = kind, fault, size


class Fetcher:
    """Fetches media. Addresses outside this machine count as fetched well unless `reach_anything` is set."""

    def __init__(self, session: ClientSession, *, reach_anything: bool) -> None:
        self._session = session
        self._reach_anything = reach_anything
        self._slots = asyncio.Semaphore(TOGETHER)

    async def fetch(self, media: Sequence[Medium], rules: MediaRules) -> list[Fetched]:
        """Every file in order, up to and including the first fault; the sizes together have to fit."""
        found: list[Fetched] = []
        room = rules.total_bytes
        for medium in media:
            url = _address(medium, rules)
            try:
                size = await self._one(medium, url, rules, min(room, rules.part_bytes.get(medium.kind, room)))
            except _Unfit as unfit:
                return [*found, Fetched(url, unfit.size, unfit.fault, unfit.kind)]
            room -= size
            found.append(Fetched(url, size))
        return found

    async def _one(self, medium: Medium, url: str, rules: MediaRules, room: int) -> int:
        """The bytes of a file. Raises _Unfit."""
        types = rules.types.get(medium.kind, frozenset())
        if not types:
            raise _Unfit(MediaFault.TYPE, f"no type of {medium.kind} is taken")
        if not (self._reach_anything or is_local(url)):
            return 0
        async with self._slots:
            try:
                async with self._session.head(url, allow_redirects=False, timeout=LIMIT) as head:
                    # A host may decline HEAD; what it does say has to hold.
                    if head.status == 200:
                        _check_head(head, types, rules, room)
                async with self._session.get(url, allow_redirects=False, timeout=LIMIT) as answer:
                    return await _read(answer, types, rules, room)
            except (ClientError, TimeoutError, OSError, ValueError) as error:
                raise _Unfit(MediaFault.NOT_COPIED, f"could not be fetched: {type(error).__name__}") from error


def _address(medium: Medium, rules: MediaRules) -> str:
    return medium.url.partition("?")[0] if medium.kind in rules.drops_query else medium.url


async def _read(answer: ClientResponse, types: frozenset[str], rules: MediaRules, room: int) -> int:
    if answer.status != 200:
        raise _Unfit(MediaFault.NOT_COPIED, f"answered {answer.status}")
    _check_head(answer, types, rules, room)
    body = bytearray()
    async for piece in answer.content.iter_chunked(65_536):
        body += piece
        if len(body) > room:
            raise _Unfit(MediaFault.TOO_BIG, f"too large: more than {room} bytes", len(body))
    if not body:
        raise _Unfit(MediaFault.CORRUPT, "empty")
    if not _is_what_it_says(bytes(body[:64]), answer.content_type):
        raise _Unfit(MediaFault.CORRUPT, f"is not {answer.content_type}", len(body))
    return len(body)


def _check_head(answer: ClientResponse, types: frozenset[str], rules: MediaRules, room: int) -> None:
    headers = answer.headers
    if rules.needs_length and ("Content-Length" not in headers or "Transfer-Encoding" in headers):
        raise _Unfit(MediaFault.NOT_COPIED, "no Content-Length")
    if headers.get("Content-Encoding", "identity") != "identity":
        raise _Unfit(MediaFault.NOT_COPIED, "compressed on the way")
    if answer.content_type not in types:
        raise _Unfit(MediaFault.TYPE, f"type {answer.content_type} is not taken")
    if int(headers.get("Content-Length", 0)) > room:
        raise _Unfit(MediaFault.TOO_BIG, f"too large: more than {room} bytes")


def _is_what_it_says(beginning: bytes, content_type: str) -> bool:
    marks = MARKS.get(content_type)
    text = beginning.removeprefix(b"\xef\xbb\xbf")
    return not marks or any(text.startswith(mark, place) for place, mark in marks)
