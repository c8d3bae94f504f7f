"""Servers of callers that hear news: one that takes all, and one that hangs, refuses or fails."""

import json
import random
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

# Longer than anybody is waited for.
HANG_SECONDS = 12.0


class Receiver:
    """Listens on a port of loopback. A `moody` one answers late, with 500, 429, a redirect, or not at all."""

    def __init__(self, port: int, *, moody: bool = False) -> None:
        self.heard = 0
        self.moody = moody
        self._lock = Lock()
        receiver = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                if len(body) < length:
                    # Whoever was telling it has been killed.
                    return
                status = receiver.hear(body)
                with suppress(OSError):
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *_words: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Door)
        self.url = f"http://127.0.0.1:{port}/news"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def hear(self, body: bytes) -> int:
        """Take a piece of news, or not. Out: the status that is answered."""
        json.loads(body)
        if self.moody and random.random() < 0.5:
            mood = random.choice((0, 500, 429, 302))
            if mood:
                return mood
            time.sleep(HANG_SECONDS)
        with self._lock:
            self.heard += 1
        return 200

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
