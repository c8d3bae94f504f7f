"""Putting a file of a slide into words for those who cannot see it, without leaving the composer."""

from typing import cast

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from media.models import Asset
from media.shown import editable
from messaging.content import Content
from messaging.web.compose import find_draft
from messaging.web.shell import PortalMixin


class ComposeDescribe(PortalMixin, View):
    """The form that describes a file, which the library's own door takes; `asset` must be one of the draft's."""

    permission_required = ("messaging.add_message", "media.view_asset")

    def get(self, request: HttpRequest) -> HttpResponse:
        draft = find_draft(request.GET.get("draft", ""), cast(User, request.user))
        held = {part.asset for _where, part in Content.from_json(draft.content).parts()}
        wanted = request.GET.get("asset", "")
        asset = Asset.objects.filter(pk=wanted).first() if wanted in held and wanted else None
        if asset is None:
            raise Http404("No file of this draft has this id.")
        [shown] = editable(request, [asset])
        return render(request, "messaging/compose/parts/describe.html", {"asset": shown, "place": "file"})
