"""A message that was accepted: how far it is; paused, resumed and cancelled."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from messaging import estimates, steering, tasks, timeline
from messaging.api import docs, shapes
from messaging.api.errors import Problem, fault
from messaging.api.messages import find_message
from messaging.api.paging import query_values
from messaging.api.views import ServiceView, refuse_members
from messaging.models import Message
from messaging.statuses import CANCELLABLE, Status


class Progress(ServiceView):
    required_scopes = {"GET": "messages:read"}

    @extend_schema(**docs.READ_PROGRESS)
    def get(self, request: Request, message_id: UUID) -> Response:
        """How many recipients stand where, what is kept here, and when the last will have left."""
        query_values(request, [])
        return Response(_progress(find_message(self.key, message_id)))


class PauseMessage(ServiceView):
    required_scopes = {"POST": "messages:send"}

    @extend_schema(**docs.PAUSE_MESSAGE)
    def post(self, request: Request, message_id: UUID) -> Response:
        """Keep what has not left where it is. Again is the same."""
        message = _asked_about(self, request, message_id)
        if not steering.pause(message, None):
            _refuse_stopped(message)
        return Response(_progress(message))


class ResumeMessage(ServiceView):
    required_scopes = {"POST": "messages:send"}

    @extend_schema(**docs.RESUME_MESSAGE)
    def post(self, request: Request, message_id: UUID) -> Response:
        """Let a paused message go on. Again is the same."""
        message = _asked_about(self, request, message_id)
        if steering.resume(message, None):
            tasks.ring_pump()
        else:
            _refuse_stopped(message)
        return Response(_progress(message))


class CancelMessage(ServiceView):
    required_scopes = {"POST": "messages:send"}

    @extend_schema(**docs.CANCEL_MESSAGE)
    def post(self, request: Request, message_id: UUID) -> Response:
        """Withdraw what is not on the wire; what has left stays as it is, and nothing more leaves."""
        message = _asked_about(self, request, message_id)
        cancelled = steering.stop(message)
        counts = timeline.counts(message)
        if not counts.get(Status.CANCELLED):
            text = "Every transaction of this message has left, or is leaving."
            fix = "See GET /api/v1/messages/{id}/progress for what became of it."
            raise Problem(409, "nothing_to_cancel", errors=[fault("", "nothing_to_cancel", text, fix=fix)])
        return Response({"id": str(message.pk), "cancelled": cancelled, "counts": counts})


def _asked_about(view: ServiceView, request: Request, message_id: UUID) -> Message:
    """The message of a request that says nothing else. Raises Problem 400 and 404."""
    query_values(request, [])
    refuse_members(view.body)
    return find_message(view.key, message_id)


def _progress(message: Message) -> dict[str, Any]:
    message.refresh_from_db()
    counts, held = timeline.counts(message), steering.held_of(message)
    free = 0 if message.paused_at else sum(counts.get(status, 0) for status in CANCELLABLE) - held
    finish = estimates.finish_of(message, estimates.carriers_of(message), now=timezone.now(), free=free)
    return shapes.progress(message, counts, held=held, finish=finish)


def _refuse_stopped(message: Message) -> None:
    message.refresh_from_db(fields=["stopped_at"])
    if message.stopped_at:
        text = "This message was cancelled; nothing more of it leaves."
        raise Problem(409, "message_cancelled", errors=[fault("", "message_cancelled", text, fix="Send another one.")])
