"""A real S3 server (SeaweedFS) on loopback for some tests, and a line to it that can be cut, slowed or refused."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from select import select
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

KEYS = {"AWS_ACCESS_KEY_ID": "example", "AWS_SECRET_ACCESS_KEY": "example-secret"}
BUCKET = "media"
QUICK = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})
REFUSAL = b"<Error><Code>AccessDenied</Code></Error>"


def weed_program() -> str | None:
    """Where SeaweedFS is installed; None when it is not."""
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.exists() else shutil.which("weed")


def free_ports(count: int) -> list[int]:
    """Free ports whose neighbour 10,000 higher, taken by the server for its own talk, is a port too."""
    found: list[int] = []
    while len(found) < count:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1] % 20_000 + 20_000
        with socket.socket() as two, socket.socket() as three:
            if two.connect_ex(("127.0.0.1", port)) and three.connect_ex(("127.0.0.1", port + 10_000)):
                found += [port] if port not in found else []
    return found


@contextmanager
def seaweedfs(weed: str, folder: Path) -> Iterator[str]:
    """The endpoint of a server that is ready to store. Another one beside it may take a port first: then anew."""
    for turn in range(4):
        process, endpoint, log = _start(weed, folder / str(turn))
        try:
            if _stores(endpoint, process):
                yield endpoint
                return
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
    raise AssertionError("The S3 server did not get ready: " + log.read_text()[-2000:])


def _start(weed: str, folder: Path) -> tuple["subprocess.Popen[bytes]", str, Path]:
    folder.mkdir()
    s3, master, volume, filer, admin = free_ports(5)
    command = [weed, "mini", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.port={s3}"]
    command += [f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", f"-admin.port={admin}"]
    command += ["-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0", f"-bucket={BUCKET}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=os.environ | KEYS, stdout=log, stderr=log, cwd=folder)
    return process, f"http://127.0.0.1:{s3}", folder / "log"


def storage_at(endpoint: str) -> dict[str, object]:
    """The setting of a storage there, as the portal has it but for its patience."""
    options = {
        "bucket_name": BUCKET,
        "endpoint_url": endpoint,
        "region_name": "us-east-1",
        "access_key": KEYS["AWS_ACCESS_KEY_ID"],
        "secret_key": KEYS["AWS_SECRET_ACCESS_KEY"],
        "default_acl": None,
        "file_overwrite": False,
        "querystring_auth": True,
        "client_config": QUICK,
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def client_of(endpoint: str) -> Any:
    """A client with the server's own keys."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        config=Config(connect_timeout=1, read_timeout=2, retries={"max_attempts": 0}),
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )


def _stores(endpoint: str, process: "subprocess.Popen[bytes]") -> bool:
    client, until = client_of(endpoint), time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            client.put_object(Bucket=BUCKET, Key="ready", Body=b"yes")
        except (BotoCoreError, ClientError):
            time.sleep(0.2)
        else:
            return True
    return False


class Line:
    """A line to the server. `fault` is "", "down" (cut), "slow" (taken, never answered) or "refused" (403 to all)."""

    def __init__(self, endpoint: str) -> None:
        host, port = endpoint.removeprefix("http://").split(":")
        self._far = (host, int(port))
        self._fault = ""
        self._open: set[socket.socket] = set()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        threading.Thread(target=self._take, daemon=True).start()

    @property
    def fault(self) -> str:
        return self._fault

    @fault.setter
    def fault(self, kind: str) -> None:
        self._fault = kind
        # What was connected before must feel it too.
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it, with everything that goes over it."""
        self._door.close()
        self.fault = "down"

    def _take(self) -> None:
        while True:
            try:
                near, _address = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        self._open.add(near)
        try:
            with near, suppress(OSError):
                if self._fault == "down":
                    return
                if self._fault == "slow":
                    while near.recv(65_536):
                        pass
                elif self._fault == "refused":
                    self._refuse(near)
                else:
                    with socket.create_connection(self._far) as far:
                        _pass_on(near, far)
        finally:
            self._open.discard(near)

    def _refuse(self, near: socket.socket) -> None:
        head = near.recv(65_536).split(b" ", 1)[0] == b"HEAD"
        near.sendall(
            b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\nConnection: close\r\nContent-Length: "
            + str(len(REFUSAL)).encode()
            + b"\r\n\r\n"
            + (b"" if head else REFUSAL)
        )


def _pass_on(near: socket.socket, far: socket.socket) -> None:
    to = {near: far, far: near}
    while True:
        for one in select(list(to), [], [])[0]:
            data = one.recv(65_536)
            if not data:
                return
            to[one].sendall(data)
