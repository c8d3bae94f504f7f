"""The parts of the composer page that a check redraws, each with a digest of itself.

The page posts the digests of what it shows; only parts that came out differently travel back. So the field being
typed in, its caret and everything scrolled stay untouched.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from messaging.web.compose_review import Review

# Template of each part, by the id its root element has on the page.
PARTS = {
    "version": "version",
    "saved": "saved",
    "summary": "summary",
    "send-slot": "send",
    "recipient-count": "recipientcount",
    "recipient-list": "recipients",
    "subject-count": "subjectcount",
    "slide-count": "slidecount",
    "segments": "segments",
    "sms-preview": "sms",
    "wanted": "wanted",
    "inserts": "insertsource",
    "as-slot": "as",
    "fits": "fits",
    "checks": "checks",
    "announce": "announce",
}
HOME = "messaging/compose/parts"


def page_parts(request: HttpRequest, review: Review, *, may_send: bool) -> dict[str, SafeString]:
    """Every part of a page being drawn, by its id with "_" for "-"."""
    return {name.replace("-", "_"): part for name, part in _all(request, review, may_send).items()}


def changed_parts(request: HttpRequest, review: Review, *, may_send: bool, shown: Mapping[str, str]) -> SafeString:
    """The parts that differ from what the page says it shows, for htmx to swap out of band."""
    parts = _all(request, review, may_send)
    if f'data-digest="{shown.get("preview", "")}"' not in parts["preview"].split(">", 1)[0]:
        shown = {name: digest for name, digest in shown.items() if not name.startswith("shown-")}
    else:
        parts.pop("preview")
        parts |= _figures(request, review)
    new = [html for name, html in parts.items() if f'data-digest="{shown.get(name, "")}"' not in html.split(">", 1)[0]]
    return joined(new)


def joined(parts: list[SafeString]) -> SafeString:
    """Parts as one out-of-band answer."""
    return mark_safe("\n".join(part.replace(" data-digest=", ' hx-swap-oob="true" data-digest=', 1) for part in parts))  # noqa: S308


def part(request: HttpRequest, name: str, template: str, context: Mapping[str, Any], digest: str = "") -> SafeString:
    """One part, its root element (with the id `name`) marked by its digest."""
    html = render_to_string(f"{HOME}/{template}.html", dict(context), request)
    mark = hashlib.blake2s((digest or html).encode(), digest_size=6).hexdigest()
    return mark_safe(html.replace(f'id="{name}"', f'id="{name}" data-digest="{mark}"', 1))  # noqa: S308


def read_shown(text: str) -> dict[str, str]:
    """The digests a page posts: "checks:1f2e saved:09ab"."""
    return dict(pair.split(":", 1) for pair in text.split() if ":" in pair)


def _all(request: HttpRequest, review: Review, may_send: bool) -> dict[str, SafeString]:
    context = {"review": review, "may_send": may_send}
    parts = {name: part(request, name, template, context) for name, template in PARTS.items()}
    figures = list(_figures(request, review).values())
    parts["preview"] = part(request, "preview", "phone", {"review": review, "figures": figures}, review.shape)
    return parts


def _figures(request: HttpRequest, review: Review) -> dict[str, SafeString]:
    return {
        f"shown-{slide.key}": part(request, f"shown-{slide.key}", "figure", {"slide": slide}) for slide in review.slides
    }
