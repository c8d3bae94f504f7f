"""How log lines look, and what must never stand in one: phone numbers, the secret path of a webhook, keys
(reliability, section 6)."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

MASKS = (
    (re.compile(r"(/webhooks/[a-z0-9_-]+/)[^\s?\"']+"), r"\1***"),
    (re.compile(r"(/m/)[A-Za-z0-9_-]{16,}"), r"\1***"),
    (re.compile(r"\bmms_(live|test)_[0-9a-f]{8}_[A-Za-z0-9_-]+"), r"mms_\1_***"),
    (re.compile(r"((?<![\w.-])\+\d{4}|%2[Bb]\d{4})\d{2,7}(\d{4})(?![\w-])"), r"\1***\2"),
    # A North American number as the wire spells it, without its plus.
    (re.compile(r"(?<![\w.-])(1[2-9]\d{2})[2-9]\d{2}(\d{4})(?![\w-])"), r"\1***\2"),
)


def masked(text: str) -> str:
    """The text without any of them."""
    for pattern, mask in MASKS:
        text = pattern.sub(mask, text)
    return text


class MaskingFormatter(logging.Formatter):
    """Masks the whole line once more with its traceback: a database names the values that it refused."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


class Masking(logging.Filter):
    """Rewrites each record so that its text holds none of them, whoever wrote it; line breaks are escaped too."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = masked(record.getMessage())
        record.msg, record.args = text.replace("\r", "\\r").replace("\n", "\\n"), ()
        return True


_about: ContextVar[dict[str, object]] = ContextVar("about", default={})  # noqa: B039 (replaced, never changed)
# What every record has; the rest of it came with `extra` and tells what the line is about.
PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


@contextmanager
def about(**ids: object) -> Iterator[None]:
    """All lines written inside say that they are about these: a request, a task, a transaction. Ids only."""
    token = _about.set({**_about.get(), **ids})
    try:
        yield
    finally:
        _about.reset(token)


class Json(MaskingFormatter):
    """One object a line, for a log server: when, how bad, who says it, the words, and the ids they are about."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "said": record.getMessage(),
            **_about.get(),
            **{name: value for name, value in record.__dict__.items() if name not in PLAIN},
        }
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return masked(json.dumps(said, default=str, ensure_ascii=False))
