"""Takes calls for one provider: checks, refusals, media fetched at once, the ledger, the answer, then the journey."""

import asyncio
from collections import OrderedDict
from datetime import UTC, datetime

from aiohttp import web

from messaging.gateway import serving
from messaging.gateway.contract import HttpAnswer
from messaging.gateway.serving import Call, MediaFault, Medium, ReceivedMessage, Refusal, Rejected, Tenant
from mmsportal.sandbox import faults, forced
from mmsportal.sandbox.door import Door
from mmsportal.sandbox.handsets import handset
from mmsportal.sandbox.journeys import Guide, Journey, readable
from mmsportal.sandbox.ledger import Ledger
from mmsportal.sandbox.memory import ENCODING, Memory
from mmsportal.sandbox.receipts import Poster

# More than any provider takes: whatever is longer is cut here and refused by the provider's own size check.
LONGEST_BODY = 2 * 1024 * 1024
REMEMBERED = 10_000
HIDDEN = "***"


class Counter:
    """One provider with one tenant, which may be exchanged while it is open."""

    def __init__(
        self, provider: str, tenant: Tenant, ledger: Ledger, guide: Guide, poster: Poster, *, speed: float
    ) -> None:
        self.provider = provider
        self.server = serving.server(provider)
        self.tenant = tenant
        self._ledger = ledger
        self._guide = guide
        self._poster = poster
        self._speed = speed
        self._memory = Memory(tenant.tps)
        self._door = Door(speed=speed)
        self._journeys: OrderedDict[str, Journey] = OrderedDict()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        call = await _call(request)
        now = datetime.now(UTC)
        try:
            lookup = self.server.route(call)
            self.server.authenticate(call, self.tenant, self._memory, now=now)
            if lookup:
                return faults.plain(self._look_up(lookup.ref))
            message = self.server.read(call, self.tenant, self._memory, now=now)
        except Rejected as rejected:
            return self._refuse(call, rejected.answer)
        journey = Journey(self.provider, self.server, self.tenant, message, "", now)
        if refusal := await self._refusal(journey):
            return self._refuse(call, refusal, message)
        journey.ref, answer = self.server.accept(message, now=now)
        if message.save:
            return self._save(journey, answer)
        return await self._accept(request, journey, answer)

    def exchange(self, tenant: Tenant) -> None:
        """Serve the tenant with other settings from the next call on."""
        if tenant.tps != self.tenant.tps:
            self._memory.limit(tenant.tps)
        self.tenant = tenant

    def state(self, ref: str, recipient: str) -> str:
        """The latest that became of a message to one recipient, in words; "" when nothing did or it is forgotten."""
        journey = self._journeys.get(ref)
        return journey.shown.get(recipient, "") if journey else ""

    async def _refusal(self, journey: Journey) -> HttpAnswer | None:
        """The refusal that a call meets which was in order itself."""
        message = journey.message
        if refusal := self._door.refusal(self.server, message):
            return refusal
        for asked in forced.codes(message.content, "answer"):
            for code in forced.spellings(asked):
                if answer := self.server.answer_with(code, message):
                    return answer
        flaw = await self._flaw(journey)
        return self.server.refuse_medium(message, *flaw) if flaw else None

    async def _flaw(self, journey: Journey) -> tuple[Medium, MediaFault] | None:
        """What is wrong with the media, where the provider fetches them while the call is open."""
        message = journey.message
        if message.saved_ref:
            journey.fit = True
        if message.saved_ref or message.fate or not self.server.MEDIA.at_once:
            return None
        flaw = await self._guide.flaw(journey)
        if not flaw and message.media and any(handset(entry.recipient).unfetched for entry in message.destinations):
            flaw = (message.media[0], MediaFault.NOT_COPIED)
        journey.fit = flaw is None
        return flaw

    async def _accept(self, request: web.Request, journey: Journey, answer: HttpAnswer) -> web.StreamResponse:
        message = journey.message
        first = message.destinations[0]
        self._ledger.write(
            "accepted",
            provider=self.provider,
            provider_ref=journey.ref,
            client_ref=first.client_ref,
            recipient=first.recipient,
            destinations=[[entry.recipient, entry.client_ref] for entry in message.destinations],
            sender=message.sender,
            saved_ref=message.saved_ref,
            content=message.content.to_json(),
            substitutions={**message.substitutions, **first.substitutions},
            body=self._unkeyed(message.parsed),
        )
        self._journeys[journey.ref] = journey
        if len(self._journeys) > REMEMBERED:
            self._journeys.popitem(last=False)
        phones = [handset(entry.recipient) for entry in message.destinations]
        if any(phone.early for phone in phones):
            await self._guide.run(journey, at_once=True)
        else:
            self._poster.start(self._guide.run(journey))
        fault = next((phone.fault for phone in phones if phone.fault), None)
        return await faults.answer(request, answer, fault)

    def _save(self, journey: Journey, answer: HttpAnswer) -> web.Response:
        message = journey.message
        self._ledger.write(
            "saved",
            provider=self.provider,
            provider_ref=journey.ref,
            content=message.content.to_json(),
            body=self._unkeyed(message.parsed),
        )
        if slow := self._memory.store(journey.ref, message):
            self._poster.start(self._encode(journey, slow))
        return faults.plain(answer)

    async def _encode(self, journey: Journey, kind: str) -> None:
        await asyncio.sleep(ENCODING / self._speed)
        well = self._memory.encoded(journey.ref)
        await self._guide.tell_encoded(journey, "" if well else kind)

    def _refuse(self, call: Call, answer: HttpAnswer, message: ReceivedMessage | None = None) -> web.Response:
        first = message.destinations[0] if message and message.destinations else None
        self._ledger.write(
            "refused",
            provider=self.provider,
            client_ref=first.client_ref if first else "",
            recipient=first.recipient if first else "",
            method=call.method,
            # What follows may hold a key.
            path=call.path.partition("?")[0],
            status=answer.status,
            answer=readable(answer.body) if answer.body else "",
        )
        return faults.plain(answer)

    def _look_up(self, ref: str) -> HttpAnswer:
        journey = self._journeys.get(ref)
        if journey is None:
            return self.server.refuse(Refusal.NOT_FOUND) or HttpAnswer(404, {}, b"")
        first = journey.message.destinations[0]
        event = journey.latest.get(first.recipient)
        return self.server.describe(journey.message, first, ref, event, accepted_at=journey.accepted_at)

    def _unkeyed(self, parsed: object) -> object:
        """The body of a call without the tenant's keys, which some providers want inside."""
        keys = {
            value
            for name, values in self.tenant.credentials.items()
            if "key" in name or "secret" in name
            for value in values
            if value
        }
        try:
            return _without(parsed, keys)
        except RecursionError:
            return "nested too deeply to be shown"


async def _call(request: web.Request) -> Call:
    body = bytearray()
    async for piece in request.content.iter_chunked(65_536):
        body += piece
        if len(body) > LONGEST_BODY:
            break
    headers = {name.lower(): value for name, value in request.headers.items()}
    path = request.raw_path.removeprefix(f"/{request.match_info['provider']}")
    return Call(request.method, path, headers, bytes(body), request.remote or "")


def _without(value: object, keys: set[str]) -> object:
    match value:
        case dict():
            return {name: _without(member, keys) for name, member in value.items()}
        case list() | tuple():
            return [_without(member, keys) for member in value]
        case str():
            for key in keys:
                value = value.replace(key, HIDDEN)
            return value
    return value
