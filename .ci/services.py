"""The suite on real services: PostgreSQL with Redis, PostgreSQL with RabbitMQ, files on an S3 server.

Each service is the one that answers on loopback or stands in TEST_DATABASE_URL, TEST_REDIS_URL, TEST_AMQP_URL; where
there is none but its program is installed, one is started for the run. What cannot be had is skipped loudly; under
CI=true that is a failure. Words behind the command go to pytest.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
import servers

# What touches neither a database nor a broker nor stored files: another service cannot make a difference to it.
PLAIN = (
    "sandbox",
    "media/fitting",
    "media/test_children.py",
    "media/test_corpus.py",
    "media/test_fetching.py",
    "media/test_inspection.py",
    "media/test_preflight.py",
    "messaging/gateway",
    "messaging/providers",
    "messaging/slide_rules",
    "messaging/mending",
)
# Journeys about how a page behaves in the browser, whatever is behind it.
PAGES = tuple(f"journeys/test_{page}.py" for page in ("composer_access", "drafts", "keyboard", "media_mends", "mends"))
SPREAD = ("-n", "auto", "--dist", "worksteal")
CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def heading(text: str) -> None:
    """A line that stands out in a long log."""
    print(f"\n==== {text} ====", flush=True)


def run(title: str, env: Mapping[str, str], *words: str) -> str:
    """Run pytest under an environment of its own. Out: how it went, "" for well."""
    heading(title)
    with tempfile.TemporaryDirectory(prefix="mms-test-var-") as var:
        settings = {**os.environ, "MMS_VAR_DIR": var, **env}
        command = [sys.executable, "-m", "pytest", "-q", *words, *sys.argv[1:]]
        code = subprocess.run(command, env=settings, stdin=subprocess.DEVNULL, check=False).returncode
    return "" if code == 0 else f"{title}: pytest ended with {code}"


def on_postgres_and_redis() -> str:
    """Everything that has to do with the database, the broker or the cache."""
    with servers.postgres() as server, servers.redis_numbers(2) as (broker, cache), scratch(server) as database:
        env = {"DATABASE_URL": database, "CELERY_BROKER_URL": broker, "CACHE_URL": cache}
        return run("PostgreSQL and Redis: all that touches them", env, *SPREAD, *without(*PLAIN, *PAGES))


def on_postgres_and_rabbitmq() -> str:
    """All but what only looks at pages, files and the providers' wire, which the broker cannot touch."""
    with servers.postgres() as server, servers.rabbitmq() as broker, scratch(server) as database:
        env = {"DATABASE_URL": database, "CELERY_BROKER_URL": broker}
        rest = without(*PLAIN, "media", "messaging/web", "messaging/admin", "messaging/lists")
        return run("PostgreSQL and RabbitMQ: sending, receipts, the API", env, *SPREAD, *rest, "-m", "not browser")


def on_s3() -> str:
    """Files, on SeaweedFS; one process, because each test empties the bucket behind it."""
    with servers.seaweedfs() as env:
        return run("SeaweedFS: the media tests on an S3 server", env, "tests/media", *without(*PLAIN))


def without(*rooms: str) -> list[str]:
    """Words for pytest that leave rooms of the tests out."""
    return [f"--ignore=tests/{room}" for room in rooms]


@contextmanager
def scratch(server: str) -> Iterator[str]:
    """The URL of a database of ours; what the tests made beside it is dropped too, however the run ended."""
    name = f"mms_services_{os.getpid()}"
    with psycopg.connect(server.replace("postgres://", "postgresql://", 1), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield server.rsplit("/", 1)[0] + "/" + name
        finally:
            names = {"name": name, "tests": f"test\\_{name}%"}
            left = connection.execute(
                "SELECT datname FROM pg_database WHERE datname = %(name)s OR datname LIKE %(tests)s", names
            ).fetchall()
            for (database,) in left:
                connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


def main() -> int:
    """Every combination in turn; 0 when all that could be run passed."""
    wrong = []
    for stage in (on_postgres_and_redis, on_postgres_and_rabbitmq, on_s3):
        try:
            if said := stage():
                wrong.append(said)
        except servers.Missing as missing:
            print(f"\n{'*' * 72}\n  SKIPPED {stage.__name__}: {missing}\n{'*' * 72}", flush=True)
            if CI:
                wrong.append(f"{stage.__name__}: skipped, which CI does not allow")
    for line in wrong:
        print(f"FAILED {line}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
