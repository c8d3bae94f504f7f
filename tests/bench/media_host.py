"""How fast the media host is beside a bare server of the same bytes: the same WSGI server, the same clients, in turns.

Alone: `python -m tests.bench.media_host`. Every answer's headers are compared with what they have to be.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
REQUESTS = 10_000
ROUNDS = 5
CLIENTS = 4
START_SECONDS = 60.0


def measure(_place: object = None, *, requests: int = REQUESTS) -> list[dict[str, object]]:
    """Requests per second for a file at an account's address, logged, and at its own, beside a bare server."""
    with TemporaryDirectory(prefix="mms-bench-") as folder, ExitStack() as stack:
        environment = {**os.environ, "MMS_VAR_DIR": folder, "MEDIA_STORAGE": "filesystem"}
        made = _prepared(environment)
        portal = stack.enter_context(_server("mmsportal.wsgi", environment))
        bare = stack.enter_context(_server("tests.bench.media_host:bare", environment | {"BARE_FILE": made["file"]}))
        each = requests // ROUNDS // CLIENTS
        rates: dict[str, list[float]] = {"link": [], "own": [], "bare": []}
        for _round in range(ROUNDS):
            rates["bare"].append(_rate(bare, "/", {"Content-Length": made["headers"]["Content-Length"]}, each))
            rates["link"].append(_rate(portal, made["link"], made["headers"], each))
            rates["own"].append(_rate(portal, made["own"], made["headers"], max(1, each // 5)))
    floor = statistics.median(rates["bare"])
    against = f"bare WSGI app, {int(made['headers']['Content-Length']) // 1000} KB"
    return [
        _row("media_host_logged", statistics.median(rates["link"]), floor, against),
        _row("media_host", statistics.median(rates["own"]), floor, against),
    ]


def _row(name: str, rate: float, floor: float, against: str) -> dict[str, object]:
    return {
        "name": name,
        "value": round(rate, 1),
        "unit": "requests/s",
        "ratio": round(rate / floor, 3),
        "against": against,
    }


def _rate(port: int, path: str, expected: dict[str, str], each: int) -> float:
    """Answers per second over all clients. Raises RuntimeError for one that is not as it has to be."""
    start = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(lambda _client: _ask(port, path, expected, each), range(CLIENTS)))
    return each * CLIENTS / (time.perf_counter() - start)


def _ask(port: int, path: str, expected: dict[str, str], times: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    for _time in range(times):
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        got = {name: answer.headers.get(name) for name in expected}
        if answer.status != 200 or got != expected or len(body) != int(expected["Content-Length"]):
            raise RuntimeError(f"{path} answered {answer.status} {got}, expected {expected}")
        if answer.headers.get("Transfer-Encoding") or answer.headers.get("Set-Cookie"):
            raise RuntimeError(f"{path} was chunked, or set a cookie")
    connection.close()


@contextmanager
def _server(application: str, environment: dict[str, str]) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", "--workers", "1"]
    command += ["--threads", str(CLIENTS), "--keep-alive", "30", "--log-level", "warning", "--no-control-socket"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        ends = time.monotonic() + START_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > ends:
                raise RuntimeError(f"{application} does not start")
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _prepared(environment: dict[str, str]) -> dict[str, str]:
    """A portal with one picture: its addresses, its headers, and where its bytes lie."""

    def run(*words: str) -> str:
        command = [sys.executable, *words]
        return subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout

    run("manage.py", "migrate", "--verbosity", "0")
    return json.loads(run("-m", "tests.bench.media_host", "prepare").splitlines()[-1])


def _prepare() -> None:
    import django  # noqa: PLC0415

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsportal.settings")
    django.setup()
    from django.core.files.storage import default_storage  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    from media import links, uploads  # noqa: PLC0415

    picture = Path(os.environ["MMS_VAR_DIR"], "picture.jpg")
    Image.effect_noise((640, 480), 60).convert("RGB").save(picture, "JPEG", quality=80)
    asset = uploads.store(picture, name="Sea view.jpg", owner="user:1")
    headers = {
        "Content-Length": str(asset.size),
        "Content-Type": "image/jpeg",
        "ETag": f'"{asset.sha256}"',
        "Accept-Ranges": "bytes",
        "Content-Disposition": 'inline; filename="sea-view.jpg"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, max-age=86400",
        "Referrer-Policy": "no-referrer",
    }
    answer = Client(SERVER_NAME="localhost").get(asset.public_path)
    wrong = {name: answer.get(name) for name, value in headers.items() if answer.get(name) != value}
    if wrong:
        raise SystemExit(f"headers are not as they have to be: {wrong}")
    link = links.hosted([asset.pk], "account:bench")[asset.pk].path
    file = default_storage.path(asset.storage_key)
    print(json.dumps({"link": link, "own": asset.public_path, "file": file, "headers": headers}))


def bare(_environ: dict[str, object], start_response: Callable[..., object]) -> list[bytes]:
    """The same bytes from the same disk and nothing else."""
    content = Path(os.environ["BARE_FILE"]).read_bytes()
    start_response("200 OK", [("Content-Type", "image/jpeg"), ("Content-Length", str(len(content)))])
    return [content]


if __name__ == "__main__":
    if sys.argv[1:] == ["prepare"]:
        _prepare()
    else:
        for row in measure():
            print(row)
