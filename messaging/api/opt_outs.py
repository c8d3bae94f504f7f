"""Opt-outs over REST: those that hold the senders of a key (reliability, section 6).

An integration enters what it was told and lifts what it entered itself, on the recipient's own word. What a handset, a
provider or a person said stays until a START, or until an administrator lifts it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from messaging import consent
from messaging.addresses import AddressError, normalise
from messaging.api import docs, shapes
from messaging.api.errors import Problem, fault
from messaging.api.fields import Fields
from messaging.api.filters import created_between
from messaging.api.foresight import IDENTITY
from messaging.api.paging import page, query_values, read_number
from messaging.api.reading import LONGEST_SENDER
from messaging.api.sending import sender_not_allowed
from messaging.api.sparse import FIELDS, chosen
from messaging.api.views import ServiceView, check_choice, listed
from messaging.consent.opt_outs import LONGEST_WORDS
from messaging.models import ApiKey, OptOut, Sender
from messaging.models.clock import database_now
from messaging.sandboxed import CODE, may_reach


@dataclass(frozen=True, slots=True)
class Entry:
    """An opt-out as it was asked for; `sender` is an address or an id, "" for all senders."""

    number: str
    sender: str
    evidence: str


class OptOuts(ServiceView):
    required_scopes = {"GET": "opt_outs:read", "POST": "opt_outs:write"}

    @extend_schema(**docs.LIST_OPT_OUTS)
    def get(self, request: Request) -> Response:
        """The opt-outs that hold this key's senders, newest first; lifted ones stay as history."""
        values = query_values(request, docs.OPT_OUT_FILTERS)
        wanted = chosen(values, "OptOut")
        found = page(_filtered(_visible(self.key), values), request, values)
        return listed(found, [wanted.of(shapes.opt_out(row)) for row in found.rows])

    @extend_schema(**docs.ENTER_OPT_OUT)
    def post(self, request: Request) -> Response:
        """Let a sender, and whoever has its address, write to a number no more. One that stands already is answered."""
        query_values(request, [])
        entry = _read_entry(self.body)
        sender = _sender(self.key, entry.sender)
        _demand_sandboxes(self.key, sender)
        row = _standing(entry.number, sender)
        if row is not None:
            return Response(shapes.opt_out(row))
        made = consent.opt_out(
            entry.number,
            sender,
            source=OptOut.Source.API,
            evidence=entry.evidence,
            now=database_now(),
            api_key=self.key,
        )
        if made is not None:
            return Response(shapes.opt_out(made), status=201)
        # Somebody else was quicker, and may have lifted it since.
        row = _standing(entry.number, sender)
        if row is None:
            raise Problem(503, headers={"Retry-After": "1"})
        return Response(shapes.opt_out(row))


class OptOutDetail(ServiceView):
    required_scopes = {"GET": "opt_outs:read"}

    @extend_schema(**docs.READ_OPT_OUT)
    def get(self, request: Request, opt_out_id: UUID) -> Response:
        """One opt-out."""
        wanted = chosen(query_values(request, [FIELDS]), "OptOut")
        return Response(wanted.of(shapes.opt_out(_find(self.key, opt_out_id))))


class LiftOptOut(ServiceView):
    required_scopes = {"POST": "opt_outs:write"}

    @extend_schema(**docs.LIFT_OPT_OUT)
    def post(self, request: Request, opt_out_id: UUID) -> Response:
        """Lift an opt-out that this key entered, because the recipient has asked for it. Again is the same."""
        query_values(request, [])
        faults: list[dict[str, Any]] = []
        fields = Fields(self.body, known=("evidence",), pointer="", faults=faults)
        evidence = fields.text("evidence", longest=LONGEST_WORDS, required=True)
        if faults:
            raise Problem(400, errors=faults)
        row = _find(self.key, opt_out_id)
        if row.api_key_id != self.key.pk:
            raise Problem(403, "lift_not_allowed", errors=[_not_ours_to_lift()])
        consent.lift(OptOut.objects.filter(pk=row.pk), why=evidence, now=database_now())
        return Response(shapes.opt_out(_find(self.key, opt_out_id)))


