"""Takes calls for one provider: checks, refusals, the ledger, then the answer and the journey."""

import json
from collections import OrderedDict
from datetime import UTC, datetime

from aiohttp import web

from messaging.gateway import serving
from messaging.gateway.contract import HttpAnswer
from messaging.gateway.serving import Call, ReceivedMessage, Refusal, Rejected, SavedContent, Tenant
from mmsportal.sandbox import faults
from mmsportal.sandbox.door import Door, Meter
from mmsportal.sandbox.handsets import handset
from mmsportal.sandbox.journeys import Guide, Journey
from mmsportal.sandbox.ledger import Ledger
from mmsportal.sandbox.receipts import Poster

# More than any provider takes: whatever is longer is cut here and refused by the provider's own size check.
LONGEST_BODY = 2 * 1024 * 1024
REMEMBERED = 10_000


class Counter:
    """One provider with one tenant."""

    def __init__(
        self, provider: str, tenant: Tenant, ledger: Ledger, guide: Guide, poster: Poster, *, speed: float
    ) -> None:
        self.provider = provider
        self.server = serving.server(provider)
        self.tenant = tenant
        self._ledger = ledger
        self._guide = guide
        self._poster = poster
        self._meter = Meter(tenant.tps)
        self._door = Door(speed=speed)
        self._journeys: OrderedDict[str, Journey] = OrderedDict()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        call = await _call(request)
        now = datetime.now(UTC)
        try:
            lookup = self.server.route(call)
            self.server.authenticate(call, self.tenant, self, now=now)
            if lookup:
                return faults.plain(self._look_up(lookup.ref))
            message = self.server.read(call, self.tenant, self, now=now)
        except Rejected as rejected:
            return self._refuse(call, rejected.answer)
        if refusal := self._door.refusal(self.server, message):
            return self._refuse(call, refusal, message)
        return await self._accept(request, message, now)

    def take(self, destinations: int) -> bool:
        """See `serving.Desk`."""
        return self._meter.take(destinations)

    def saved(self, ref: str) -> SavedContent | None:  # noqa: ARG002
        """See `serving.Desk`."""
        return None

    def first_sight(self, key: str) -> bool:  # noqa: ARG002
        """See `serving.Desk`."""
        return True

    async def _accept(self, request: web.Request, message: ReceivedMessage, now: datetime) -> web.StreamResponse:
        ref, answer = self.server.accept(message, now=now)
        first = message.destinations[0]
        self._ledger.write(
            "accepted",
            provider=self.provider,
            provider_ref=ref,
            client_ref=first.client_ref,
            recipient=first.recipient,
            destinations=[[entry.recipient, entry.client_ref] for entry in message.destinations],
            sender=message.sender,
            body=message.parsed,
        )
        journey = Journey(self.provider, self.server, self.tenant, message, ref, now)
        self._journeys[ref] = journey
        if len(self._journeys) > REMEMBERED:
            self._journeys.popitem(last=False)
        phones = [handset(entry.recipient) for entry in message.destinations]
        if any(phone.early for phone in phones):
            await self._guide.run(journey, at_once=True)
        else:
            self._poster.start(self._guide.run(journey))
        fault = next((phone.fault for phone in phones if phone.fault), None)
        return await faults.answer(request, answer, fault)

    def _refuse(self, call: Call, answer: HttpAnswer, message: ReceivedMessage | None = None) -> web.Response:
        first = message.destinations[0] if message else None
        self._ledger.write(
            "refused",
            provider=self.provider,
            client_ref=first.client_ref if first else "",
            recipient=first.recipient if first else "",
            method=call.method,
            path=call.path,
            status=answer.status,
            answer=_readable(answer.body),
        )
        return faults.plain(answer)

    def _look_up(self, ref: str) -> HttpAnswer:
        journey = self._journeys.get(ref)
        if journey is None:
            return self.server.refuse(Refusal.NOT_FOUND) or HttpAnswer(404, {}, b"")
        first = journey.message.destinations[0]
        event = journey.latest.get(first.recipient)
        return self.server.describe(journey.message, first, ref, event, accepted_at=journey.accepted_at)


async def _call(request: web.Request) -> Call:
    body = bytearray()
    async for piece in request.content.iter_chunked(65_536):
        body += piece
        if len(body) > LONGEST_BODY:
            break
    headers = {name.lower(): value for name, value in request.headers.items()}
    path = "/" + request.match_info["path"]
    return Call(request.method, path, headers, bytes(body), request.remote or "")


def _readable(body: bytes) -> object:
    return json.loads(body) if body else ""
