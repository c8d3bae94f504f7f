"""Which number does what: fictional North American numbers +1 AAA 555 01NN (architecture, section 4).

The table is the whole of it; the index page and docs/sandbox.md show its words.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from messaging.gateway.serving import Event, Refusal

FICTIONAL = re.compile(r"1[2-9][0-9]{2}55501([0-9]{2})")


class Fault(StrEnum):
    """What becomes of the answer to an accepted call."""

    ERROR = "500"
    HANG = "hang"
    RESET = "reset"
    DRIP = "drip"
    GARBAGE = "garbage"
    BOMB = "gzip bomb"


class Reply(StrEnum):
    """What the handset sends back once its plan is through."""

    STOP = "STOP"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class Step:
    """A receipt, `after` so many seconds from acceptance."""

    event: Event
    after: float


@dataclass(frozen=True, slots=True)
class Handset:
    """One row. A `refusal` is answered for `refused_for` seconds from the first call with the same reference, or to
    the first such call only (`refused_once`); then, or when the provider cannot say it in an answer, the plan runs.

    `unfetched` has the media count as unreachable; `early` posts all receipts before the answer goes out.
    """

    outcome: str
    plan: tuple[Step, ...]
    refusal: Refusal | None = None
    refused_for: float = inf
    refused_once: bool = False
    fault: Fault | None = None
    copies: int = 1
    early: bool = False
    unfetched: bool = False
    reply: Reply | None = None


def _plan(*events: Event, late: float = 0) -> tuple[Step, ...]:
    """Steps at the pace of real handsets: handed over in a second, delivered in three, read and clicked later."""
    pace = (1, 3, 8, 12)
    return tuple(Step(event, after + late) for event, after in zip(events, pace, strict=False))


GOOD = _plan(Event.SUBMITTED, Event.DELIVERED)
HANDSETS: Mapping[str, Handset] = {
    "00": Handset("submitted, delivered", GOOD),
    "01": Handset("submitted, delivered, read", _plan(Event.SUBMITTED, Event.DELIVERED, Event.READ)),
    "02": Handset(
        "submitted, delivered, read, clicked", _plan(Event.SUBMITTED, Event.DELIVERED, Event.READ, Event.CLICKED)
    ),
    "03": Handset("submitted, then silence", _plan(Event.SUBMITTED)),
    "04": Handset("submitted, expired", _plan(Event.SUBMITTED, Event.EXPIRED)),
    "05": Handset("submitted, failed: destination", _plan(Event.SUBMITTED, Event.ADDRESS_NOT_FOUND)),
    "06": Handset("submitted, failed: content refused", _plan(Event.SUBMITTED, Event.CONTENT_REFUSED)),
    "07": Handset("submitted, delivered as fallback SMS", _plan(Event.SUBMITTED, Event.DELIVERED_AS_SMS)),
    "08": Handset("as 00, every receipt three times", GOOD, copies=3),
    "09": Handset("delivered before submitted", _plan(Event.DELIVERED, Event.SUBMITTED)),
    "10": Handset("as 00, receipts before the answer", GOOD, early=True),
    "11": Handset("submitted, delivered, then failed", _plan(Event.SUBMITTED, Event.DELIVERED, Event.REJECTED)),
    "12": Handset("submitted, expired, then delivered", _plan(Event.SUBMITTED, Event.EXPIRED, Event.DELIVERED)),
    "13": Handset("as 00, receipts a minute late", _plan(Event.SUBMITTED, Event.DELIVERED, late=60)),
    "14": Handset("submitted, no report from this carrier", _plan(Event.SUBMITTED, Event.NO_REPORT)),
    "20": Handset("refused: recipient not valid", _plan(Event.ADDRESS_NOT_FOUND), refusal=Refusal.RECIPIENT),
    "21": Handset("refused: recipient blacklisted", _plan(Event.RECIPIENT_BLOCKED), refusal=Refusal.BLOCKED),
    "22": Handset("throttled for 10 s, then as 00", GOOD, refusal=Refusal.THROTTLED, refused_for=10),
    "23": Handset(
        "500 before acceptance, first time only; then as 00", GOOD, refusal=Refusal.INTERNAL, refused_once=True
    ),
    "24": Handset("accepted, but answered 500; then as 00", GOOD, fault=Fault.ERROR),
    "25": Handset("accepted, then the answer hangs; then as 00", GOOD, fault=Fault.HANG),
    "26": Handset("accepted, then connection reset; then as 00", GOOD, fault=Fault.RESET),
    "27": Handset("accepted, the answer drips one byte a second; then as 00", GOOD, fault=Fault.DRIP),
    "28": Handset("accepted, answered 200 with garbage; then as 00", GOOD, fault=Fault.GARBAGE),
    "29": Handset("accepted, answered with a gzip bomb; then as 00", GOOD, fault=Fault.BOMB),
    "30": Handset("media could not be fetched", GOOD, unfetched=True),
    "31": Handset("submitted, then a receipt with an unknown code", _plan(Event.SUBMITTED, Event.UNKNOWN_CODE)),
    "32": Handset("a malformed receipt, then as 00", (Step(Event.MALFORMED, 0.5), *GOOD)),
    "33": Handset("credentials refused for 10 s, then as 00", GOOD, refusal=Refusal.CREDENTIALS, refused_for=10),
    "40": Handset("as 00, then the handset replies STOP", GOOD, reply=Reply.STOP),
    "41": Handset("as 00, then the handset replies with a picture", GOOD, reply=Reply.PICTURE),
}


def handset(recipient: str) -> Handset:
    """The handset behind a number (digits only); every number without a row of its own behaves as 00."""
    fictional = FICTIONAL.fullmatch(recipient)
    return HANDSETS.get(fictional[1], HANDSETS["00"]) if fictional else HANDSETS["00"]
