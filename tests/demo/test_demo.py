"""The real command from its start to its end: greeting, login, a pasted call, a delivery, and nothing left behind."""

import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from mmsportal.demo.people import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS, DELIVERY_SECONDS, STOP_SECONDS = 90, 60, 60


class Demo:
    """A demo under way: its process, its lines, its folder, and what its greeting says."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--ephemeral", "--no-browser", "--port", str(port)],
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(folder), "MMS_VAR_DIR": str(folder / "own")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def data(self) -> list[Path]:
        """The temporary folders of the demo."""
        return list(self.folder.glob("mms-demo-*"))

    def relatives(self) -> set[int]:
        """Every process with this demo's data in its environment."""
        found = set()
        for entry in Path("/proc").glob("[0-9]*/environ"):
            try:
                if f"MMS_VAR_DIR={self.folder}/mms-demo-".encode() in entry.read_bytes():
                    found.add(int(entry.parent.name))
            except OSError:
                continue
        return found

    def call(self) -> tuple[str, dict[str, str], str]:
        """The call in the greeting, taken apart as a shell does: address, headers, body."""
        words = shlex.split(next(line for line in self.lines if line.startswith("curl ")))
        headers = dict(words[i + 1].split(": ", 1) for i, word in enumerate(words) if word == "-H")
        return words[2], headers, words[words.index("-d") + 1]


def _until(holds: Callable[[], object], seconds: float) -> bool:
    patience = monotonic() + seconds
    while not holds():
        if monotonic() > patience:
            return False
        sleep(0.2)
    return True


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    demo = Demo(tmp_path, port)
    up = _until(lambda: "Ctrl-C stops everything." in demo.lines or demo.process.poll() is not None, START_SECONDS)
    try:
        assert up, "\n".join(demo.lines)
        assert demo.process.poll() is None, "\n".join(demo.lines)
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.process.send_signal(signal.SIGTERM)
            demo.process.wait(STOP_SECONDS)


@pytest.mark.demo
def test_a_pasted_call_is_delivered_and_nothing_stays_behind(demo: Demo) -> None:
    _log_in(demo)
    address, headers, body = demo.call()
    sent = httpx.post(address, headers=headers, content=body)
    assert sent.status_code == 201, sent.text
    transaction = f"{demo.url}/api/v1/transactions/{sent.json()['transactions'][0]['id']}"
    read = {"key": headers["key"]}
    delivered = _until(lambda: httpx.get(transaction, headers=read).json()["status"] == "delivered", DELIVERY_SECONDS)
    assert delivered, httpx.get(transaction, headers=read).text + "\n".join(demo.lines[-40:])

    assert demo.data()
    if sys.platform == "linux":
        assert len(demo.relatives()) >= 5
    demo.process.send_signal(signal.SIGTERM)
    assert demo.process.wait(STOP_SECONDS) == 0
    assert demo.lines[-1] == "stopped"
    assert not demo.relatives()
    assert not demo.data()


def _log_in(demo: Demo) -> None:
    with httpx.Client(base_url=demo.url, follow_redirects=True) as browser:
        form = browser.get("/admin/login/?next=/").text
        token = form.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        fields = {"username": "mira", "password": PASSWORD, "csrfmiddlewaretoken": token}
        page = browser.post("/admin/login/?next=/", data=fields, headers={"Referer": demo.url})
        assert page.url.path == "/"
        assert page.status_code == 200
        assert "Weekend offer" in browser.get("/messages/").text


def test_a_taken_port_is_told_and_nothing_starts(tmp_path: Path) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        tried = subprocess.run(
            [sys.executable, "manage.py", "demo", "--ephemeral", "--no-browser", "--port", str(port)],
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(tmp_path), "MMS_VAR_DIR": str(tmp_path / "own")},
            capture_output=True,
            text=True,
        )
    assert tried.returncode == 1
    assert f"Port {port} on 127.0.0.1 is in use" in tried.stderr
    assert "--port" in tried.stderr
    assert not list(tmp_path.glob("mms-demo-*"))
