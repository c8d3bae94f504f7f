"""Posts receipts as the provider does: one limit for an answer, a few tries, and statuses that end them."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from messaging.gateway.serving import Notice, PostingRules
from mmsportal.sandbox.ledger import Ledger
from mmsportal.sandbox.reach import is_local

TOGETHER = 50


class Poster:
    """Posts notices and notes every try in the ledger. `speed` divides the time between tries."""

    def __init__(
        self,
        session: ClientSession,
        ledger: Ledger,
        *,
        speed: float,
        timeout: float | None = None,
        reach_anything: bool = False,
    ) -> None:
        self._session = session
        self._ledger = ledger
        self._speed = speed
        self._timeout = timeout
        self._reach_anything = reach_anything
        self._slots = asyncio.Semaphore(TOGETHER)
        self._tasks: set[asyncio.Task[None]] = set()

    async def post(self, url: str, notice: Notice, rules: PostingRules, **note: object) -> None:
        """The first try, awaited, so that what was posted first arrives first; further tries go on beside it."""
        if not (self._reach_anything or is_local(url)):
            self._note(note, url=url, attempt=0, status=None, outcome="not posted: outside this machine")
            return
        if not await self._try(url, notice, rules, 1, note):
            self.start(self._again(url, notice, rules, note))

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside everything else until it ends or the sandbox stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Give up whatever is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _again(self, url: str, notice: Notice, rules: PostingRules, note: dict[str, object]) -> None:
        for attempt, pause in enumerate(rules.retries, start=2):
            await asyncio.sleep(pause / self._speed)
            if await self._try(url, notice, rules, attempt, note):
                return

    async def _try(self, url: str, notice: Notice, rules: PostingRules, attempt: int, note: dict[str, object]) -> bool:
        """Whether the matter is closed: taken, or refused in a way that ends the tries."""
        status, outcome = None, ""
        async with self._slots:
            try:
                async with self._session.request(
                    notice.method,
                    url,
                    data=notice.body,
                    headers=notice.headers,
                    allow_redirects=False,
                    timeout=ClientTimeout(total=self._timeout or rules.timeout),
                ) as answer:
                    status = answer.status
            except (ClientError, TimeoutError, OSError, ValueError) as error:
                outcome = type(error).__name__
        if status is not None:
            outcome = "taken" if status in rules.good else "refused" if status in rules.hopeless else "not taken"
        last = attempt > len(rules.retries)
        self._note(note, url=url, attempt=attempt, status=status, outcome=outcome, last=last)
        return status in rules.good or status in rules.hopeless

    def _note(self, note: dict[str, object], **members: object) -> None:
        self._ledger.write(
            str(note["kind"]), **{name: value for name, value in note.items() if name != "kind"}, **members
        )
