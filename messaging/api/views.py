"""The doors of the REST API: authenticate, read, ask a plain function, answer."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from messaging import meanings, timeline
from messaging.api import docs, shapes
from messaging.api.errors import Problem, fault
from messaging.api.idempotency import once
from messaging.api.paging import PAGING, Page, page, query_values, read_id, read_moment, read_number, read_status
from messaging.api.reading import read_sending
from messaging.api.sending import order_for, send
from messaging.gateway import registry
from messaging.gateway.codes import Code, Where
from messaging.models import ApiKey, Message, Sender, Template, Transaction
from messaging.queueing import cancel, examine
from messaging.statuses import Status


class AcceptOnly(DefaultContentNegotiation):
    """The Accept header decides the form of an answer; no query parameter does."""

    settings = SimpleNamespace(URL_FORMAT_OVERRIDE=None)  # type: ignore[assignment]


class ServiceView(APIView):
    """What all have in common: the key that calls."""

    content_negotiation_class = AcceptOnly
    http_method_names = ["get", "head", "post"]
    required_scopes: dict[str, str] = {}

    @property
    def key(self) -> ApiKey:
        """The integration that calls; authentication made sure there is one."""
        key = self.request.auth
        assert isinstance(key, ApiKey)
        return key


class Messages(ServiceView):
    required_scopes = {"GET": "messages:read", "POST": "messages:send"}

    @extend_schema(**docs.LIST_MESSAGES)
    def get(self, request: Request) -> Response:
        """The messages this key sent, newest first."""
        values = query_values(request, docs.MESSAGE_FILTERS)
        rows = Message.objects.for_key(self.key).select_related("sender").defer("content", "substitutions", "routing")
        found = page(_filtered(rows, values, prefix=""), request, values)
        counts = _counts(found.rows)
        return _listed(found, [shapes.message(row, counts.get(row.pk, {})) for row in found.rows])

    @extend_schema(**docs.SEND_MESSAGE)
    def post(self, request: Request) -> Response:
        """Send a message, or with `?dry_run=true` only say what would come of it."""
        values = query_values(request, ["dry_run"])
        dry_run = _flag(values, "dry_run")
        body: Any = request.data
        attempt = once(request, self.key)
        sending = read_sending(body, now=timezone.now())
        if dry_run:
            return Response(shapes.examination(examine(order_for(self.key, sending), now=timezone.now())))
        if earlier := attempt.replay():
            return earlier
        order = order_for(self.key, sending)
        return attempt.run(lambda: (201, send(order)))


class MessageDetail(ServiceView):
    required_scopes = {"GET": "messages:read"}

    @extend_schema(**docs.READ_MESSAGE)
    def get(self, request: Request, message_id: UUID) -> Response:
        """One message with its content as it was accepted."""
        query_values(request, [])
        message = _message(self.key, message_id)
        answer = shapes.message(message, timeline.counts(message))
        whole = {"content": message.content, "substitutions": message.substitutions, "routing": message.routing}
        return Response(answer | whole)


class CancelMessage(ServiceView):
    required_scopes = {"POST": "messages:send"}

    @extend_schema(**docs.CANCEL_MESSAGE)
    def post(self, request: Request, message_id: UUID) -> Response:
        """Withdraw what has not left yet; what has left stays as it is."""
        query_values(request, [])
        for name in request.data:
            raise Problem(
                400, errors=[fault(f"/{name[:80]}", "unknown_field", "Nothing is known here.", fix="Send {}.")]
            )
        message = _message(self.key, message_id)
        cancelled = cancel(message.transactions.all(), now=timezone.now())
        counts = timeline.counts(message)
        if not counts.get(Status.CANCELLED):
            text = "Every transaction of this message has left, or is leaving."
            raise Problem(409, "nothing_to_cancel", errors=[fault("", "nothing_to_cancel", text)])
        return Response({"id": str(message.pk), "cancelled": cancelled, "counts": counts})


class Transactions(ServiceView):
    required_scopes = {"GET": "messages:read"}

    @extend_schema(**docs.LIST_TRANSACTIONS)
    def get(self, request: Request) -> Response:
        """The transactions of this key's messages, newest first, without their timelines."""
        values = query_values(request, docs.TRANSACTION_FILTERS)
        rows = Transaction.objects.for_key(self.key).select_related("account", "sender")
        if (message := read_id(values, "message")) is not None:
            rows = rows.filter(message=message)
        found = page(_filtered(rows, values, prefix="message__"), request, values)
        return _listed(found, [shapes.transaction(row) for row in found.rows])


