"""What becomes of an accepted message: its media are fetched, its receipts posted, its handset replies."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from messaging.gateway.serving import Destination, Event, MediaFault, Medium, Notice, ReceivedMessage, Server, Tenant
from mmsportal.sandbox import forced
from mmsportal.sandbox.fetching import Fetched, Fetcher
from mmsportal.sandbox.handsets import Reply, Step, handset
from mmsportal.sandbox.ledger import Ledger
from mmsportal.sandbox.receipts import Poster

FAILED_AFTER = 2
# Receipts that a message asks for by their codes, each so much after the one before.
FORCED_AFTER = 2
REPLIES_AFTER = 2
# A scheduled message waits, but not for ever: nobody watches a sandbox for days.
LONGEST_WAIT = 7 * 24 * 3600
SUBMITTED_ONLY = (Step(Event.SUBMITTED, 1),)


@dataclass(slots=True)
class Journey:
    """One accepted message at one provider, and the latest event of each of its destinations.

    `fit` says whether its media were found in order, None while nobody has looked, `too_big` that one was not for its
    size. `shown` are the latest events and
    codes in words.
    """

    provider: str
    server: Server
    tenant: Tenant
    message: ReceivedMessage
    ref: str
    accepted_at: datetime
    fit: bool | None = None
    too_big: bool = False
    latest: dict[str, Event] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)


class Guide:
    """Takes journeys to their ends. `own_url` is where the sandbox hosts what handsets send."""

    def __init__(
        self, ledger: Ledger, poster: Poster, fetcher: Fetcher | None, *, speed: float, own_url: str = ""
    ) -> None:
        self._ledger = ledger
        self._poster = poster
        self._fetcher = fetcher
        self._speed = speed
        self.own_url = own_url

    async def run(self, journey: Journey, *, at_once: bool = False) -> None:
        """The whole way of a message; `at_once` leaves the waiting out."""
        started = time.monotonic()
        if journey.message.send_at and not at_once:
            wait = (journey.message.send_at - journey.accepted_at).total_seconds()
            await asyncio.sleep(min(max(wait, 0), LONGEST_WAIT) / self._speed)
            started = time.monotonic()
        if journey.fit is None:
            journey.fit = journey.message.fate is not None or await self.flaw(journey) is None
        await asyncio.gather(
            *(
                self._deliver(journey, destination, None if at_once else started)
                for destination in journey.message.destinations
            )
        )

    async def flaw(self, journey: Journey) -> tuple[Medium, MediaFault] | None:
        """Fetch the media of a message. Out: the first that is not fit and why, None when all are."""
        message = journey.message
        if self._fetcher is None or not message.media:
            return None
        files: list[Fetched] = await self._fetcher.fetch(message.media, journey.server.MEDIA)
        self._ledger.write(
            "fetched",
            provider=journey.provider,
            provider_ref=journey.ref,
            client_ref=message.destinations[0].client_ref if message.destinations else "",
            files=[asdict(file) for file in files],
        )
        last = files[-1]
        journey.too_big = last.kind is MediaFault.TOO_BIG
        return (message.media[len(files) - 1], last.kind) if last.kind else None

    async def _deliver(self, journey: Journey, destination: Destination, started: float | None) -> None:
        phone = handset(destination.recipient)
        fate = journey.message.fate
        # A content that was stored beforehand has been fetched long since.
        if fate is None and not (journey.fit and (not phone.unfetched or journey.message.saved_ref)):
            fate = Event.MEDIA_TOO_BIG if journey.too_big else Event.MEDIA_NOT_FETCHED
        asked = forced.codes(journey.message.content, "receipt") if fate is None else []
        steps: Sequence[Step] = phone.plan if fate is None else (Step(fate, FAILED_AFTER),)
        for step in SUBMITTED_ONLY if asked else steps:
            await self._until(started, step.after)
            await self._say(journey, destination, step.event, phone.copies)
        for number, code in enumerate(asked, start=1):
            await self._until(started, SUBMITTED_ONLY[-1].after + FORCED_AFTER * number)
            await self._say_code(journey, destination, code, phone.copies)
        if fate is None and phone.reply:
            await asyncio.sleep(REPLIES_AFTER / self._speed)
            await self._reply(journey, destination, phone.reply)

    async def _until(self, started: float | None, after: float) -> None:
        if started is not None:
            await asyncio.sleep(max(0, started + after / self._speed - time.monotonic()))

    async def _say(self, journey: Journey, destination: Destination, event: Event, copies: int) -> None:
        message, now = journey.message, datetime.now(UTC)
        journey.latest[destination.recipient] = event
        journey.shown[destination.recipient] = event.value
        notice = journey.server.report(message, destination, journey.ref, event, journey.tenant, at=now)
        await self._post(journey, destination, notice, event.value, copies)

    async def _say_code(self, journey: Journey, destination: Destination, asked: str, copies: int) -> None:
        for code in forced.spellings(asked):
            notice = journey.server.report_with(
                journey.message, destination, journey.ref, code, journey.tenant, at=datetime.now(UTC)
            )
            if notice:
                journey.shown[destination.recipient] = f"receipt {code}"
                return await self._post(journey, destination, notice, f"code {code}", copies)
        return None

    async def _post(
        self, journey: Journey, destination: Destination, notice: Notice | None, event: str, copies: int
    ) -> None:
        url = journey.message.notify_url or journey.tenant.webhook_url
        if notice is None or not url:
            return
        for _ in range(copies):
            await self._poster.post(
                url,
                notice,
                journey.server.POSTING,
                kind="receipt",
                provider=journey.provider,
                provider_ref=journey.ref,
                client_ref=destination.client_ref,
                recipient=destination.recipient,
                event=event,
                body=readable(notice.body),
            )

    async def tell_encoded(self, journey: Journey, fault: str) -> None:
        """Post what became of a stored content; `fault` is the kind of medium that could not be encoded, or ""."""
        message, tenant = journey.message, journey.tenant
        url = message.notify_url or tenant.webhook_url
        notice = journey.server.report_saved(message, journey.ref, tenant, fault=fault, at=datetime.now(UTC))
        if notice and url:
            await self._poster.post(
                url,
                notice,
                journey.server.POSTING,
                kind="encoded",
                provider=journey.provider,
                provider_ref=journey.ref,
                fault=fault,
                body=readable(notice.body),
            )

    async def _reply(self, journey: Journey, destination: Destination, reply: Reply) -> None:
        url = journey.tenant.inbound_url or journey.tenant.webhook_url
        if not url:
            return
        files = [f"{self.own_url}/inbound/photo.png", f"{self.own_url}/inbound/part.smil"]
        notice = journey.server.inbound(
            journey.tenant,
            sender=destination.recipient,
            recipient=journey.message.sender,
            text="STOP" if reply is Reply.STOP else "",
            files=files if reply is Reply.PICTURE else [],
            at=datetime.now(UTC),
        )
        await self._poster.post(
            url,
            notice,
            journey.server.POSTING,
            kind="inbound",
            provider=journey.provider,
            client_ref=destination.client_ref,
            recipient=destination.recipient,
            body=readable(notice.body),
        )


def readable(body: bytes) -> object:
    """A body as people read it: its JSON value, else its text."""
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")
