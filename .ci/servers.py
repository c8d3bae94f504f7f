"""Real servers for the tests: those that answer already, else ones of our own, on loopback and gone afterwards."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from time import monotonic, sleep

import boto3
import psycopg
import redis
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from kombu import Connection

START_SECONDS = 60.0
STOP_SECONDS = 20.0
LOOPBACK = "127.0.0.1"


class Missing(Exception):
    """A server that neither answers nor can be started; the text says why."""


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL where databases may be made. Raises Missing."""
    given = os.environ.get("TEST_DATABASE_URL")
    url = given or f"postgres://postgres@{LOOPBACK}:5432/postgres"
    if _postgres_answers(url):
        yield url
        return
    if given:
        raise Missing("TEST_DATABASE_URL does not answer, or its role may not create databases.")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = str(programs[-1]) if programs else shutil.which("initdb")
    if not initdb:
        raise Missing("PostgreSQL does not answer and is not installed.")
    port = free_port()
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    with _folder(user) as folder:
        data = str(folder / "data")
        make = [initdb, "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"]
        subprocess.run(make, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)
        serve = [str(Path(initdb).with_name("postgres")), "-D", data, "-p", str(port), "-k", str(folder)]
        serve += ["-c", f"listen_addresses={LOOPBACK}", "-c", "fsync=off"]
        own = f"postgres://postgres@{LOOPBACK}:{port}/postgres"
        with _running(serve, lambda: _postgres_answers(own), folder=folder, user=user):
            yield own


@contextmanager
def redis_numbers(count: int) -> Iterator[list[str]]:
    """URLs of empty databases of a Redis, kept for us and emptied afterwards. Raises Missing."""
    given = os.environ.get("TEST_REDIS_URL")
    base = (given or f"redis://{LOOPBACK}:6379").rstrip("/")
    with ExitStack() as stack:
        if not _redis_answers(base):
            server = shutil.which("redis-server")
            if given or not server:
                raise Missing("Redis does not answer" + ("." if given else " and is not installed."))
            port = free_port()
            base = f"redis://{LOOPBACK}:{port}"
            folder = stack.enter_context(_folder())
            command = [server, "--bind", LOOPBACK, "--port", str(port), "--save", "", "--appendonly", "no"]
            stack.enter_context(_running(command, lambda: _redis_answers(base), folder=folder))
        numbers = list(islice((number for number in range(15, 0, -1) if _keep(f"{base}/{number}")), count))
        for number in numbers:
            stack.callback(_empty, f"{base}/{number}")
        if len(numbers) < count:
            raise Missing("Redis has no empty database left.")
        yield [f"{base}/{number}" for number in numbers]


@contextmanager
def rabbitmq() -> Iterator[str]:
    """The URL of a virtual host of RabbitMQ that is ours alone. Raises Missing."""
    given = os.environ.get("TEST_AMQP_URL")
    if given:
        if not _rabbitmq_answers(given):
            raise Missing("TEST_AMQP_URL does not answer.")
        yield given
        return
    host, name = f"amqp://guest:guest@{LOOPBACK}:5672", f"mms-test-{os.getpid()}"
    if _rabbitmq_answers(f"{host}//") and _control("add_vhost", name):
        try:
            _control("set_permissions", "-p", name, "guest", ".*", ".*", ".*")
            yield f"{host}/{name}"
        finally:
            _control("delete_vhost", name)
        return
    server = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    if not server.exists():
        raise Missing("RabbitMQ gives us no virtual host of our own and is not installed.")
    port = free_port()
    own = f"amqp://guest:guest@{LOOPBACK}:{port}//"
    user = "rabbitmq" if os.geteuid() == 0 else None
    with _folder(user) as folder:
        settings = _rabbitmq_settings(folder, port)
        with _running([str(server)], lambda: _rabbitmq_answers(own), folder=folder, user=user, env=settings):
            yield own


