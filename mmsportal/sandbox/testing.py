"""A sandbox inside a test or a script: its own thread and event loop, a free port."""

import asyncio
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from messaging.gateway.serving import Tenant
from mmsportal.sandbox import app
from mmsportal.sandbox.ledger import Entry, matches, read
from mmsportal.sandbox.options import Options

PATIENCE = 15


@dataclass(slots=True)
class Running:
    """A sandbox that takes calls at `base_url`; a provider's base URL is `base_url` + "/" + its name."""

    base_url: str = ""
    path: Path = field(default_factory=Path)
    _app: web.Application = field(default_factory=web.Application, repr=False)
    _loop: asyncio.AbstractEventLoop | None = field(default=None, repr=False)

    def ledger(self, *, client_ref: str = "", kind: str = "", provider: str = "") -> list[Entry]:
        """The entries on file, oldest first."""
        return [entry for entry in read(self.path) if matches(entry, client_ref, kind, provider)]

    def set_tenant(self, provider: str, **members: object) -> None:
        """Exchange members of a provider's tenant, as in a configuration file: `webhook_url="http://127.0.0.1:..."`.

        Raises ConfigError.
        """

        async def change() -> None:
            app.change_tenant(self._app, provider, members)

        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(change(), self._loop).result(PATIENCE)


@contextmanager
def running(
    *,
    port: int = 0,
    speed: float = 50,
    ledger: Path | None = None,
    tenants: Mapping[str, Tenant] | None = None,
    inbound_url: str = "",
    receipt_timeout: float | None = None,
    fetch_media: bool = True,
) -> Iterator[Running]:
    """A running sandbox, stopped on leaving. Delays are a fiftieth of real ones unless `speed` says otherwise."""
    with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
        options = Options(
            ledger=ledger or Path(folder) / "ledger.jsonl",
            speed=speed,
            tenants=tenants or {},
            inbound_url=inbound_url,
            receipt_timeout=receipt_timeout,
            fetch_media=fetch_media,
        )
        with _thread(options, port) as running_sandbox:
            yield running_sandbox


@contextmanager
def _thread(options: Options, port: int) -> Iterator[Running]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sandbox", daemon=True)
    thread.start()
    try:
        runner, base_url = asyncio.run_coroutine_threadsafe(app.start(options, port=port), loop).result(PATIENCE)
        try:
            yield Running(base_url, options.ledger, runner.app, loop)
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(PATIENCE)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()
