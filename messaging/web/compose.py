"""The composer's doors: the page, the live check that also saves, and sending."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django.views import View

from messaging.drafts import Overtaken, StaleDraft, start_draft
from messaging.models import Draft, Message, Sender, Template
from messaging.queueing import NotQueued, queue
from messaging.web import compose_kept
from messaging.web.compose_drafts import is_untouched, unsent_drafts
from messaging.web.compose_fragments import changed_parts, joined, page_parts, part, read_shown
from messaging.web.compose_orders import once_of, order_of
from messaging.web.compose_plan import final, forecast
from messaging.web.compose_review import Review, review
from messaging.web.compose_shown import BLANK, BLANK_PARTS, UPLOADS
from messaging.web.composer_form import read_form
from messaging.web.draft_changes import saved
from messaging.web.posted import UnreadableForm
from messaging.web.shell import PortalMixin
from messaging.web.shortcuts import SHORTCUTS
from messaging.web.trial import offered_trial, try_out


class Compose(PortalMixin, View):
    """The page. `?draft` reopens one's own; `?template`, `?message` or `?copy` say what a new one starts from."""

    permission_required = "messaging.add_message"
    title = gettext_noop("Compose")

    def get(self, request: HttpRequest) -> HttpResponse:
        user = cast(User, request.user)
        if "draft" in request.GET:
            message = sent_message(_uuid(request.GET["draft"]), user)
            if message:
                messages.info(request, _("That draft was sent. This is its message."))
                return redirect("web:message", message.pk)
            return self._page(user, find_draft(request.GET["draft"], user))
        draft = self._started(user)
        return redirect(f"{reverse('web:compose')}?draft={draft.pk}")

    def _started(self, user: User) -> Draft:
        given = self.request.GET
        if "template" in given:
            self._demand("messaging.view_template")
            return start_draft(user, template=_found(Template, given["template"]))
        if "copy" in given:
            return start_draft(user, draft=find_draft(given["copy"], user))
        if "message" in given:
            self._demand("messaging.view_message")
            return start_draft(user, message=_found(Message, given["message"]))
        latest = Draft.objects.filter(owner=user, version=1).order_by("-created_at").first()
        if latest and is_untouched(latest):
            return latest
        return start_draft(user)

    def _demand(self, permission: str) -> None:
        if not self.request.user.has_perm(permission):
            raise Http404

    def _page(self, user: User, draft: Draft) -> HttpResponse:
        examined = review(draft, user=user, now=timezone.now(), preview_as=1)
        return page(self, replace(examined, untouched=is_untouched(draft)))


class ComposeCheck(PortalMixin, View):
    """The live check: saves the draft, examines it, and answers the parts of the page that changed."""

    permission_required = "messaging.add_message"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Going to the login page would throw away what was typed since the last check.
        if not request.user.is_authenticated:
            return self._trouble({"code": "signed_out"}, 401)
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        user = cast(User, request.user)
        try:
            form = read_form(request.POST)
        except UnreadableForm as error:
            return self._trouble({"title": _("This form cannot be read."), "text": error.message}, 422)
        try:
            draft = saved(form, user, keep=request.POST.get("overwrites") == str(form.version))
        except Draft.DoesNotExist:
            return self._gone(form.draft, user)
        except Overtaken:
            return HttpResponse(status=204)
        except StaleDraft as stale:
            now = stale.current
            return self._trouble(
                {"code": "stale_draft", "draft": now.pk, "version": now.version, "at": now.updated_at}, 409
            )
        examined = review(
            draft,
            user=user,
            now=timezone.now(),
            keys=form.keys,
            extra=form.findings,
            preview_as=form.preview_as,
        )
        return self._answer(request, examined)

    def _answer(self, request: HttpRequest, examined: Review) -> HttpResponse:
        may_send = request.user.has_perm("messaging.send_message")
        shown = read_shown(request.POST.get("shown", ""))
        parts = [changed_parts(examined, may_send=may_send, shown=shown)]
        trouble = part(request, "trouble", "trouble", {})
        if f'data-digest="{shown.get("trouble", "")}"' not in trouble.split(">", 1)[0]:
            parts.append(joined([trouble]))
        wanted, events = request.POST.get("want", ""), dict[str, str]()
        if wanted == "confirm" and may_send:
            going = forecast(examined.planned, examined.carried, timezone.now()) if not examined.errors else None
            context = {"review": examined, "forecast": going}
            parts.append(joined([part(request, "confirm-body", "confirm", context)]))
            events["confirm-ready"] = ""
        if wanted == "trial" and may_send:
            number, token = (request.POST.get(name, "") for name in ("own_number", "trial_token"))
            trial = try_out(examined, cast(User, request.user), number=number, token=token)
            parts.append(joined([part(request, "trial-answer", "trialanswer", {"trial": trial})]))
        if wanted in compose_kept.WANTS and request.user.has_perm(compose_kept.WANTS[wanted]):
            name = request.POST.get("template_name", "")
            answer = compose_kept.kept(examined, wanted, name, cast(User, request.user))
            parts.append(joined([part(request, "template-answer", "templateanswer", {"template_answer": answer})]))
            if answer["level"] == "ok":
                events["template-saved"] = answer["text"]
        response = HttpResponse("\n".join(parts))
        if events:
            response["HX-Trigger-After-Swap"] = json.dumps(events)
        return response

    def _gone(self, draft: UUID, user: User) -> HttpResponse:
        message = sent_message(draft, user)
        if message:
            return self._trouble({"code": "sent", "message": message.pk}, 409)
        return self._trouble(
            {
                "title": _("This draft is gone."),
                "text": _("It was thrown away, or it is not yours. Start a new one."),
            },
            422,
        )

    def _trouble(self, trouble: Mapping[str, Any], status: int) -> HttpResponse:
        html = joined([part(self.request, "trouble", "trouble", {"trouble": trouble})])
        return HttpResponse(html, status=status)


