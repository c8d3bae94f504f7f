"""What the phones show: the newest messages, slide by slide, as the provider took them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape
from itertools import islice

from messaging.content import Content, ContentError, FallbackSms, Part, Slide, substitute
from messaging.gateway.serving import Event
from mmsportal.sandbox.ledger import Entry
from mmsportal.sandbox.pages import frame
from mmsportal.sandbox.reach import is_local

SHOWN = 100
NONE_YET = "<p>Nothing has come in yet. Send a message and load this page again.</p>"
# Gives the latest that became of a message: by provider, reference and recipient.
State = Callable[[str, str, str], str]


def page(accepted: Iterable[Entry], labels: Mapping[str, str], state: State) -> str:
    """The page, complete in itself; `accepted` are ledger entries, newest first, `labels` what providers are called."""
    phones = [_phone(*one, labels, state) for one in islice(_messages(accepted), SHOWN)]
    body = f'<ul class="phones">{"".join(phones)}</ul>' if phones else NONE_YET
    return frame("Handsets", f"What the phones show: the newest {SHOWN} messages. Load the page again for more.", body)


def _messages(accepted: Iterable[Entry]) -> Iterator[tuple[Entry, str]]:
    for entry in accepted:
        for recipient, _ in entry["destinations"]:
            yield entry, recipient


def _phone(entry: Entry, recipient: str, labels: Mapping[str, str], state: State) -> str:
    content = _content(entry)
    event = state(entry["provider"], entry["provider_ref"], recipient)
    if event == Event.DELIVERED_AS_SMS:
        screen = f'<div class="sms"><p>as SMS: {escape(content.fallback.text)}</p></div>'
    else:
        slides = "".join(_slide(slide, number) for number, slide in enumerate(content.slides, start=1))
        screen = f"<ol>{slides}</ol>{_fallback(content.fallback)}"
    subject = f"<p><b>{escape(content.subject)}</b></p>" if content.subject else ""
    way = f"from {entry['sender']} through {labels[entry['provider']]}, {entry['at'][11:19]} UTC"
    return f"""<li class="phone"><header><h2>+{escape(recipient)}</h2>
<p class="mute">{escape(way)}</p>
<p class="state">{escape(event or "accepted")}</p></header>
{subject}{screen}</li>
"""


def _content(entry: Entry) -> Content:
    try:
        content = Content.from_json(entry["content"], stored=True)
    except ContentError:
        return Content()
    values = {str(name): str(value) for name, value in entry.get("substitutions", {}).items()}
    return Content(
        content.name,
        substitute(content.subject, values),
        tuple(Slide(substitute(slide.text, values), slide.duration, slide.parts) for slide in content.slides),
        FallbackSms(substitute(content.fallback.text, values), disabled=content.fallback.disabled),
    )


def _slide(slide: Slide, number: int) -> str:
    parts = "".join(_part(part, number) for part in slide.parts)
    text = f"<p>{escape(slide.text)}</p>" if slide.text else ""
    return f'<li class="slide">{parts}{text}<span class="small">{slide.duration} s</span></li>'


def _part(part: Part, number: int) -> str:
    name = f"{part.kind} of slide {number}"
    if not is_local(part.url):
        # Nothing is loaded from elsewhere: a page that shows messages must not tell anyone that it is read.
        return f'<p class="small">{escape(name)}: <code>{escape(part.url)}</code></p>'
    match part.kind:
        case "image":
            return f'<img src="{escape(part.url)}" alt="{escape(part.alt or name)}" loading="lazy">'
        case "audio" | "video":
            source = f'src="{escape(part.url)}" aria-label="{escape(name)}"'
            return f'<{part.kind} controls preload="none" {source}></{part.kind}>'
    return f'<p><a href="{escape(part.url)}" rel="noreferrer">{escape(name)}</a></p>'


def _fallback(fallback: FallbackSms) -> str:
    if fallback.disabled or not fallback.text:
        text = "No fallback SMS."
    else:
        text = f"Fallback SMS, not needed so far: {fallback.text}"
    return f'<p class="small">{escape(text)}</p>'
