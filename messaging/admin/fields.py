"""Form fields that the admin pages share."""

from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from unfold.widgets import UnfoldAdminTextareaWidget

from messaging.models import ProviderAccount, Sender
from messaging.pauses import in_words

MOST_NETWORKS = 50


class Levels(dict[str, str]):
    """The colours of words in a list, by the words as they are written here; found by them in the reader's language."""

    def __contains__(self, shown: object) -> bool:
        return any(gettext(words) == shown for words in self)

    def __getitem__(self, shown: str) -> str:
        return next(level for words, level in self.items() if gettext(words) == shown)


class NetworksField(forms.CharField):
    """Networks, one a line, kept as a list of CIDR strings; empty allows every address."""

    def __init__(self, **kwargs: Any) -> None:
        options = {"required": False, "widget": UnfoldAdminTextareaWidget(attrs={"rows": 3}), "max_length": 3000}
        super().__init__(**{**options, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        text = value if isinstance(value, str) else "\n".join(value or [])
        lines = [line.strip() for line in text.replace(",", "\n").splitlines() if line.strip()]
        if len(lines) > MOST_NETWORKS:
            said = gettext("At most %(most)s networks are taken; %(given)s were given.")
            raise ValidationError(said % {"most": MOST_NETWORKS, "given": len(lines)})
        return [_network(line) for line in lines]

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != (initial or []))
        except ValidationError:
            return True

    def run_validators(self, value: Any) -> None:
        super().run_validators("\n".join(value))

    def validate(self, value: Sequence[str]) -> None:
        super().validate("\n".join(value))


def _network(line: str) -> str:
    try:
        return str(ip_network(line, strict=False))
    except ValueError as error:
        said = gettext("“%(line)s” is no network. Write it as 203.0.113.0/24 or 2001:db8::/32.")
        raise ValidationError(said % {"line": line[:60]}) from error


def pause_shown(row: ProviderAccount | Sender, resume: str) -> str:
    """Whether a row is paused, since when and why, with a button that posts to `resume` ("" leaves it out)."""
    if not row.paused_at:
        return gettext("Active")
    since = gettext("Paused since %(at)s UTC.") % {"at": f"{row.paused_at:%Y-%m-%d %H:%M}"}
    said = f"{since} {in_words(row.paused_reason)}".strip()
    if not resume:
        return said
    return format_html(
        '<span>{}</span> <button class="resume" type="submit" formaction="{}" formnovalidate>{}</button>',
        said,
        resume,
        gettext("Resume sending"),
    )


def resume_address(row: ProviderAccount | Sender, *, allowed: bool) -> str:
    """Where to post to resume a row and come back to its page; "" for who may not."""
    if not allowed:
        return ""
    what, model = ("account", "provideraccount") if isinstance(row, ProviderAccount) else ("sender", "sender")
    back = reverse(f"admin:messaging_{model}_change", args=[row.pk])
    return f"{reverse(f'web:{what}-resume', args=[row.pk])}?{urlencode({'next': back})}"
