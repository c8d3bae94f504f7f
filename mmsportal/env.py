"""The only reader of the environment: typed, with defaults that make the embedded mode (architecture, section 4)."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("MMS_VAR_DIR") or BASE_DIR / "var")
VAR_DIR.mkdir(parents=True, exist_ok=True)

_env = environ.Env()


def _kept(name: str, make: str) -> str:
    """A secret made once and kept beside the embedded database, readable by its owner only."""
    path = VAR_DIR / name
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip() or make
    with os.fdopen(descriptor, "w") as file:
        file.write(make)
    return make


SECRET_KEY: str = _env.str("DJANGO_SECRET_KEY", "") or _kept("secret.key", secrets.token_urlsafe(50))
CREDENTIALS_KEYS: list[str] = _env.list("CREDENTIALS_KEYS", default=[]) or [
    _kept("credentials.key", Fernet.generate_key().decode())
]
DEBUG: bool = _env.bool("DJANGO_DEBUG", False)

DATABASE: dict[str, object] = _env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'portal.sqlite3'}")
# The longest that one statement may take on PostgreSQL; the web door, where people wait, has a shorter one (wsgi.py).
STATEMENT_SECONDS: int = _env.int("DATABASE_STATEMENT_SECONDS", 60)
BROKER_URL: str = _env.str("CELERY_BROKER_URL", "") or "filesystem://"
# Celery knows more, but sending is built for these: what goes away loses nothing, and ends no worker. Several addresses
# stand behind one another, with ";". What follows the kind may be secret.
BROKERS = ("filesystem", "redis", "rediss", "amqp", "amqps", "pyamqp")
for _kind in (_address.partition("://")[0] if "://" in _address else "" for _address in BROKER_URL.split(";")):
    if _kind not in BROKERS:
        raise ImproperlyConfigured(f"CELERY_BROKER_URL begins with {_kind!r}; give one of {', '.join(BROKERS)}")
CACHE: dict[str, object] = _env.cache_url("CACHE_URL", default="locmemcache://")

MEDIA_STORAGE: str = _env.str("MEDIA_STORAGE", "filesystem")
S3_BUCKET: str = _env.str("S3_BUCKET", "")
S3_ENDPOINT_URL: str | None = _env.str("S3_ENDPOINT_URL", "") or None
# The S3 server as browsers reach it: with it, files go there directly; without it they pass through the portal.
S3_BROWSER_URL: str = _env.str("S3_BROWSER_URL", "").rstrip("/")
S3_REGION: str | None = _env.str("S3_REGION", "") or None
AWS_ACCESS_KEY_ID: str | None = _env.str("AWS_ACCESS_KEY_ID", "") or None
AWS_SECRET_ACCESS_KEY: str | None = _env.str("AWS_SECRET_ACCESS_KEY", "") or None

# A provider that has accepted a message and not come for its media after so long is reported.
MEDIA_UNFETCHED_MINUTES: int = _env.int("MEDIA_UNFETCHED_MINUTES", 30)

PUBLIC_BASE_URL: str = _env.str("PUBLIC_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
MEDIA_PUBLIC_BASE_URL: str = (_env.str("MEDIA_PUBLIC_BASE_URL", "") or PUBLIC_BASE_URL).rstrip("/")

# Our own names are always among them: a provider that finds a receipt refused by its Host would not send it again.
ALLOWED_HOSTS: list[str] = [
    *_env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"]),
    *{urlsplit(url).hostname or "localhost" for url in (PUBLIC_BASE_URL, MEDIA_PUBLIC_BASE_URL)},
]

# host:port pairs that outbound calls may reach although they are private: sandboxes on loopback, nothing else.
ALLOW_PRIVATE_TARGETS: frozenset[str] = frozenset(_env.list("MMS_ALLOW_PRIVATE_TARGETS", default=[]))

# How long a message to many can be called back before anything of it leaves; 0 for not at all.
UNDO_SECONDS: int = _env.int("MMS_UNDO_SECONDS", 60)
# Whoever sends may let a message live for five minutes only: what could be called back for longer would never leave.
if not 0 <= UNDO_SECONDS <= 240:
    raise ImproperlyConfigured(f"MMS_UNDO_SECONDS is {UNDO_SECONDS}; give 0 to 240")

# For how many days what is over is kept (docs/operating.md, "What is kept"); 0 is for ever.
CONTENT_DAYS: int = _env.int("MMS_CONTENT_DAYS", 90)
RECEIPT_DAYS: int = _env.int("MMS_RECEIPT_DAYS", 30)
HISTORY_DAYS: int = _env.int("MMS_HISTORY_DAYS", 396)
NUMBER_DAYS: int = _env.int("MMS_NUMBER_DAYS", 396)
# What is due for so many seconds and does not leave raises an alarm.
QUEUE_ALARM_SECONDS: int = _env.int("MMS_QUEUE_ALARM_SECONDS", 60)
# How long the least patient provider repeats a receipt: a longer absence of the portal is told.
RECEIPT_RETRY_MINUTES: int = _env.int("MMS_RECEIPT_RETRY_MINUTES", 4)
# The share of calls, in per cent, that must not end in a fault of the provider's, over 30 days.
PROVIDER_TARGET_PERCENT: float = _env.float("MMS_PROVIDER_TARGET_PERCENT", 99.0)
# Who may read /metrics: addresses it may be asked from, and a bearer token that lets in from anywhere.
METRICS_CIDRS: list[str] = _env.list("MMS_METRICS_CIDRS", default=["127.0.0.0/8", "::1/128"])
METRICS_TOKEN: str = _env.str("MMS_METRICS_TOKEN", "")
# Lines for people, or JSON for a log server.
LOG_FORMAT: str = _env.str("MMS_LOG_FORMAT", "plain")
if LOG_FORMAT not in {"plain", "json"}:
    raise ImproperlyConfigured(f"MMS_LOG_FORMAT is {LOG_FORMAT!r}; give plain or json")

# Where a process stops dead, for the fault runs only, e.g. "before_wire". Never set it on a real portal.
FAILPOINT: str = _env.str("MMS_FAILPOINT", "")
