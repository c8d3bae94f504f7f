"""The line against real servers on loopback: every fault in its class, by what was written and not by its name."""

import asyncio
import gc
import gzip
import socket
import ssl
import struct
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from messaging.gateway.contract import HttpAnswer, HttpRequest
from messaging.gateway.errors import Misconfigured, NotAccepted, Refused, SendError, Unclear
from messaging.gateway.http import ANSWER_LIMIT, Line

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Breaks = Callable[[asyncio.StreamWriter], None]
BODY = b'{"channel":"mms"}'


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (int(row.split(b":")[1]) for row in head.split(b"\r\n") if row.lower().startswith(b"content-length")), 0
    )
    return head + await reader.readexactly(length)


def answering(raw: bytes) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(raw)
        await writer.drain()
        writer.close()

    return handler


def reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def post(
    port: int, body: bytes = BODY, *, scheme: str = "http", host: str = "127.0.0.1", **headers: str
) -> HttpRequest:
    return HttpRequest("POST", f"{scheme}://{host}:{port}/v2/messages", headers, body)


async def talk(
    handler: Handler,
    make: Callable[[int], HttpRequest] = post,
    *,
    times: int = 1,
    server_ssl: ssl.SSLContext | None = None,
    pause: float = 0,
    **options: object,
) -> list[HttpAnswer]:
    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(served, "127.0.0.1", 0, ssl=server_ssl)
    port = server.sockets[0].getsockname()[1]
    allowed = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
    answers = []
    try:
        async with Line(**{"allow_private": allowed, "deadline": 2.0, **options}) as line:
            for number in range(times):
                if number:
                    await asyncio.sleep(pause)
                answers.append(await line.call(make(port)))
    finally:
        server.close()
    return answers


def fault(handler: Handler, make: Callable[[int], HttpRequest] = post, **options: object) -> SendError:
    with pytest.raises(SendError) as caught:
        asyncio.run(talk(handler, make, **options))
    return caught.value


def expect(error: SendError, kind: type[SendError], code: str) -> None:
    assert type(error) is kind
    assert error.code == code
    assert "127.0.0.1" not in error.text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def call_alone(request: HttpRequest, **options: object) -> HttpAnswer:
    async def run() -> HttpAnswer:
        async with Line(**{"deadline": 2.0, **options}) as line:
            return await line.call(request)

    return asyncio.run(run())


def test_an_answer_comes_back_whole() -> None:
    seen: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(b"HTTP/1.1 201 Created\r\nX-Trace: 7\r\nContent-Length: 2\r\n\r\n{}")
        await writer.drain()

    [answer] = asyncio.run(talk(handler, lambda port: post(port, key="k-1")))
    assert answer == HttpAnswer(201, {"x-trace": "7", "content-length": "2"}, b"{}")
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v2/messages HTTP/1.1\r\n")
    assert body == BODY
    lines = {row.lower() for row in head.split(b"\r\n")}
    assert {b"key: k-1", b"accept-encoding: identity", b"content-length: 17", b"user-agent: mms-portal"} <= lines


@pytest.mark.parametrize("status", [302, 401, 429, 500, 503])
def test_no_status_is_a_fault_of_the_line(status: int) -> None:
    raw = b"HTTP/1.1 %d X\r\nLocation: http://127.0.0.1:1/elsewhere\r\nContent-Length: 0\r\n\r\n" % status
    assert [answer.status for answer in asyncio.run(talk(answering(raw)))] == [status]


