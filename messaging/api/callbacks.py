"""The doors for news: the log of what was told, and the endpoints that are told."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from media.targets import FetchRefused
from messaging import callbacks
from messaging.api import callback_docs as docs
from messaging.api.errors import Problem, fault
from messaging.api.fields import Fields
from messaging.api.paging import PAGING, page, query_values, read_choice, read_id, read_moment
from messaging.api.shapes import moment
from messaging.api.sparse import FIELDS, chosen
from messaging.api.targets import NotAllowed, check_notify_url
from messaging.api.views import ServiceView, listed, refuse_members
from messaging.callbacks.events import Event
from messaging.models import ApiKey, Callback, CallbackEndpoint

LONGEST_URL = 2048


class Callbacks(ServiceView):
    required_scopes = {"GET": "callbacks:read"}

    @extend_schema(**docs.LIST_CALLBACKS)
    def get(self, request: Request) -> Response:
        """What this key was told or is owed, newest first."""
        values = query_values(request, docs.CALLBACK_FILTERS)
        members = chosen(values, "Callback")
        wanted = {
            "state": read_choice(values, "state", Callback.State.values),
            "event": read_choice(values, "event", [event.value for event in Event]),
            "endpoint": read_id(values, "endpoint"),
            "transaction": read_id(values, "transaction"),
            "transaction__message": read_id(values, "message"),
            "created_at__gte": read_moment(values, "created_after"),
            "created_at__lt": read_moment(values, "created_before"),
        }
        rows = Callback.objects.for_key(self.key).select_related("transaction").defer("body", "headers")
        found = page(
            rows.filter(**{name: value for name, value in wanted.items() if value is not None}), request, values
        )
        return listed(found, [members.of(shape(row)) for row in found.rows])


class CallbackDetail(ServiceView):
    required_scopes = {"GET": "callbacks:read"}

    @extend_schema(**docs.READ_CALLBACK)
    def get(self, request: Request, callback_id: UUID) -> Response:
        """One piece of news with the body that is sent, as it was frozen."""
        members = chosen(query_values(request, [FIELDS]), "WholeCallback")
        row = _callback(self.key, callback_id)
        return Response(members.of(shape(row) | {"body": bytes(row.body).decode("utf-8", "replace")}))


class ReplayCallback(ServiceView):
    required_scopes = {"POST": "callbacks:write"}

    @extend_schema(**docs.REPLAY_CALLBACK)
    def post(self, request: Request, callback_id: UUID) -> Response:
        """Send one piece of news once more: the same body under the same `webhook-id`."""
        query_values(request, [])
        refuse_members(self.body)
        row = _callback(self.key, callback_id)
        if not callbacks.replay([row.pk]):
            text = "This news is being sent at this moment."
            raise Problem(409, "being_sent", errors=[fault("", "being_sent", text, fix="Look again in a minute.")])
        row.refresh_from_db()
        return Response(shape(row))


class Endpoints(ServiceView):
    required_scopes = {"GET": "callbacks:read", "POST": "callbacks:write"}

    @extend_schema(**docs.LIST_ENDPOINTS)
    def get(self, request: Request) -> Response:
        """The endpoints of this key, newest first, without their secrets."""
        values = query_values(request, [*PAGING, FIELDS])
        members = chosen(values, "Endpoint")
        found = page(CallbackEndpoint.objects.filter(api_key=self.key), request, values)
        return listed(found, [members.of(endpoint(row)) for row in found.rows])

    @extend_schema(**docs.REGISTER_ENDPOINT)
    def post(self, request: Request) -> Response:
        """Register the host of an address. The answer holds its secret, this once; verify it next."""
        query_values(request, [])
        faults: list[dict[str, Any]] = []
        fields = Fields(self.body, known=("url",), pointer="", faults=faults)
        url = fields.text("url", longest=LONGEST_URL, required=True)
        if not faults:
            _check(url, fields)
        if faults:
            raise Problem(400, errors=faults)
        try:
            row = callbacks.register(self.key, url)
        except callbacks.NotRegistered as refusal:
            raise _refused(409, refusal) from refusal
        return Response(endpoint(row) | {"secret": row.secret}, status=201)


class EndpointDetail(ServiceView):
    required_scopes = {"GET": "callbacks:read"}

    @extend_schema(**docs.READ_ENDPOINT)
    def get(self, request: Request, endpoint_id: UUID) -> Response:
        """One endpoint, without its secret."""
        members = chosen(query_values(request, [FIELDS]), "Endpoint")
        return Response(members.of(endpoint(_endpoint(self.key, endpoint_id))))


class VerifyEndpoint(ServiceView):
    required_scopes = {"POST": "callbacks:write"}

    @extend_schema(**docs.VERIFY_ENDPOINT)
    def post(self, request: Request, endpoint_id: UUID) -> Response:
        """Send the endpoint a signed challenge; when it repeats it, the endpoint is active and what waited is sent."""
        query_values(request, [])
        refuse_members(self.body)
        row = _endpoint(self.key, endpoint_id)
        try:
            callbacks.verify(row, now=timezone.now())
        except callbacks.NotRegistered as refusal:
            raise _refused(422, refusal) from refusal
        return Response(endpoint(row))


class RenewSecret(ServiceView):
    required_scopes = {"POST": "callbacks:write"}

    @extend_schema(**docs.RENEW_SECRET)
    def post(self, request: Request, endpoint_id: UUID) -> Response:
        """A new secret, shown this once; for a day news is signed with the old one as well."""
        query_values(request, [])
        refuse_members(self.body)
        row = _endpoint(self.key, endpoint_id)
        secret = callbacks.rotate(row, now=timezone.now())
        row.refresh_from_db()
        return Response(endpoint(row) | {"secret": secret})


class SwitchOffEndpoint(ServiceView):
    required_scopes = {"POST": "callbacks:write"}

    @extend_schema(**docs.SWITCH_OFF_ENDPOINT)
    def post(self, request: Request, endpoint_id: UUID) -> Response:
        """Send nothing there until it is verified again; what is owed waits."""
        query_values(request, [])
        refuse_members(self.body)
        row = _endpoint(self.key, endpoint_id)
        callbacks.switch_off(row)
        return Response(endpoint(row))


def shape(row: Callback) -> dict[str, Any]:
    """One line of the log; needs `transaction` loaded."""
    return {
        "id": str(row.pk),
        "endpoint": str(row.endpoint_id),
        "message": str(row.transaction.message_id),
        "transaction": str(row.transaction_id),
        "sequence": row.sequence,
        "event": row.event,
        "dialect": row.dialect or None,
        "url": row.url,
        "state": row.state,
        "attempts": row.attempts,
        "status": row.status,
        "outcome": row.outcome or None,
        "created_at": moment(row.created_at),
        "tried_at": moment(row.tried_at),
        "next_attempt_at": moment(row.next_attempt_at),
    }


def endpoint(row: CallbackEndpoint) -> dict[str, Any]:
    """An endpoint without its secret."""
    return {
        "id": str(row.pk),
        "host": row.host,
        "url": row.url,
        "state": row.state,
        "reason": row.reason or None,
        "concurrency": row.concurrency,
        "verified_at": moment(row.verified_at),
        "failing_since": moment(row.failing_since),
        "previous_secret_until": moment(row.previous_until),
        "created_at": moment(row.created_at),
    }


def _callback(key: ApiKey, callback_id: UUID) -> Callback:
    row = Callback.objects.for_key(key).select_related("transaction").filter(pk=callback_id).first()
    if row is None:
        raise Problem(404)
    return row


def _endpoint(key: ApiKey, endpoint_id: UUID) -> CallbackEndpoint:
    row = CallbackEndpoint.objects.filter(api_key=key, pk=endpoint_id).first()
    if row is None:
        raise Problem(404)
    return row


def _check(url: str, fields: Fields) -> None:
    try:
        check_notify_url(url, settings.ALLOW_PRIVATE_TARGETS)
    except (NotAllowed, FetchRefused) as error:
        fields.note("url", error.code, error.message, fix="Give a public https address without user name.")


def _refused(status: int, refusal: callbacks.NotRegistered) -> Problem:
    pointer = "/url" if status == 409 else ""
    return Problem(
        status,
        refusal.code,
        refusal.message,
        errors=[fault(pointer, refusal.code, refusal.message, fix=refusal.fix)],
    )
