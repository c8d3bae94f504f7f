"""Fetches a message's media as the provider's fetcher would: fixed length, true type, within the size."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from messaging.gateway.serving import MediaRules, Medium
from mmsportal.sandbox.reach import is_local

LIMIT = ClientTimeout(total=30)
TOGETHER = 16
# What stands at which place in a file of each type; a type that is not here is taken at its word.
JPEG = ((0, b"\xff\xd8\xff"),)
MP3 = ((0, b"ID3"), (0, b"\xff"))
PDF = ((0, b"%PDF-"),)
CARD = ((0, b"BEGIN:VCARD"),)
MARKS = {
    "image/jpg": JPEG,
    "image/jpeg": JPEG,
    "image/png": ((0, b"\x89PNG\r\n\x1a\n"),),
    "image/gif": ((0, b"GIF87a"), (0, b"GIF89a")),
    "audio/mp3": MP3,
    "audio/mpeg": MP3,
    "video/mp4": ((4, b"ftyp"),),
    "application/pdf": PDF,
    "application/x-pdf": PDF,
    "text/calendar": ((0, b"BEGIN:VCALENDAR"),),
    "text/vcard": CARD,
    "text/v-card": CARD,
    "text/x-vcard": CARD,
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """One file: bytes read, and what was wrong with it ("" when all was well)."""

    url: str
    size: int = 0
    fault: str = ""


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
            file = await self._one(medium, rules, room)
            room -= file.size
            found.append(file)
            if file.fault:
                break
        return found

    async def _one(self, medium: Medium, rules: MediaRules, room: int) -> Fetched:
        types = rules.types.get(medium.kind, frozenset())
        if not types:
            return Fetched(medium.url, fault=f"no type of {medium.kind} is taken")
        if not (self._reach_anything or is_local(medium.url)):
            return Fetched(medium.url)
        async with self._slots:
            try:
                async with self._session.head(medium.url, allow_redirects=False, timeout=LIMIT) as head:
                    # A host may decline HEAD; what it does say has to hold.
                    if head.status == 200 and (fault := _fault_of_head(head, types, rules, room)):
                        return Fetched(medium.url, fault=fault)
                async with self._session.get(medium.url, allow_redirects=False, timeout=LIMIT) as answer:
                    return await _read(answer, medium.url, types, rules, room)
            except (ClientError, TimeoutError, OSError, ValueError) as error:
                return Fetched(medium.url, fault=f"could not be fetched: {type(error).__name__}")


async def _read(answer: ClientResponse, url: str, types: frozenset[str], rules: MediaRules, room: int) -> Fetched:
    if answer.status != 200:
        return Fetched(url, fault=f"answered {answer.status}")
    if fault := _fault_of_head(answer, types, rules, room):
        return Fetched(url, fault=fault)
    body = bytearray()
    async for piece in answer.content.iter_chunked(65_536):
        body += piece
        if len(body) > room:
            return Fetched(url, len(body), f"too large: more than {room} bytes")
    if not body:
        return Fetched(url, fault="empty")
    if not _is_what_it_says(bytes(body[:64]), answer.content_type):
        return Fetched(url, len(body), f"is not {answer.content_type}")
    return Fetched(url, len(body))


def _fault_of_head(answer: ClientResponse, types: frozenset[str], rules: MediaRules, room: int) -> str:
    headers = answer.headers
    if rules.needs_length and ("Content-Length" not in headers or "Transfer-Encoding" in headers):
        return "no Content-Length"
    if headers.get("Content-Encoding", "identity") != "identity":
        return "compressed on the way"
    if answer.content_type not in types:
        return f"type {answer.content_type} is not taken"
    if int(headers.get("Content-Length", 0)) > room:
        return f"too large: more than {room} bytes"
    return ""


def _is_what_it_says(beginning: bytes, content_type: str) -> bool:
    marks = MARKS.get(content_type)
    text = beginning.removeprefix(b"\xef\xbb\xbf")
    return not marks or any(text.startswith(mark, place) for place, mark in marks)
