"""The frame of every page of the portal: Unfold's shell with our content in it."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.contrib import admin
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as render_template
from django.utils.translation import gettext as _

from messaging import callbacks, meanings
from messaging.pauses import running as running_pause
from messaging.web import alarm_words


def on_every_page(request: HttpRequest) -> dict[str, Any]:
    """Unfold's colours stand in unfold-bridge.css: an inline sheet would need a hole in the style policy. And the pause
    of all sending, for who is signed in: a template asks for it by calling. One query then, however often it asks."""
    signed_in = request.user.is_authenticated
    return {"colors": None, "sending_pause": cache(running_pause) if signed_in else None}


def unknown_codes(request: HttpRequest) -> str:
    """The badge of the sidebar: how many codes wait for a meaning; "" for none, and for who may not look."""
    if not request.user.has_perm("messaging.view_providercode"):
        return ""
    return str(meanings.waiting_count() or "")


def endpoints_off(request: HttpRequest) -> str:
    """The badge of the sidebar: how many callback endpoints went off by themselves; "" as above."""
    if not request.user.has_perm("messaging.view_callbackendpoint"):
        return ""
    return str(callbacks.gone_off() or "")


def page_context(request: HttpRequest, context: Mapping[str, Any], *, title: str) -> dict[str, Any]:
    """What the shell needs to draw sidebar, breadcrumb and theme, with the page's own values on top.

    The names `opts`, `cl`, `object`, `title`, `colors` and `alarms` belong to the shell: a page must not use them.
    """
    shell = {**admin.site.each_context(request), "alarms": alarm_words.banners(request)}
    return {**shell, **context, "title": _(title) if title else ""}


def render(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, title: str, status: int = 200
) -> HttpResponse:
    """A whole page inside the shell. The template extends messaging/base.html."""
    return render_template(request, template, page_context(request, context or {}, title=title), status=status)


class PortalMixin(LoginRequiredMixin, PermissionRequiredMixin):
    """Pages for signed-in people with the permissions the view names; others get the login page or 403.

    A view sets `permission_required` and `title`; template views get the shell's context by themselves.
    """

    title = ""
    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return page_context(self.request, context, title=self.title)

    def render(self, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
        """A page inside the shell, under this view's title."""
        return render(self.request, template, context, title=self.title, status=status)
