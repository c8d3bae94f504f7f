"""The parts of the composer page that a check redraws, each with a digest of itself.

The page posts the digests of what it shows; only parts that came out differently travel back. So the field being
typed in, its caret and everything scrolled stay untouched.
"""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.template.loader import get_template, render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from messaging.web.compose_review import Review
from messaging.web.compose_shown import ShownSlide

# Template of each part, by the id its root element has on the page; they are told the review and `may_send`, no more.
PARTS = {
    "version": "version",
    "saved": "saved",
    "summary": "summary",
    "send-slot": "send",
    "recipient-count": "recipientcount",
    "recipient-list": "recipients",
    "list-card": "listcard",
    "subject-count": "subjectcount",
    "slide-count": "slidecount",
    "segments": "segments",
    "sms-preview": "sms",
    "wanted": "wanted",
    "inserts": "insertsource",
    "as-slot": "as",
    "fits": "fits",
    "plan-said": "plansaid",
    "to-begin": "tobegin",
    "checks": "checks",
    "announce": "announce",
}
HOME = "messaging/compose/parts"


def page_parts(review: Review, *, may_send: bool) -> dict[str, SafeString]:
    """Every part of a page being drawn, by its id with "_" for "-"."""
    return {name.replace("-", "_"): part for name, part in _all(review, may_send).items()}


def changed_parts(review: Review, *, may_send: bool, shown: Mapping[str, str]) -> SafeString:
    """The parts that differ from what the page says it shows, for htmx to swap out of band."""
    parts = _all(review, may_send)
    if f'data-digest="{shown.get("preview", "")}"' not in parts["preview"].split(">", 1)[0]:
        shown = {name: digest for name, digest in shown.items() if not name.startswith("shown-")}
    else:
        parts.pop("preview")
        parts |= _figures(review)
    new = [html for name, html in parts.items() if f'data-digest="{shown.get(name, "")}"' not in html.split(">", 1)[0]]
    return joined(new)


def joined(parts: list[SafeString]) -> SafeString:
    """Parts as one out-of-band answer."""
    return mark_safe("\n".join(part.replace(" data-digest=", ' hx-swap-oob="true" data-digest=', 1) for part in parts))  # noqa: S308


def part(request: HttpRequest, name: str, template: str, context: Mapping[str, Any], digest: str = "") -> SafeString:
    """One part, its root element (with the id `name`) marked by its digest."""
    return _marked(render_to_string(f"{HOME}/{template}.html", dict(context), request), name, digest)


def _marked(html: str, name: str, digest: str = "") -> SafeString:
    mark = hashlib.blake2s((digest or html).encode(), digest_size=6).hexdigest()
    return mark_safe(html.replace(f'id="{name}"', f'id="{name}" data-digest="{mark}"', 1))  # noqa: S308


def read_shown(text: str) -> dict[str, str]:
    """The digests a page posts: "checks:1f2e saved:09ab"."""
    return dict(pair.split(":", 1) for pair in text.split() if ":" in pair)


def _all(review: Review, may_send: bool) -> dict[str, SafeString]:
    context = {"review": review, "may_send": may_send}
    parts = {name: _drawn(name, template, context) for name, template in PARTS.items()}
    figures = list(_figures(review).values())
    parts["preview"] = _drawn("preview", "phone", {"review": review, "figures": figures}, review.shape)
    return parts


def _drawn(name: str, template: str, context: Mapping[str, Any], digest: str = "") -> SafeString:
    """A part that says nothing of the request, which spares two dozen parts what every page is told."""
    return _marked(_template(template).render(dict(context)), name, digest)


def _figures(review: Review) -> dict[str, SafeString]:
    return {f"shown-{slide.key}": _figure(slide, get_language()) for slide in review.slides}


# Of all slides, the one being typed in changes.
@lru_cache(maxsize=500)
def _figure(slide: ShownSlide, _language: str | None) -> SafeString:
    return _drawn(f"shown-{slide.key}", "figure", {"slide": slide})


def _template(name: str) -> Any:
    return get_template(f"{HOME}/{name}.html")
