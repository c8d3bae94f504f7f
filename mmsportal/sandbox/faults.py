"""Answers that go wrong after the message was accepted (reliability, section 4)."""

import asyncio
import socket
import struct
import zlib
from contextlib import suppress
from functools import cache

from aiohttp import web

from messaging.gateway.contract import HttpAnswer
from mmsportal.sandbox.handsets import Fault

# Longer than any caller's patience. Faults keep real time: they are measured against the caller's own deadline.
HANG = 300
DRIP = 1.0
BOMB = 256 * 1024 * 1024
GARBAGE = b"\x00\xff<html>Accepted?\x80{{{"
PIECE = 1024 * 1024


async def answer(request: web.Request, good: HttpAnswer, fault: Fault | None) -> web.StreamResponse:
    """The answer to an accepted call, spoilt as `fault` says."""
    match fault:
        case None:
            return plain(good)
        case Fault.ERROR:
            return web.Response(status=500)
        case Fault.GARBAGE:
            return web.Response(status=200, body=GARBAGE, content_type="application/json")
        case Fault.HANG:
            await asyncio.sleep(HANG)
            return plain(good)
        case Fault.RESET:
            return _reset(request)
        case Fault.DRIP:
            return await _drip(request, good)
        case Fault.BOMB:
            body = await asyncio.to_thread(bomb, good.body)
            headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
            return web.Response(status=good.status, body=body, headers=headers)


def plain(good: HttpAnswer) -> web.Response:
    """An answer as it is."""
    return web.Response(status=good.status, body=good.body, headers=dict(good.headers))


def bomb(body: bytes) -> bytes:
    """A quarter of a gigabyte of blanks and then the right answer, in a few hundred kilobytes of gzip."""
    packer, packed = _blanks()
    packer = packer.copy()
    return packed + packer.compress(body) + packer.flush()


@cache
def _blanks() -> tuple["zlib._Compress", bytes]:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    blanks = b" " * PIECE
    packed = b"".join(packer.compress(blanks) for _ in range(BOMB // PIECE))
    return packer, packed


def _reset(request: web.Request) -> web.Response:
    transport = request.transport
    if transport is not None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response(status=500)


async def _drip(request: web.Request, good: HttpAnswer) -> web.StreamResponse:
    response = web.StreamResponse(status=good.status, headers=dict(good.headers))
    response.content_length = len(good.body)
    await response.prepare(request)
    # Whoever has lost patience is gone; that is what the fault is for, and nothing to complain of.
    with suppress(ConnectionError):
        for byte in good.body:
            await asyncio.sleep(DRIP)
            await response.write(bytes([byte]))
    return response
