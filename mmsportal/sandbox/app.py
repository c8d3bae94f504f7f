"""The sandbox as a web application on loopback: the providers below /<name>/, an index page, the ledger."""

import asyncio
import signal
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from itertools import islice

from aiohttp import ClientSession, TCPConnector, web

from messaging.gateway import serving
from mmsportal.sandbox import index, pages, screens
from mmsportal.sandbox.counter import Counter
from mmsportal.sandbox.fetching import Fetcher
from mmsportal.sandbox.journeys import Guide
from mmsportal.sandbox.ledger import Ledger
from mmsportal.sandbox.options import ConfigError, Options, changed
from mmsportal.sandbox.reach import is_loopback
from mmsportal.sandbox.receipts import Poster

COUNTERS = web.AppKey("counters", dict[str, Counter])
LEDGER = web.AppKey("ledger", Ledger)
GUIDE = web.AppKey("guide", Guide)
OPTIONS = web.AppKey("options", Options)
# What a handset sends back: one transparent pixel, and the SMIL part that phones add.
PHOTO = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=")
SMIL = b'<smil><body><par dur="5s"><img src="photo.png"/></par></body></smil>'


def build(options: Options) -> web.Application:
    """The application, ready to be served."""
    app = web.Application()
    app[OPTIONS] = options
    app.cleanup_ctx.append(_resources)
    app.router.add_get("/", _index)
    app.router.add_get("/favicon.ico", _no_icon)
    app.router.add_get("/handsets", _handsets)
    app.router.add_get("/healthz", _healthz)
    app.router.add_patch("/tenants/{name}", _tenant)
    app.router.add_get("/ledger", _ledger)
    app.router.add_get("/inbound/{name}", _inbound)
    app.router.add_route("*", "/{provider}/{path:.*}", _provider)
    return app


async def start(options: Options, *, host: str = "127.0.0.1", port: int = 0) -> tuple[web.AppRunner, str]:
    """Serve on loopback; returns the runner, to be cleaned up, and the base URL. Port 0 takes a free one.

    Raises ValueError for an address other machines could reach, OSError when the port is taken.
    """
    if not is_loopback(host):
        raise ValueError(f"The sandbox listens on loopback only, not on {host}. Use 127.0.0.1.")
    app = build(options)
    runner = web.AppRunner(app, shutdown_timeout=0.5, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=1024).start()
    except OSError:
        await runner.cleanup()
        raise
    bound = runner.addresses[0][1]
    base_url = f"http://[{host}]:{bound}" if ":" in host else f"http://{host}:{bound}"
    app[GUIDE].own_url = base_url
    return runner, base_url


async def serve(options: Options, *, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT. `announce` is told the base URL once calls are taken."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner, base_url = await start(options, host=host, port=port)
    try:
        announce(base_url)
        await stop.wait()
    finally:
        await runner.cleanup()


async def _resources(app: web.Application) -> AsyncIterator[None]:
    options = app[OPTIONS]
    ledger = Ledger(options.ledger)
    async with ClientSession(connector=TCPConnector(limit=100), auto_decompress=False) as session:
        poster = Poster(
            session,
            ledger,
            speed=options.speed,
            timeout=options.receipt_timeout,
            reach_anything=options.reach_anything,
        )
        fetcher = Fetcher(session, reach_anything=options.reach_anything) if options.fetch_media else None
        guide = Guide(ledger, poster, fetcher, speed=options.speed)
        app[LEDGER], app[GUIDE] = ledger, guide
        app[COUNTERS] = {
            name: Counter(name, options.tenant(name), ledger, guide, poster, speed=options.speed)
            for name in serving.served()
        }
        yield
        await poster.stop()
    ledger.close()


async def _provider(request: web.Request) -> web.StreamResponse:
    counter = request.app[COUNTERS].get(request.match_info["provider"])
    if counter is None:
        raise web.HTTPNotFound(text="No such provider; see the index page at /.\n")
    return await counter.handle(request)


def change_tenant(app: web.Application, provider: str, members: object) -> None:
    """Exchange some members of a provider's tenant for the calls to come. Raises ConfigError."""
    counters = app[COUNTERS]
    counter = counters.get(provider)
    if counter is None:
        raise ConfigError(f"No provider {provider!r}; there are {', '.join(sorted(counters))}.")
    counter.exchange(changed(counter.tenant, members, provider))


async def _index(request: web.Request) -> web.Response:
    base_url = request.app[GUIDE].own_url
    counters = request.app[COUNTERS].values()
    return _page(index.page(base_url, [(counter.provider, counter.server, counter.tenant) for counter in counters]))


async def _handsets(request: web.Request) -> web.Response:
    counters = request.app[COUNTERS]

    def state(provider: str, ref: str, recipient: str) -> str:
        return counters[provider].state(ref, recipient)

    labels = {name: counter.server.LABEL for name, counter in counters.items()}
    return _page(screens.page(request.app[LEDGER].newest("accepted"), labels, state))


async def _no_icon(_request: web.Request) -> web.Response:
    return web.Response(status=204)


def _page(text: str) -> web.Response:
    headers = {"Content-Security-Policy": pages.POLICY, "Referrer-Policy": "no-referrer"}
    return web.Response(text=text, content_type="text/html", headers=headers)


async def _tenant(request: web.Request) -> web.Response:
    """A customer's own settings at a provider, such as where receipts go: {"webhook_url": "http://127.0.0.1:..."}."""
    # No page elsewhere can send this type to us without asking first, and it is never allowed to.
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="Send application/json.\n")
    try:
        change_tenant(request.app, request.match_info["name"], await request.json())
    except (ConfigError, ValueError) as error:
        raise web.HTTPBadRequest(text=f"{error}\n") from error
    return web.Response(status=204)


async def _healthz(request: web.Request) -> web.Response:
    counters = request.app[COUNTERS]
    return web.json_response({"status": "ok", "providers": sorted(counters)})


async def _ledger(request: web.Request) -> web.Response:
    query = request.query
    after, limit = query.get("after", "0"), query.get("limit", "1000")
    if not (after.isdecimal() and limit.isdecimal() and len(limit) <= 4 and 1 <= int(limit) <= 1000):
        raise web.HTTPBadRequest(text="after is the n of an entry, limit a number from 1 to 1000.\n")
    entries = request.app[LEDGER].entries(
        client_ref=query.get("client_ref", ""),
        kind=query.get("kind", ""),
        provider=query.get("provider", ""),
        after=int(after[:18]),
    )
    return web.json_response({"entries": list(islice(entries, int(limit)))})


async def _inbound(request: web.Request) -> web.Response:
    files = {"photo.png": (PHOTO, "image/png"), "part.smil": (SMIL, "application/smil")}
    if request.match_info["name"] not in files:
        raise web.HTTPNotFound
    body, content_type = files[request.match_info["name"]]
    return web.Response(body=body, content_type=content_type)