def test_cookies_are_forgotten() -> None:
    seen: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            seen.append(await read_request(reader))
            writer.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: track=1; Path=/\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()

    asyncio.run(talk(handler, lambda port: post(port, host="localhost"), times=2))
    assert len(seen) == 2
    assert b"cookie" not in seen[1].lower()


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert asyncio.run(talk(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")))[0].status == 200


@pytest.mark.parametrize(("pause", "connections"), [(0.1, 1), (3.6, 2)])
def test_a_connection_is_kept_for_a_short_while(pause: float, connections: int) -> None:
    opened: list[int] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(1)
        while True:
            await read_request(reader)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()

    asyncio.run(talk(handler, times=2, pause=pause))
    assert len(opened) == connections


def test_a_hanging_server_leaves_the_outcome_unclear() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    started = time.monotonic()
    expect(fault(handler, deadline=0.5), Unclear, "timed_out")
    assert time.monotonic() - started < 3


def test_a_dripping_answer_does_not_outlast_the_deadline() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
        for _ in range(500):
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.05)

    started = time.monotonic()
    expect(fault(handler, deadline=0.7), Unclear, "timed_out")
    assert time.monotonic() - started < 3


def test_a_reset_after_the_body_is_unclear() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        reset(writer)

    expect(fault(handler), Unclear, "connection_lost")


def test_a_hang_up_without_an_answer_is_unclear() -> None:
    expect(fault(answering(b"")), Unclear, "connection_lost")


def test_an_answer_that_breaks_off_is_unclear() -> None:
    expect(fault(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")), Unclear, "connection_lost")


def test_a_connection_closed_while_idle_is_replaced() -> None:
    answers = asyncio.run(talk(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), times=2, pause=0.2))
    assert [answer.status for answer in answers] == [200, 200]


def test_a_hang_up_on_a_reused_connection_is_unclear_and_not_repeated() -> None:
    seen: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        seen.append(await read_request(reader))

    expect(fault(handler, times=2), Unclear, "connection_lost")
    assert len(seen) == 2


@pytest.mark.parametrize("times", [1, 2], ids=["new connection", "reused connection"])
@pytest.mark.parametrize("breaks", [reset, lambda writer: writer.close()], ids=["reset", "hang up"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_method_is_ever_repeated_by_the_line_itself(method: str, breaks: Breaks, times: int) -> None:
    """One provider sends messages by GET, which HTTP libraries take for harmless to repeat."""
    seen: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _call in range(times - 1):
            seen.append(await read_request(reader))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        seen.append(await read_request(reader))
        breaks(writer)

    def make(port: int) -> HttpRequest:
        return HttpRequest(method, f"http://127.0.0.1:{port}/?action=sendmms", {}, BODY if method == "POST" else b"")

    expect(fault(handler, make, times=times), Unclear, "connection_lost")
    assert len(seen) == times


def test_a_large_body_that_did_not_go_out_whole_was_not_accepted() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1000)
        await asyncio.sleep(0.2)
        reset(writer)

    error = fault(handler, lambda port: post(port, bytes(32 * 1024 * 1024)))
    expect(error, NotAccepted, "connection_lost")


def test_a_large_body_that_nobody_reads_was_not_accepted() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    expect(fault(handler, lambda port: post(port, bytes(32 * 1024 * 1024)), deadline=1.0), NotAccepted, "timed_out")


def test_a_large_body_arrives_unchanged_with_its_length() -> None:
    body = bytes(range(256)) * 1024
    seen: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    asyncio.run(talk(handler, lambda port: post(port, body)))
    assert seen[0].endswith(body)
    assert b"chunked" not in seen[0].partition(b"\r\n\r\n")[0].lower()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\xff\x13garbage\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
    ],
)
def test_garbage_is_unclear(garbage: bytes) -> None:
    expect(fault(answering(garbage)), Unclear, "answer_unreadable")


def test_a_huge_answer_is_cut_off() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        for _ in range(1000):
            writer.write(bytes(1_000_000))
            await writer.drain()

    expect(fault(handler, deadline=10.0), Unclear, "answer_too_large")


def compressed(body: bytes, encoding: bytes = b"gzip") -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s" % (encoding, len(body), body)


def test_a_gzip_bomb_does_not_go_off() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert len(bomb) < ANSWER_LIMIT
    started = time.monotonic()
    expect(fault(answering(compressed(bomb))), Unclear, "answer_too_large")
    assert time.monotonic() - started < 1.5


def test_compression_nobody_asked_for_is_undone() -> None:
    [answer] = asyncio.run(talk(answering(compressed(gzip.compress(b'{"messageId":"1"}')))))
    assert answer.body == b'{"messageId":"1"}'


@pytest.mark.parametrize(
    ("body", "encoding"), [(b"no gzip", b"gzip"), (gzip.compress(b"x" * 99)[:-9], b"gzip"), (b"\x1b\x00", b"br")]
)
def test_an_answer_that_cannot_be_decoded_is_unclear(body: bytes, encoding: bytes) -> None:
    expect(fault(answering(compressed(body, encoding))), Unclear, "answer_unreadable")


def test_a_refused_port_was_not_accepted() -> None:
    port = free_port()
    with pytest.raises(SendError) as caught:
        call_alone(post(port), allow_private=frozenset({f"127.0.0.1:{port}"}))
    expect(caught.value, NotAccepted, "connect_failed")


@contextmanager
def full_backlog() -> Iterator[int]:
    """A port whose queue of connections is full, so that the next one is never answered."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        yield int(server.getsockname()[1])
        for client in waiting:
            client.close()


def test_a_connection_that_never_opens_was_not_accepted() -> None:
    with full_backlog() as port, pytest.raises(SendError) as caught:
        call_alone(post(port), allow_private=frozenset({f"127.0.0.1:{port}"}), connect_timeout=0.3)
    expect(caught.value, NotAccepted, "connect_timed_out")


def test_waiting_for_a_free_connection_in_vain_was_not_accepted() -> None:
    async def run() -> list[object]:
        async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(3)
            writer.close()

        server = await asyncio.start_server(hang, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with Line(
            allow_private=frozenset({f"127.0.0.1:{port}"}), deadline=1.5, connect_timeout=0.2, connections=1
        ) as line:
            calls = [line.call(post(port)), line.call(post(port))]
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
        server.close()
        return list(outcomes)

    first, second = asyncio.run(run())
    assert type(first) is Unclear
    assert type(second) is NotAccepted


def test_an_unknown_name_was_not_accepted() -> None:
    with pytest.raises(SendError) as caught:
        call_alone(HttpRequest("POST", "https://api.nowhere.invalid/v2/messages", {}, BODY), deadline=10.0)
    expect(caught.value, NotAccepted, "name_not_found")


def certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def secure_server(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def secure_post(port: int) -> HttpRequest:
    return post(port, scheme="https", host="localhost")


OK = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def test_a_trusted_certificate_lets_the_call_through(tmp_path: Path) -> None:
    path = certificate(tmp_path, "localhost")
    trust = ssl.create_default_context(cafile=str(path))
    [answer] = asyncio.run(talk(OK, secure_post, server_ssl=secure_server(path), ssl_context=trust))
    assert answer.status == 200


def test_the_usual_certificates_are_held_once_however_many_lines_there_are() -> None:
    async def opened() -> list[Line]:
        allowed = frozenset({f"localhost:{closed}"})
        lines = [Line(deadline=2.0, allow_private=allowed) for _number in range(5)]
        for line in lines:
            with pytest.raises(NotAccepted):
                await line.call(secure_post(closed))
            await line.aclose()
        return lines

    closed = free_port()
    asyncio.run(opened())
    before = stores()
    kept = asyncio.run(opened())
    assert len(kept) == 5
    assert stores() <= before


def stores() -> int:
    gc.collect()
    # Asked by its type: some of what there is stands in for something that is gone.
    return sum(issubclass(type(one), ssl.SSLContext) for one in gc.get_objects())


def test_an_untrusted_certificate_was_not_accepted(tmp_path: Path) -> None:
    server_ssl = secure_server(certificate(tmp_path, "localhost"))
    expect(fault(OK, secure_post, server_ssl=server_ssl), NotAccepted, "tls_failed")


def test_a_certificate_for_another_name_was_not_accepted(tmp_path: Path) -> None:
    path = certificate(tmp_path, "api.example.org")
    trust = ssl.create_default_context(cafile=str(path))
    error = fault(OK, secure_post, server_ssl=secure_server(path), ssl_context=trust)
    expect(error, NotAccepted, "tls_failed")


def test_plain_speech_on_a_tls_port_was_not_accepted() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.org ESMTP\r\n")
        await writer.drain()

    expect(fault(handler, secure_post), NotAccepted, "tls_failed")


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("https://127.0.0.1/v2/messages", "target_not_public"),
        ("https://localhost/v2/messages", "target_not_public"),
        ("https://169.254.169.254/latest", "target_not_public"),
        ("https://10.0.0.8:8443/", "target_not_public"),
        ("https://[::1]/", "target_not_public"),
        ("https://[::ffff:127.0.0.1]/", "target_not_public"),
        ("https://0.0.0.0/", "target_not_public"),
        ("http://api.us.webexconnect.io/v2/messages", "https_required"),
        ("http://127.0.0.1:9/", "https_required"),
        ("https://user:pass@api.us.webexconnect.io/", "address_invalid"),
        ("ftp://api.us.webexconnect.io/", "address_invalid"),
        ("https:///v2/messages", "address_invalid"),
        ("api.us.webexconnect.io/v2/messages", "address_invalid"),
        ("https://api.example.org:99999999/", "address_invalid"),
        ("https://2130706433/", "address_invalid"),
        ("", "address_invalid"),
    ],
)
def test_an_address_that_may_not_be_called_is_a_matter_of_configuration(address: str, code: str) -> None:
    with pytest.raises(SendError) as caught:
        call_alone(HttpRequest("POST", address, {}, BODY))
    expect(caught.value, Misconfigured, code)


def test_an_allowance_holds_for_its_port_only() -> None:
    with pytest.raises(Misconfigured, match="target_not_public"):
        call_alone(HttpRequest("POST", "https://127.0.0.1:8443/", {}, BODY), allow_private=frozenset({"127.0.0.1:1"}))


@pytest.mark.parametrize("headers", [{"key": "a\r\nx-injected: 1"}, {"key": "clé ☎"}])
def test_headers_that_cannot_be_written_are_refused(headers: dict[str, str]) -> None:
    seen: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))

    expect(fault(handler, lambda port: post(port, **headers)), Refused, "request_invalid")
    assert not seen


def test_many_calls_share_one_line() -> None:
    async def run() -> int:
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                try:
                    await read_request(reader)
                except (asyncio.IncompleteReadError, ConnectionError):
                    break
                writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}")
                await writer.drain()
            writer.close()

        server = await asyncio.start_server(handler, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with Line(allow_private=frozenset({f"127.0.0.1:{port}"}), connections=20) as line:
            answers = await asyncio.gather(*(line.call(post(port)) for _ in range(400)))
        server.close()
        return sum(answer.status == 201 for answer in answers)

    assert asyncio.run(run()) == 400
