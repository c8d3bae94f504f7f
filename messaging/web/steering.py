"""Steering a message from its page: pause, resume, stop, let the rest go, and call it back."""

from typing import cast
from uuid import UUID

from django.contrib import messages as notices
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from messaging import steering, tasks
from messaging.models import Message
from messaging.web.message import find_message
from messaging.web.progress import called_back, canary_of, stoppable
from messaging.web.resending import draft_again
from messaging.web.shell import PortalMixin


class Steered(PortalMixin, View):
    """What all of these need: the right to see the message, and to send."""

    permission_required = ("messaging.view_message", "messaging.send_message")

    def back(self, message: Message) -> HttpResponse:
        return redirect("web:message", pk=message.pk)

    @property
    def user(self) -> User:
        return cast(User, self.request.user)


class MessagePause(Steered):
    """At once and without a question: a pause can be taken back."""

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        message = find_message(pk)
        if steering.pause(message, self.user):
            notices.success(request, _("Paused. Nothing more of it leaves until somebody resumes it."))
        else:
            notices.info(request, _("It was paused or stopped already."))
        return self.back(message)


class MessageResume(Steered):
    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        message = find_message(pk)
        if steering.resume(message, self.user):
            tasks.ring_pump()
            notices.success(request, _("Resumed."))
        else:
            notices.info(request, _("It was not paused."))
        return self.back(message)


class MessageStop(Steered):
    """Ask first (GET), then withdraw what is not on the wire (POST); what has left is past recall."""

    def get(self, _request: HttpRequest, pk: UUID) -> HttpResponse:
        message = find_message(pk)
        waiting = stoppable(message)
        self.title = _("Stop %(name)s") % {"name": message.name}
        context = {"message": message, "waiting": waiting, "left": message.total - waiting}
        return self.render("messaging/messages/stop.html", context)

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        message = find_message(pk)
        stopped = steering.stop(message)
        if stopped:
            said = ngettext(
                "Stopped: %(number)s recipient will not get it.",
                "Stopped: %(number)s recipients will not get it.",
                stopped,
            )
            notices.success(request, said % {"number": f"{stopped:,}"})
        else:
            notices.info(request, _("Nothing was left to stop: everything has been handed to the provider already."))
        return self.back(message)


class MessageRest(Steered):
    """Show what came of those that went first (GET), then let the rest follow (POST)."""

    def get(self, _request: HttpRequest, pk: UUID) -> HttpResponse:
        message = find_message(pk)
        if message.canary is None or message.canary_passed_at or message.stopped_at:
            return self.back(message)
        self.title = _("Send the rest of %(name)s") % {"name": message.name}
        context = {"message": message, "canary": canary_of(message), "waiting": stoppable(message)}
        return self.render("messaging/messages/rest.html", context)

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        message = find_message(pk)
        if steering.pass_canary(message, self.user):
            tasks.ring_pump()
            notices.success(request, _("The rest is on its way."))
        else:
            notices.info(request, _("The rest was on its way already, or the message was stopped."))
        return self.back(message)


class MessageUndo(Steered):
    """Call a message back before anything of it has left, and open it in the composer again."""

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        message = find_message(pk)
        # Whoever was stopped in the middle of this asks again for the draft.
        if not steering.undo(message) and not called_back(message):
            notices.error(request, _("Too late to call it back: it may have begun to leave. You can still stop it."))
            return self.back(message)
        # Of a message that was stopped in time, too, some may have been leaving at that moment.
        unsent = message.transactions.exclude(attempts__wire_at__isnull=False)
        draft = draft_again(message, self.user, unsent)
        notices.success(request, _("Called back: nothing had left. Here it is again, as a draft."))
        return redirect(f"{reverse('web:compose')}?draft={draft.pk}")
