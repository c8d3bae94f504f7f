"""What phones send to a number at Telesign: SMS and MMS (telesign.md, section 13)."""

import re
from collections.abc import Mapping
from typing import Any

from messaging.gateway.facts import Action, Inbound
from messaging.providers.telesign.wire import lenient, moment, word

ACTIONS = {"stop": Action.STOP, "start": Action.START, "help": Action.HELP}
LONGEST_URL = 2000
LONGEST_MESSAGE = 20_000
_NUMBERED = re.compile(r"(text|url_image|url_video|url_audio)_([0-9]{1,3})")


def inbound(value: Mapping[str, Any], status: Mapping[str, Any]) -> Inbound:
    """The message in a body and its `status`. Raises KeyError or TypeError for one that makes no sense."""
    response = value.get("user_response")
    at = moment(lenient(value.get("submit_timestamp"), 60) or lenient(status.get("updated_on"), 60))
    reference = word(value.get("reference_id"), 100)
    if isinstance(response, dict):
        return Inbound(
            sender=_number(response.get("phone_number")),
            recipient=word(response.get("sender_id"), 40).lstrip("+"),
            text=_text(response.get("mo_message")),
            media_urls=(),
            provider_ref=reference,
            at=at,
            kind="sms",
            action=ACTIONS.get(lenient(response.get("action")).lower(), Action.NONE),
        )
    content = value.get("content")
    if not isinstance(content, dict):
        raise TypeError("content is missing")
    texts, urls = _parts(content)
    return Inbound(
        sender=_number(value.get("phone_number")),
        # An inbound MMS does not say which of our numbers it was sent to.
        recipient=lenient(value.get("sender_id"), 40).lstrip("+"),
        text="\n".join(texts)[:LONGEST_MESSAGE],
        media_urls=tuple(urls),
        provider_ref=reference,
        at=at,
        subject=word(content.get("subject")),
    )


def _number(value: object) -> str:
    number = word(value, 40).lstrip("+")
    if not number:
        raise KeyError("phone_number")
    return f"+{number}"


def _text(value: object) -> str:
    """A text as it was written, line by line. Raises TypeError for what is none."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError("a text is expected")
    return "\n".join(word(line, LONGEST_MESSAGE) for line in value[:LONGEST_MESSAGE].splitlines())


def _parts(content: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The texts and the addresses of an inbound MMS, in the order of their numbers."""
    found = [(int(named[2]), name) for name in content if (named := _NUMBERED.fullmatch(name))]
    texts = [_text(content[name]) for _number, name in sorted(found) if name.startswith("text")]
    urls = [word(content[name], LONGEST_URL) for _number, name in sorted(found) if name.startswith("url")]
    return [text for text in texts if text], [url for url in urls if url]
