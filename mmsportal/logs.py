"""What must never stand in a log: phone numbers, the secret path of a webhook, keys (reliability, section 6)."""

import logging
import re

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