@contextmanager
def seaweedfs() -> Iterator[dict[str, str]]:
    """The environment under which the portal keeps its files on an S3 server. Raises Missing."""
    weed = shutil.which("weed", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    if not weed:
        raise Missing("SeaweedFS is not installed (requirements-heavy.txt brings it).")
    ports = {name: free_port(beside=10_000) for name in ("s3", "master", "volume", "filer", "admin")}
    settings = {
        "MEDIA_STORAGE": "s3",
        "S3_BUCKET": "media",
        "S3_REGION": "us-east-1",
        "S3_ENDPOINT_URL": f"http://{LOOPBACK}:{ports['s3']}",
        "AWS_ACCESS_KEY_ID": "test-access-key",
        "AWS_SECRET_ACCESS_KEY": "test-secret-key",
    }
    with _folder() as folder:
        command = [weed, "mini", f"-dir={folder}", f"-ip={LOOPBACK}", f"-ip.bind={LOOPBACK}", "-bucket=media"]
        command += [f"-{name}.port={port}" for name, port in ports.items()]
        command += ["-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0"]
        with _running(command, lambda: _stores(settings), folder=folder, env=settings):
            yield settings


def free_port(*, beside: int = 0) -> int:
    """A loopback port that nobody listens on; with `beside`, one whose neighbour that far up is free as well."""
    for _try in range(100):
        with socket.socket() as one, socket.socket() as other:
            one.bind((LOOPBACK, 0))
            port: int = one.getsockname()[1]
            port -= beside if port + beside > 65_535 else 0
            try:
                other.bind((LOOPBACK, port + beside if beside else 0))
            except OSError:
                continue
            return port
    raise Missing("No free port was found.")


@contextmanager
def _running(
    command: Sequence[str],
    answers: Callable[[], bool],
    *,
    folder: Path,
    user: str | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """A server of our own from the moment it answers; asked to stop, then made to."""
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            user=user,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        ends = monotonic() + START_SECONDS
        while not answers():
            if process.poll() is not None or monotonic() > ends:
                tail = (folder / "server.log").read_text(errors="replace")[-2000:]
                raise Missing(f"{Path(command[0]).name} did not start:\n{tail}")
            sleep(0.2)
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _folder(user: str | None = None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mms-test-", ignore_cleanup_errors=True) as name:
        if user:
            shutil.chown(name, user)
        yield Path(name)


def _postgres_answers(url: str) -> bool:
    try:
        with psycopg.connect(url.replace("postgres://", "postgresql://", 1), connect_timeout=3) as connection:
            row = connection.execute(
                "SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            return bool(row and row[0])
    except psycopg.Error:
        return False


def _redis_answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=3) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _keep(url: str) -> bool:
    """Take a database that is empty, so that a run beside ours does not take it too."""
    with redis.Redis.from_url(url, socket_timeout=3) as client:
        return not client.dbsize() and bool(client.set("kept for the tests", "1", nx=True, ex=4 * 3600))


def _empty(url: str) -> None:
    with redis.Redis.from_url(url, socket_timeout=3) as client:
        client.flushdb()


def _rabbitmq_answers(url: str) -> bool:
    try:
        with Connection(url, connect_timeout=3) as connection:
            connection.connect()
            return True
    except (OSError, *Connection(url).connection_errors):
        return False


def _control(*words: str) -> bool:
    program = shutil.which("rabbitmqctl")
    if not program:
        return False
    return subprocess.run([program, "-q", *words], capture_output=True, timeout=60, check=False).returncode == 0


def _rabbitmq_settings(folder: Path, port: int) -> dict[str, str]:
    (folder / "rabbitmq.conf").write_text(f"listeners.tcp.local = {LOOPBACK}:{port}\nloopback_users.guest = true\n")
    (folder / "plugins").write_text("[].\n")
    return {
        "HOME": str(folder),
        "RABBITMQ_NODENAME": f"mms-test-{port}@localhost",
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
        "RABBITMQ_MNESIA_BASE": str(folder),
        "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "ERL_EPMD_ADDRESS": LOOPBACK,
    }


def _stores(settings: Mapping[str, str]) -> bool:
    """The port opens before the server can store anything."""
    client = boto3.client(
        "s3",
        endpoint_url=settings["S3_ENDPOINT_URL"],
        region_name=settings["S3_REGION"],
        aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
        config=Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 1}),
    )
    try:
        client.put_object(Bucket=settings["S3_BUCKET"], Key="ready", Body=b"ready")
    except (BotoCoreError, ClientError):
        return False
    return True
