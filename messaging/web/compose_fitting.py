"""Making a draft's media fit while somebody looks on: begun, watched, compared with the originals, used or not."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views import View

from media import renditions
from media.models import Asset, Rendition
from media.shown import size_text
from media.words import said
from messaging import fitting
from messaging.content import Content
from messaging.fitting import Job
from messaging.models import Draft
from messaging.queueing import examine
from messaging.routing import profile_of
from messaging.web.compose import find_draft
from messaging.web.compose_orders import asked
from messaging.web.compose_plan import planned
from messaging.web.compose_senders import chosen, offered
from messaging.web.compose_shown import KINDS, assets_of, meta
from messaging.web.recipients import read_recipients
from messaging.web.shell import PortalMixin

MOST_COPIES = 60
# What a browser can show beside the copy.
SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "video/mp4", "audio/mpeg"})
SHOWN |= {"audio/wav", "audio/mp4"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One file before and after. `slide` counts from 0; `value` is what the form posts once the copy is used."""

    slide: int
    kind: str
    asset: Asset
    copy: Rendition

    @property
    def value(self) -> str:
        return f"{self.kind}:asset:{self.asset.pk}:{self.copy.pk}"

    @property
    def ready(self) -> bool:
        return self.copy.status == Rendition.Status.READY

    @property
    def failed(self) -> bool:
        return self.copy.status == Rendition.Status.FAILED

    @property
    def before(self) -> str:
        return f"{size_text(self.asset.size)}, {meta(KINDS[self.kind][0], self.asset)}"

    @property
    def after(self) -> str:
        return f"{self.size}, {self.meta}"

    @property
    def size(self) -> str:
        return size_text(self.copy.size or 0)

    @property
    def meta(self) -> str:
        return meta(KINDS[self.kind][0], self.copy)

    @property
    def saved(self) -> int:
        """How much smaller the copy is, in percent."""
        return max(0, round(100 - 100 * (self.copy.size or 0) / self.asset.size))

    @property
    def shown(self) -> bool:
        """Whether the original can be looked at beside its copy."""
        return self.asset.mime_type in SHOWN

    @property
    def why(self) -> str:
        """Why there is no copy, "" where there is one."""
        return said(self.copy.why, _)

    @property
    def quality(self) -> str:
        """How close the copy comes to its original, in words and in figures."""
        measured: Mapping[str, Any] = self.copy.measured
        alike = measured.get("ssim", measured.get("envelope"))
        if alike is None:
            return ""
        steps = ((0.95, _("Like the original")), (0.85, _("A little softer")), (0.6, _("Visibly less detail")))
        words = next((words for least, words in steps if alike >= least), _("Much is lost"))
        return f"{words}: {' · '.join(_figures(measured))}"


class ComposeFit(PortalMixin, View):
    """POST begins (`smaller` names a copy that should become smaller still), GET looks again."""

    permission_required = "messaging.add_message"

    def post(self, request: HttpRequest) -> HttpResponse:
        user = cast(User, request.user)
        draft = find_draft(request.POST.get("draft", ""), user)
        if "smaller" in request.POST:
            return self._shown(draft, _smaller(request.POST.getlist("copy"), request.POST["smaller"], draft))
        content, jobs = wanted(draft, user)
        assets = {name: file for name, file in assets_of(content).items() if isinstance(file, Asset)}
        copies = renditions.ask_all([(assets[job.part.asset], job.target) for job in jobs if job.part.asset in assets])
        return self._shown(draft, copies)

    def get(self, request: HttpRequest) -> HttpResponse:
        draft = find_draft(request.GET.get("draft", ""), cast(User, request.user))
        return self._shown(draft, renditions.named(request.GET.getlist("copy")[:MOST_COPIES]).values())

    def _shown(self, draft: Draft, copies: Iterable[Rendition]) -> HttpResponse:
        rows = list(comparisons(Content.from_json(draft.content), copies))
        names = list(dict.fromkeys(str(row.copy.pk) for row in rows))
        waits = any(not row.ready and not row.failed for row in rows)
        context = {
            "draft": draft,
            "rows": rows,
            "names": names,
            "waits": waits,
            "query": urlencode({"draft": str(draft.pk), "copy": names}, doseq=True),
            "usable": not waits and any(row.ready for row in rows),
        }
        return render(self.request, "messaging/compose/parts/fitting.html", context)


def wanted(draft: Draft, user: User) -> tuple[Content, Sequence[Job]]:
    """The draft's content with its files filled in, and what has to be made so that its senders take them."""
    choices, content = offered(user), Content.from_json(draft.content)
    senders = chosen(draft, user, choices) or choices
    now = timezone.now()
    order = asked(draft, senders, content, read_recipients(draft.recipients), user, planned(draft, now))
    if order is None:
        return content, ()
    examination = examine(order, now=now)
    # What else is wrong with the message must not keep its media from being made to fit.
    jobs = examination.fitting or fitting.plan(examination.content, [profile_of(examination.senders[0])])
    return examination.content, jobs


def comparisons(content: Content, copies: Iterable[Rendition]) -> Iterator[Comparison]:
    """Each file of a content that one of the copies is of, in the order of the slides; foreign copies are left out."""
    of_asset = {str(copy.asset_id): copy for copy in copies}
    for index, slide in enumerate(content.slides):
        for part in slide.parts:
            copy = of_asset.get(part.asset)
            if copy is not None:
                yield Comparison(index, part.kind, copy.asset, copy)


def _smaller(names: Sequence[str], which: str, draft: Draft) -> list[Rendition]:
    """The copies that are shown, one of them replaced by a smaller one of the same original."""
    copies = renditions.named(names[:MOST_COPIES])
    own = {row.copy.pk for row in comparisons(Content.from_json(draft.content), copies.values())}
    return [
        renditions.smaller(copy) if str(copy.pk) == which and copy.status == Rendition.Status.READY else copy
        for copy in copies.values()
        if copy.pk in own
    ]


def _figures(measured: Mapping[str, Any]) -> Iterator[str]:
    if "ssim" in measured:
        yield _("similarity %(ssim)s %%, %(psnr)s dB") % {
            "ssim": round(100 * measured["ssim"]),
            "psnr": measured.get("psnr", ""),
        }
    if "envelope" in measured:
        yield _("loudness kept to %(share)s %%") % {"share": round(100 * measured["envelope"])}
    if "done" in measured:
        yield said(measured["done"], _)