class TransactionDetail(ServiceView):
    required_scopes = {"GET": "messages:read"}

    @extend_schema(**docs.READ_TRANSACTION)
    def get(self, request: Request, transaction_id: UUID) -> Response:
        """One transaction with its timeline, oldest entry first."""
        query_values(request, [])
        rows = Transaction.objects.for_key(self.key).select_related("message", "account", "sender")
        row = rows.filter(pk=transaction_id).first()
        if row is None:
            raise Problem(404)
        return Response(shapes.transaction(row) | {"timeline": shapes.story(row)})


class Senders(ServiceView):
    required_scopes = {"GET": "senders:read"}

    @extend_schema(**docs.LIST_SENDERS)
    def get(self, request: Request) -> Response:
        """The sender IDs this key may use as `from`."""
        values = query_values(request, PAGING)
        found = page(Sender.objects.for_key(self.key).served().select_related("account"), request, values)
        return _listed(found, [shapes.sender(row) for row in found.rows])


class Templates(ServiceView):
    required_scopes = {"GET": "templates:read"}

    @extend_schema(**docs.LIST_TEMPLATES)
    def get(self, request: Request) -> Response:
        """The saved messages that `template` may name."""
        values = query_values(request, PAGING)
        found = page(Template.objects.prefetch_related("slides__parts"), request, values)
        return _listed(found, [shapes.template(row) for row in found.rows])


class Codes(ServiceView):
    required_scopes = {"GET": "messages:read"}

    @extend_schema(**docs.LIST_CODES)
    def get(self, request: Request) -> Response:
        """Every provider's codes in plain words, and those an administrator has explained."""
        values = query_values(request, docs.CODE_FILTERS)
        _check_choice(values, "provider", registry.names())
        _check_choice(values, "where", [place.value for place in Where])
        rows = [
            shapes.code(name, row)
            for name in registry.names()
            for row in registry.provider(name).codes.values()
            if _wanted(values, name, row)
        ]
        rows += [shapes.code(name, row, mapped=True) for name, row in meanings.mapped() if _wanted(values, name, row)]
        return Response({"next": None, "results": rows})


def _wanted(values: dict[str, str], provider: str, code: Code) -> bool:
    return values.get("provider", provider) == provider and values.get("where", code.where.value) == code.where.value


def _message(key: ApiKey, message_id: UUID) -> Message:
    message = Message.objects.for_key(key).select_related("sender").filter(pk=message_id).first()
    if message is None:
        raise Problem(404)
    return message


def _filtered(rows: "QuerySet[Any]", values: dict[str, str], *, prefix: str) -> "QuerySet[Any]":
    """The filters that both lists share; `prefix` leads from a row to its message."""
    wanted: dict[str, Any] = {"status": read_status(values), "recipient": read_number(values, "to")}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    if prefix:
        rows = rows.filter(**wanted)
    elif wanted:
        rows = rows.filter(Exists(Transaction.objects.filter(message=OuterRef("pk"), **wanted)))
    if "sender" in values:
        rows = rows.filter(sender__address=values["sender"])
    if (after := read_moment(values, "created_after")) is not None:
        rows = rows.filter(created_at__gte=after)
    if (before := read_moment(values, "created_before")) is not None:
        rows = rows.filter(created_at__lt=before)
    return rows


def _counts(messages: Iterable[Message]) -> dict[UUID, dict[str, int]]:
    """Transactions per status of many messages, one query."""
    rows = Transaction.objects.filter(message__in=[message.pk for message in messages]).order_by()
    counts: dict[UUID, dict[str, int]] = {}
    for message, status, number in rows.values_list("message", "status").annotate(Count("pk")):
        counts.setdefault(message, {})[status] = number
    return counts


def _listed(found: Page, results: list[dict[str, Any]]) -> Response:
    return Response({"next": found.next, "results": results})


def _flag(values: dict[str, str], name: str) -> bool:
    _check_choice(values, name, ["true", "false"])
    return values.get(name) == "true"


def _check_choice(values: dict[str, str], name: str, choices: Iterable[str]) -> None:
    if name in values and values[name] not in choices:
        fix = f"Use one of {', '.join(choices)}."
        raise Problem(400, errors=[fault(name, "wrong_value", "This value is not known here.", fix=fix)])
