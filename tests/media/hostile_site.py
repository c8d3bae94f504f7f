"""A web server on loopback that answers well, badly or never: one path for each way."""

import gzip
import ssl
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import samples


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: list[dict[str, str]]

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        type(self).seen.append({"path": self.path, **{name.lower(): value for name, value in self.headers.items()}})
        with suppress(BrokenPipeError, ConnectionResetError):
            getattr(self, "answer_" + self.path.strip("/").split("/")[0].split(".")[0])()

    def send(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        headers.setdefault("Content_Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def answer_good(self) -> None:
        self.send(b"the file", Content_Type="image/png", Set_Cookie="a=b")

    def answer_picture(self) -> None:
        self.send(samples.png(), Content_Type="application/octet-stream")

    def answer_onward(self) -> None:
        self.send(b"", 302, Location="/picture.png")

    def answer_chunked(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        body = samples.png()
        self.wfile.write(f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n")

    def answer_named(self) -> None:
        self.send(b"x", Content_Disposition='attachment; filename="Sea view.png"')

    def answer_missing(self) -> None:
        self.send(b"secret inner page", 404)

    def answer_loop(self) -> None:
        self.send(b"", 302, Location="/loop")

    def answer_twice(self) -> None:
        self.send(b"", 302, Location="/once")

    def answer_once(self) -> None:
        self.send(b"", 307, Location="/good.png")

    def answer_inside(self) -> None:
        self.send(b"", 302, Location="http://169.254.169.254/latest/meta-data/")

    def answer_scheme(self) -> None:
        self.send(b"", 302, Location="file:///etc/passwd")

    def answer_plain(self) -> None:
        self.send(b"", 302, Location=f"http://files.example.com:{self.server.server_address[1]}/good.png")

    def answer_zipped(self) -> None:
        self.send(b"\x1f\x8b", Content_Encoding="gzip")

    def answer_declared(self) -> None:
        self.send(b"x" * 10, Content_Length="999999999")

    def answer_short(self) -> None:
        self.send(b"x" * 10, Content_Length="500")
        self.close_connection = True

    def answer_endless(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for _ in range(10_000):
            self.wfile.write(b"400\r\n" + b"x" * 1024 + b"\r\n")

    def answer_bomb(self) -> None:
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        zeros = gzip.compress(bytes(1_000_000))
        for _ in range(200):
            self.wfile.write(f"{len(zeros):x}\r\n".encode() + zeros + b"\r\n")

    def answer_understated(self) -> None:
        self.send(b"the file", Content_Length="3")
        self.close_connection = True

    def answer_flood(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(20_000):
            self.wfile.write(b"X-%d: %s\r\n" % (number, b"y" * 100))

    def answer_garbage(self) -> None:
        self.wfile.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        self.close_connection = True

    def answer_negative(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello")
        self.close_connection = True

    def answer_twolengths(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 500\r\n\r\nhello")
        self.close_connection = True

    def answer_drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        for _ in range(40):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.1)

    def answer_headers(self) -> None:
        for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"y" * 60:
            self.wfile.write(bytes([letter]))
            self.wfile.flush()
            time.sleep(0.1)


def serve(context: ssl.SSLContext | None = None) -> tuple[ThreadingHTTPServer, type[Handler]]:
    handler = type("Own", (Handler,), {"seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server, handler
