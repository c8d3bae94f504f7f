"""A TCP line between two of our processes that can be shut, slowed or cut, or swallow and spoil what it carries."""

import random
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

PIECE = 64 * 1024


class Cut(Exception):
    """Raised by a hook: reset the connection at both ends."""


@dataclass(slots=True, eq=False)
class Link:
    """One connection through a line. `note` is the hooks' own; `sent` and `answered` count bytes so far."""

    near: socket.socket
    far: socket.socket
    sent: int = 0
    answered: int = 0
    note: dict[str, object] = field(default_factory=dict)

    def cut(self) -> None:
        """Reset both ends."""
        for end in (self.near, self.far):
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # A thread that reads from a socket keeps it open until it is woken.
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


# What becomes of a piece of what passes: what to pass on instead, b"" for nothing. May wait; raises Cut.
Hook = Callable[[Link, bytes], bytes]


def whole(_link: Link, data: bytes) -> bytes:
    """Everything, as it is."""
    return data


def swallow(_link: Link, _data: bytes) -> bytes:
    """Nothing, for ever."""
    return b""


class Line:
    """Listens on a loopback port and passes on to another one. `up` and `down` may be changed at any time."""

    def __init__(self, target: int, *, up: Hook = whole, down: Hook = whole) -> None:
        self.target, self.up, self.down = target, up, down
        self.port = 0
        self.carried = 0
        self._links: set[Link] = set()
        self._door: socket.socket | None = None
        self.open()

    def open(self) -> None:
        """Take connections (again), on the same port as before."""
        if self._door is None:
            self._door = socket.create_server(("127.0.0.1", self.port), backlog=256)
            self.port = int(self._door.getsockname()[1])
            threading.Thread(target=self._take, args=(self._door,), daemon=True).start()

    def shut(self) -> None:
        """Refuse connections; those that are open go on."""
        door, self._door = self._door, None
        if door:
            with suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
            door.close()

    def cut(self) -> None:
        """Reset every connection that is open."""
        for link in list(self._links):
            link.cut()

    def close(self) -> None:
        """Be gone."""
        self.shut()
        self.cut()

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _take(self, door: socket.socket) -> None:
        while True:
            try:
                near, _address = door.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target), timeout=5)
                far.settimeout(None)
            except OSError:
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                near.close()
                continue
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link = Link(near, far)
            self._links.add(link)
            self.carried += 1
            threading.Thread(target=self._pass, args=(link, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(link, False), daemon=True).start()

    def _pass(self, link: Link, upwards: bool) -> None:
        source, sink = (link.near, link.far) if upwards else (link.far, link.near)
        try:
            while data := source.recv(PIECE):
                piece = (self.up if upwards else self.down)(link, data)
                if upwards:
                    link.sent += len(data)
                else:
                    link.answered += len(data)
                if piece:
                    sink.sendall(piece)
            with suppress(OSError):
                sink.shutdown(socket.SHUT_WR)
        except Cut:
            link.cut()
        except OSError:
            link.cut()
        if not upwards or link.far.fileno() < 0:
            self._links.discard(link)


def slow(delay: float, loss: float = 0.0, cuts: float = 0.0, *, seed: int = 1) -> Hook:
    """A bad line: each piece takes `delay` seconds, a lost one (`loss`) is repeated after a while that doubles, as TCP
    does it, and some (`cuts`) are the connection's last."""
    chance = random.Random(seed)

    def hook(_link: Link, data: bytes) -> bytes:
        wait, again = delay, max(0.2, 2 * delay)
        while chance.random() < loss and again < 10:
            wait, again = wait + again, again * 2
        time.sleep(wait)
        if chance.random() < cuts:
            raise Cut
        return data

    return hook
