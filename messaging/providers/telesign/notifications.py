"""What Telesign tells our webhook: the state of a message and of its channels, and what phones send (telesign.md,
sections 8 to 10 and 13)."""

import hmac
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from messaging.addresses import masked_in
from messaging.gateway.codes import Where
from messaging.gateway.contract import Account
from messaging.gateway.facts import Forged, Inbound, Receipt, Unreadable
from messaging.providers.telesign.codes import CODES, GAVE_UP, INBOUND, OPTED_OUT
from messaging.providers.telesign.inbound import inbound
from messaging.providers.telesign.signing import key_bytes, signature
from messaging.providers.telesign.wire import lenient, moment, parse, word
from messaging.statuses import HANDED_OVER, LOST, Status, Via

FAILED = "3003"
CHANNELS = {"mms": Via.MMS, "sms": Via.SMS}
SIGNED_IN = ("x-ts-authorization", "authorization")
MOST_CHANNELS = 10


def verify(account: Account, headers: Mapping[str, str], body: bytes) -> None:
    """Check the signature of the raw body with the API key, or with a key of the account's rotation. Raises Forged.

    Every call is signed, by either header, with or without "TSA id:" before it (telesign.md, section 8).
    """
    given = {name.lower(): value for name, value in headers.items()}
    signatures = [given[name].rpartition(":")[2].strip() for name in SIGNED_IN if given.get(name)]
    if not signatures:
        raise Forged("The call is not signed.")
    for key in _keys(account):
        expected = signature(key, body).encode()
        if any(hmac.compare_digest(expected, one.encode("utf-8", "replace")) for one in signatures):
            return
    raise Forged("The signature does not belong to this body.")


def _keys(account: Account) -> Iterator[bytes]:
    for key in (account.credentials.get("api_key", ""), *account.webhook_keys):
        try:
            decoded = key_bytes(key)
        except ValueError:
            continue
        if decoded:
            yield decoded


def receipts(body: bytes) -> list[Receipt | Inbound]:
    """What a callback says: the message first, then a step for each channel tried. Raises Unreadable."""
    try:
        value = parse(body)
        if not isinstance(value, dict):
            raise TypeError("an object is expected")
        return facts(value)
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"Not a notification of this provider: {error}"[:200]) from error


def facts(value: Mapping[str, Any]) -> list[Receipt | Inbound]:
    """The same of a body that was read already. Raises KeyError or TypeError for one that makes no sense."""
    status = value.get("status")
    if not isinstance(status, dict):
        raise TypeError("status is missing")
    code = word(status.get("code"), 40)
    if lenient(value.get("sub_resource")).lower().startswith("mo_") or code == INBOUND:
        return [inbound(value, status)]
    if not code:
        raise KeyError("code")
    references = word(value.get("external_id"), 100), word(value.get("reference_id"), 100)
    if not any(references):
        raise KeyError("reference_id")
    tried = list(islice(_tried(value.get("channel_status")), MOST_CHANNELS))
    steps = [_step(name, entry, references) for name, entry in tried]
    return [_whole(status, code, tried, references), *steps]


def _tried(entries: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The channels tried, in order. They only illustrate the message's own status, so oddities are passed over."""
    for entry in entries if isinstance(entries, list) else ():
        for name, said in entry.items() if isinstance(entry, dict) else ():
            if isinstance(said, dict) and lenient(said.get("code")):
                yield lenient(name, 20).lower(), said


def _whole(
    status: Mapping[str, Any], code: str, tried: list[tuple[str, Mapping[str, Any]]], references: tuple[str, str]
) -> Receipt:
    last, text = lenient(status.get("last_channel"), 20).lower(), lenient(status.get("description"))
    row = CODES.get((Where.RECEIPT, code))
    state = row.state if row else None
    if code == GAVE_UP and last != "mms":
        # There is nothing behind the SMS that could still deliver it.
        state = Status.FAILED
    if code == FAILED and tried:
        name, entry = tried[-1]
        code, state = _reason(entry)
        text = f"{text}; {name.upper()}: {lenient(entry.get('description'))}"
    via = CHANNELS.get(last) if state in HANDED_OVER else None
    return _fact("receipt" if row else "unrecognised", code, text, status, references, state=state, via=via)


def _reason(last: Mapping[str, Any]) -> tuple[str, Status]:
    """The code and state of a message that failed: those of the last channel, where they say more."""
    code = lenient(last.get("code"), 40)
    row = CODES.get((Where.RECEIPT, code))
    if code == GAVE_UP:
        return code, Status.FAILED
    return (code, row.state) if row and row.state in LOST else (FAILED, Status.FAILED)


def _step(name: str, said: Mapping[str, Any], references: tuple[str, str]) -> Receipt:
    """What happened on one channel; told again in a later callback it is the same fact."""
    code, text = lenient(said.get("code"), 40), f"{name.upper()}: {lenient(said.get('description'))}"
    kind = "step" if (Where.RECEIPT, code) in CODES else "unrecognised"
    return _fact(kind, code, text, said, references, detail=name)


def _fact(
    kind: str,
    code: str,
    text: str,
    said: Mapping[str, Any],
    references: tuple[str, str],
    *,
    state: Status | None = None,
    via: Via | None = None,
    detail: str = "",
) -> Receipt:
    written = lenient(said.get("updated_on"), 60)
    at = moment(written)
    return Receipt(
        kind=kind,
        client_ref=references[0],
        provider_ref=references[1],
        recipient="",
        state=state,
        code=code,
        # An invalid number stands in the description that says so.
        text=masked_in(text)[:300],
        at=at,
        # In one spelling: callbacks and status queries write the same moment differently.
        at_text=at.isoformat() if at else written,
        via=via,
        detail=detail,
        opted_out=code == OPTED_OUT,
    )
