"""A name server of our own, which may fail, and a process that asks it instead of the machine's."""

import socket
import struct
import sys
import threading
from pathlib import Path

from tests.faults.world import Child, World

# Of loopback too; the machine's own name server, if any, is at 127.0.0.1 or 127.0.0.53.
ADDRESS = "127.0.77.1"
SERVFAIL = 2
TYPE_A = 1


class NameServer:
    """Answers every name with 127.0.0.1 while it `works`, and SERVFAIL otherwise. Needs root, for port 53."""

    def __init__(self) -> None:
        self.works = False
        self.asked = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((ADDRESS, 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Answer nobody any more."""
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                query, peer = self._socket.recvfrom(512)
            except OSError:
                return
            self.asked += 1
            self._socket.sendto(self._answer(query), peer)

    def _answer(self, query: bytes) -> bytes:
        end = query.index(b"\0", 12) + 5
        question = query[12:end]
        kind = struct.unpack("!H", question[-4:-2])[0]
        answers = b""
        if self.works and kind == TYPE_A:
            answers = b"\xc0\x0c" + struct.pack("!HHIH", TYPE_A, 1, 0, 4) + socket.inet_aton("127.0.0.1")
        flags = 0x8180 | (0 if self.works else SERVFAIL)
        return query[:2] + struct.pack("!HHHHH", flags, 1, 1 if answers else 0, 0, 0) + question + answers


def start_pump(place: World) -> Child:
    """A pump that asks the name server of ours: in a mount namespace with a resolv.conf of its own."""
    own = Path(place.directory, "resolv.conf")
    own.write_text(f"nameserver {ADDRESS}\noptions timeout:1 attempts:1\n")
    mount = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
    words = ["unshare", "-m", "sh", "-c", mount, str(own), sys.executable, "manage.py", "pump"]
    return place.start(*words, name="pump")
