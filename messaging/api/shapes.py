"""What the API answers: rows and values as plain members (architecture, section 4). `schemas` describes the same."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from messaging import code_words, timeline, waiting
from messaging.fetches import story_with_fetches
from messaging.gateway.codes import Code
from messaging.models import Message, OptOut, Sender, Template, Transaction
from messaging.queueing import Accepted, Examination, HeldBack
from messaging.routes import Route
from messaging.slide_rules import Finding
from messaging.statuses import CANCELLABLE, SETTLED

HELD_BACK = {
    "recipient_repeated": "Name each number once.",
    "opted_out": "Leave this number out until its owner asks to hear from you again.",
}


def moment(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with a Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


def sender(row: Sender) -> dict[str, Any]:
    """A sender ID; needs `account` loaded."""
    return {
        "id": str(row.pk),
        "address": row.address,
        "kind": row.kind,
        "country": row.country,
        "provider": row.account.provider,
        "account": row.account.name,
        "mms_enabled": row.mms_enabled,
    }


def template(row: Template) -> dict[str, Any]:
    """A template; needs `slides` and their `parts` loaded."""
    slides = [
        {"text": slide.text, "duration": slide.duration} | {part.kind: str(part.asset_id) for part in slide.parts.all()}
        for slide in row.slides.all()
    ]
    return {
        "id": str(row.pk),
        "name": row.name,
        "subject": row.subject,
        "version": row.version,
        "slides": slides,
        "updated_at": moment(row.updated_at),
    }


def whole_template(row: Template) -> dict[str, Any]:
    """A template with what it says, in the form in which it is sent and saved; needs what `template` needs."""
    slides = [
        {"text": slide.text, "duration": slide.duration}
        | {part.kind: {"asset": str(part.asset_id)} for part in slide.parts.all()}
        for slide in row.slides.all()
    ]
    fallback = {"text": row.fallback_text, "link": row.fallback_link, "disabled": row.fallback_disabled}
    content = {"subject": row.subject, "slides": slides, "fallback": fallback}
    return template(row) | {"content": content, "variables": row.variables}


def message(row: Message, counts: Mapping[str, int]) -> dict[str, Any]:
    """A message without its content, with how many of its transactions stand in each status; needs `sender`."""
    return {
        "id": str(row.pk),
        "name": row.name,
        "from": row.sender.address,
        "purpose": row.purpose,
        "total": row.total,
        "counts": dict(counts),
        "send_at": moment(row.send_at),
        "expire_at": moment(row.expire_at),
        "created_at": moment(row.created_at),
        "notify_url": row.notify_url,
        "callback_data": row.callback_data,
        "requested_receipts": row.requested_receipts,
    }


def progress(row: Message, counts: Mapping[str, int], *, held: int, finish: datetime | None) -> dict[str, Any]:
    """How far a message is; `held` of those that wait are kept here, `finish` is when the last will have left."""
    return {
        "id": str(row.pk),
        "total": row.total,
        "counts": dict(counts),
        "waiting": sum(counts.get(status, 0) for status in CANCELLABLE),
        "held": held,
        "settled": sum(count for status, count in counts.items() if status in SETTLED),
        "paused_at": moment(row.paused_at),
        "cancelled_at": moment(row.stopped_at),
        "estimated_finish": moment(finish),
    }


def transaction(row: Transaction) -> dict[str, Any]:
    """A transaction without its timeline; needs `account` and `sender` loaded."""
    trouble = timeline.reason(row)
    return {
        "id": str(row.pk),
        "message": str(row.message_id),
        "to": row.recipient,
        "status": row.status,
        "via": row.via or None,
        "correlation_id": row.correlation_id,
        "sender": row.sender.address,
        "provider": row.account.provider,
        "provider_ref": row.provider_ref,
        "reason": {"code": trouble.code, "text": trouble.text, "next_step": trouble.next_step} if trouble else None,
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
    }


def wait(row: Transaction, now: datetime) -> dict[str, Any] | None:
    """Why a transaction waits, None when it does not; as `waiting.explain` says."""
    why = waiting.explain(row, now)
    return {"code": why.code, "text": why.text, "until": moment(why.until)} if why else None


def story(row: Transaction) -> list[dict[str, Any]]:
    """The timeline, oldest first, with who fetched the media; needs `message` and `account` loaded. Three queries."""
    told = story_with_fetches(row, timeline.story(row))
    return [
        {"at": moment(one.at), "kind": one.kind, "source": one.source, "code": one.code, "text": one.text or one.title}
        for one in reversed(told)
    ]


def opt_out(row: OptOut) -> dict[str, Any]:
    """An opt-out; `sender` is null when it holds for all. Needs `sender` loaded."""
    return {
        "id": str(row.pk),
        "number": row.number,
        "sender": row.sender.address if row.sender else None,
        "source": row.source,
        "evidence": row.evidence,
        "created_at": moment(row.created_at),
        "lifted_at": moment(row.lifted_at),
        "lifted_why": row.lifted_why,
    }


def accepted(one: Accepted, senders: Iterable[Sender]) -> Iterator[dict[str, Any]]:
    """The transactions of a message that is about to be written, one by one. In: all who may carry them, with their
    `account`."""
    known = {sender.pk: sender for sender in senders}
    for line in one.lines():
        by = known[line.sender]
        members: dict[str, Any] = {
            "id": str(line.identity),
            "to": line.recipient.number,
            "status": line.status.value,
            "correlation_id": line.recipient.correlation_id,
            "sender": by.address,
            "provider": by.account.provider,
        }
        if line.status in timeline.TROUBLED:
            row = Transaction(account=by.account, status=line.status, reason_code=line.code, reason_text=line.text)
            if trouble := timeline.reason(row):
                members["reason"] = {"code": trouble.code, "text": trouble.text, "next_step": trouble.next_step}
        yield members


def finding(one: Finding) -> dict[str, Any]:
    """One finding of the rules; as an entry of `errors` its additional members do no harm."""
    return {
        "code": one.code,
        "severity": one.severity.value,
        "pointer": one.pointer,
        "message": one.message,
        "limit": one.limit,
        "actual": one.actual,
        "providers": list(one.providers),
        "provider_codes": dict(one.provider_codes),
        "fix": one.fix,
    }


def held_back(people: Iterable[HeldBack]) -> list[dict[str, Any]]:
    """Recipients that are not sent to, told as advice beside the findings."""
    return [
        {
            "code": one.code,
            "severity": "advises",
            "pointer": f"/to/{one.index}",
            "message": one.message,
            "limit": None,
            "actual": None,
            "providers": [],
            "provider_codes": {},
            "fix": HELD_BACK.get(one.code, ""),
        }
        for one in people
    ]


def examination(one: Examination) -> dict[str, Any]:
    """The answer to a dry run."""
    return {
        "ok": one.ok,
        "findings": [finding(each) for each in one.findings],
        "routing": [route(each) for each in one.routing],
        "recipients": {
            "accepted": one.accepted,
            "held_back": [{"pointer": f"/to/{each.index}", "code": each.code} for each in one.held_back],
        },
    }


def route(one: Route) -> dict[str, Any]:
    """One way the message could take, and why or why not."""
    return {
        "account": one.account,
        "provider": one.provider,
        "sender": one.sender,
        "eligible": one.eligible,
        "reasons": list(one.reasons),
        "recipients": one.recipients,
    }


def kept_route(way: Mapping[str, Any]) -> dict[str, Any]:
    """One way as it is kept with its message, without what is there for pages to translate."""
    return {name: value for name, value in way.items() if name != "told"}


def code(provider: str, row: Code, *, mapped: bool = False) -> dict[str, Any]:
    """A provider's code in plain words; `class` is what it means for the send (answers) or the status (receipts).

    `mapped` says that an administrator has explained it, because the provider's own table does not have it.
    """
    meaning = row.outcome.name.lower() if row.outcome else row.state or "information"
    return {
        "provider": provider,
        "code": row.code,
        "where": row.where.value,
        "meaning": row.meaning,
        "whose": row.whose.value,
        "next_step": row.next_step,
        "class": str(meaning),
        "effect": code_words.does(row),
        "retry": code_words.retry(row).value,
        "mapped": mapped,
    }