def _visible(key: ApiKey) -> "QuerySet[OptOut]":
    """What names the senders of a key, by their addresses, for a handset knows no accounts; all, when it has none.

    Those for all senders hold a limited key's as well, but are not its own to see.
    """
    rows = OptOut.objects.select_related("sender")
    if not key.senders.exists():
        return rows
    return rows.filter(sender__address__in=key.senders.values("address"))


def _find(key: ApiKey, opt_out_id: UUID) -> OptOut:
    row = _visible(key).filter(pk=opt_out_id).first()
    if row is None:
        raise Problem(404)
    return row


def _filtered(rows: "QuerySet[OptOut]", values: Mapping[str, str]) -> "QuerySet[OptOut]":
    check_choice(values, "standing", ["true", "false"])
    if (number := read_number(values, "number")) is not None:
        rows = rows.filter(number=number)
    if "sender" in values:
        rows = rows.filter(Q(sender=None) | Q(sender__address=values["sender"]))
    if "standing" in values:
        rows = rows.filter(lifted_at__isnull=values["standing"] == "true")
    return created_between(rows, values)


def _read_entry(body: Mapping[str, Any]) -> Entry:
    faults: list[dict[str, Any]] = []
    fields = Fields(body, known=("number", "sender", "evidence"), pointer="", faults=faults)
    written = fields.text("number", longest=64, required=True)
    entry = Entry(
        number=_number(fields, written) if written else "",
        sender=fields.text("sender", longest=LONGEST_SENDER, required=fields.given("sender")),
        evidence=fields.text("evidence", longest=LONGEST_WORDS, required=True),
    )
    if faults:
        raise Problem(400, errors=faults)
    return entry


def _number(fields: Fields, written: str) -> str:
    try:
        return normalise(written)
    except AddressError as error:
        fields.note("number", error.code, error.message, fix="Write the number in E.164, such as +16475550142.")
        return ""


def _sender(key: ApiKey, name: str) -> Sender | None:
    """The sender of that address or id; None for all senders. Raises Problem 403."""
    if not name:
        if key.senders.exists():
            raise sender_not_allowed("/sender")
        return None
    known = Sender.objects.for_key(key)
    asked = Q(pk=UUID(name)) if IDENTITY.fullmatch(name) else Q(address=name)
    row = known.filter(asked).order_by("pk").first()
    if row is None:
        raise sender_not_allowed("/sender")
    return row


def _demand_sandboxes(key: ApiKey, sender: Sender | None) -> None:
    """A test key silences nobody in earnest: what it enters may hold senders at sandboxes only. Raises Problem 403."""
    if not key.test:
        return
    held = Sender.objects.filter(address=sender.address) if sender else Sender.objects.all()
    addresses = held.order_by().values_list("account__base_url", flat=True).distinct()
    if not all(may_reach(key, address) for address in addresses):
        message = "A test key reaches sandboxes only; this would hold senders of real accounts."
        fix = "Enter it with a live key, or for a sender whose address no real account has."
        raise Problem(403, CODE, errors=[fault("/sender", CODE, message, fix=fix)])


def _standing(number: str, sender: Sender | None) -> OptOut | None:
    """What keeps exactly this sender's address (or all) from writing to a number already."""
    rows = OptOut.objects.filter(number=number, lifted_at=None).select_related("sender")
    return (rows.filter(sender__address=sender.address) if sender else rows.filter(sender=None)).first()


def _not_ours_to_lift() -> dict[str, Any]:
    message = "This opt-out was not entered by this key: it stands until the recipient sends START."
    return fault("", "lift_not_allowed", message, fix="Ask an administrator of the portal if the recipient has agreed.")