class ComposeSend(PortalMixin, View):
    """Sending what the confirmation showed: the saved draft, at the version shown, once."""

    permission_required = ("messaging.add_message", "messaging.send_message")
    title = gettext_noop("Compose")

    def post(self, request: HttpRequest) -> HttpResponse:
        user = cast(User, request.user)
        draft_id = _uuid(request.POST.get("draft", ""))
        message = sent_message(draft_id, user)
        if message:
            return redirect("web:message", message.pk)
        draft = find_draft(str(draft_id), user)
        if request.POST.get("version") != str(draft.version):
            return self._again(draft, user, _("The draft changed after the confirmation was shown. Look at it again."))
        examined = review(draft, user=user, now=timezone.now())
        if examined.errors or examined.sender is None:
            return self._again(draft, user, "")
        if request.POST.get("list", "") != (examined.listed.stamp if examined.listed else ""):
            return self._again(draft, user, _("The list changed after the confirmation was shown. Look at it again."))
        if examined.must_type and request.POST.get("typed", "").strip() != str(examined.accepted):
            why = _("Type %(number)s to confirm that many recipients.") % {"number": examined.accepted}
            return self._again(draft, user, why)
        return self._send(draft, user, examined.accepted)

    def _send(self, draft: Draft, user: User, accepted: int) -> HttpResponse:
        order = order_of(draft, user)
        if order is None:
            return self._again(draft, user, "")
        try:
            message = queue(final(order, draft, accepted), now=timezone.now())
        except NotQueued:
            return self._again(draft, user, "")
        Draft.objects.filter(pk=draft.pk, owner=user).delete()
        said = ngettext(
            "Accepted for %(number)s recipient. See the progress below.",
            "Accepted for %(number)s recipients. See the progress below.",
            accepted,
        )
        messages.success(self.request, said % {"number": accepted})
        return redirect("web:message", message.pk)

    def _again(self, draft: Draft, user: User, why: str) -> HttpResponse:
        examined = review(draft, user=user, now=timezone.now(), preview_as=1)
        trouble = {"title": _("Nothing was sent."), "text": why or examined.reason}
        return page(self, examined, trouble=trouble, status=422)


class ComposeDiscard(PortalMixin, View):
    """Throw a draft of one's own away."""

    permission_required = "messaging.add_message"

    def post(self, request: HttpRequest) -> HttpResponse:
        find_draft(request.POST.get("draft", ""), cast(User, request.user)).delete()
        messages.info(request, _("The draft was thrown away."))
        return redirect("web:compose")


def page(
    view: PortalMixin, examined: Review, *, trouble: Mapping[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """The composer page around an examined draft."""
    user = cast(User, view.request.user)
    may_send = user.has_perm("messaging.send_message")
    drafts, more_drafts = unsent_drafts(user, examined.draft, timezone.now())
    context = {
        "review": examined,
        "parts": page_parts(examined, may_send=may_send),
        "heading": examined.content.name or _("New message"),
        "senders": senders_by_account(user),
        "drafts": drafts,
        "more_drafts": more_drafts,
        "trouble": trouble,
        "trial": offered_trial(user),
        "kinds": UPLOADS,
        "shortcuts": SHORTCUTS,
        "blank": BLANK,
        "blank_parts": BLANK_PARTS,
    }
    response = view.render("messaging/compose/page.html", context, status=status)
    # Back must ask anew: a page out of the cache would carry an old version number.
    response["Cache-Control"] = "no-store"
    return response


def find_draft(identity: str, user: User) -> Draft:
    """One's own draft, or 404: other people's do not exist."""
    draft = Draft.objects.select_related("sender").filter(pk=_uuid(identity), owner=user).first()
    if draft is None:
        raise Http404("No draft of yours has this id.")
    return draft


def sent_message(draft_id: UUID, user: User) -> Message | None:
    """The message that a draft of this person became."""
    return Message.objects.filter(once=once_of(draft_id), created_by=user).first()


def senders_by_account(user: User) -> list[dict[str, Any]]:
    """The senders a person may choose, under the accounts they belong to. One query."""
    groups: dict[str, list[Sender]] = {}
    senders = Sender.objects.for_user(user).served().select_related("account")
    for sender in senders.order_by("account__name", "label")[:500]:
        groups.setdefault(sender.account.name, []).append(sender)
    return [{"account": account, "senders": senders} for account, senders in groups.items()]


def _found(model: type[Any], identity: str) -> Any:
    row = model.objects.filter(pk=_uuid(identity)).first()
    if row is None:
        raise Http404("Nothing has this id.")
    return row


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404("Nothing has this id.") from error
