"""What becomes of an accepted message: its media are fetched, its receipts posted, its handset replies."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from messaging.gateway.serving import Destination, Event, ReceivedMessage, Server, Tenant
from mmsportal.sandbox.fetching import Fetcher
from mmsportal.sandbox.handsets import Reply, Step, handset
from mmsportal.sandbox.ledger import Ledger
from mmsportal.sandbox.receipts import Poster

FAILED_AFTER = 2
REPLIES_AFTER = 2
# A scheduled message waits, but not for ever: nobody watches a sandbox for days.
LONGEST_WAIT = 7 * 24 * 3600


@dataclass(slots=True)
class Journey:
    """One accepted message at one provider, and the latest event of each of its destinations."""

    provider: str
    server: Server
    tenant: Tenant
    message: ReceivedMessage
    ref: str
    accepted_at: datetime
    latest: dict[str, Event] = field(default_factory=dict)


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
        unfit = journey.message.fate is None and not await self._media_fit(journey)
        await asyncio.gather(
            *(
                self._deliver(journey, destination, unfit, None if at_once else started)
                for destination in journey.message.destinations
            )
        )

    async def _media_fit(self, journey: Journey) -> bool:
        message = journey.message
        if self._fetcher is None or not message.media:
            return True
        files = await self._fetcher.fetch(message.media, journey.server.MEDIA)
        self._ledger.write(
            "fetched",
            provider=journey.provider,
            provider_ref=journey.ref,
            client_ref=message.destinations[0].client_ref,
            files=[asdict(file) for file in files],
        )
        return not any(file.fault for file in files)

    async def _deliver(self, journey: Journey, destination: Destination, unfit: bool, started: float | None) -> None:
        phone = handset(destination.recipient)
        fate = journey.message.fate
        if fate is None and (unfit or phone.unfetched):
            fate = Event.MEDIA_NOT_FETCHED
        steps: Sequence[Step] = phone.plan if fate is None else (Step(fate, FAILED_AFTER),)
        for step in steps:
            if started is not None:
                await asyncio.sleep(max(0, started + step.after / self._speed - time.monotonic()))
            await self._say(journey, destination, step.event, phone.copies)
        if fate is None and phone.reply:
            await asyncio.sleep(REPLIES_AFTER / self._speed)
            await self._reply(journey, destination, phone.reply)

    async def _say(self, journey: Journey, destination: Destination, event: Event, copies: int) -> None:
        message, now = journey.message, datetime.now(UTC)
        journey.latest[destination.recipient] = event
        url = message.notify_url or journey.tenant.webhook_url
        notice = journey.server.report(message, destination, journey.ref, event, journey.tenant, at=now)
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
                event=event.value,
                body=_readable(notice.body),
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
            body=_readable(notice.body),
        )


def _readable(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")
