"""The index page: what the sandbox plays, with which keys, and what each number does."""

from collections.abc import Iterable
from html import escape

from messaging.gateway.serving import Server, Tenant, base_path
from mmsportal.sandbox.handsets import HANDSETS
from mmsportal.sandbox.pages import frame

DEMANDS = {
    "sandbox:answer=<code>": "the call is answered with this code",
    "sandbox:receipt=<code>": "submitted, then a receipt with this code; several come one after the other",
    "sandbox:encoding=failed": "a stored content with audio or video cannot be encoded",
}


def page(base_url: str, providers: Iterable[tuple[str, Server, Tenant]]) -> str:
    """The page, complete in itself."""
    body = f"""{"".join(_provider(base_url, *entry) for entry in providers)}
<h2 id="numbers">Numbers</h2>
<table><caption>Fictional numbers <code>+1 AAA 555 01NN</code>, any area code: NN chooses the outcome.
Every other number behaves as 00.</caption>
<thead><tr><th scope="col">NN</th><th scope="col">Example</th><th scope="col">Outcome</th></tr></thead>
<tbody>{"".join(_number(number) for number in HANDSETS)}</tbody></table>
<h2 id="codes">Codes on demand</h2>
<p>Any text of a message (subject, name, slide, fallback) may ask for one code of the provider's table, whatever the
number does; <code>_</code> stands for a blank.</p>
<dl>{"".join(f"<dt><code>{escape(asked)}</code></dt><dd>{escape(what)}</dd>" for asked, what in DEMANDS.items())}</dl>
<h2 id="ledger">Ledger</h2>
<p><a href="/ledger">What came in and went out</a>, as JSON: <code>?client_ref=</code>, <code>?kind=accepted</code> and
<code>?provider=</code> narrow it.</p>"""
    return frame("MMS sandbox", "Plays the providers on this machine; no message reaches a phone.", body)


def _provider(base_url: str, name: str, server: Server, tenant: Tenant) -> str:
    senders = [
        f"<code>{escape(address)}</code>{'' if enabled else ' (not enabled for MMS)'}"
        for address, enabled in tenant.senders.items()
    ]
    facts = {
        "Base URL": f"<code>{escape(base_url)}/{escape(name)}{escape(base_path(name))}</code>",
        "Calls": ", ".join(f"<code>{escape(endpoint)}</code>" for endpoint in server.ENDPOINTS),
        **{
            _words(key): ", ".join(f"<code>{escape(v)}</code>" for v in value)
            for key, value in tenant.credentials.items()
        },
        "Senders": ", ".join(senders),
        "Rate": f"{tenant.tps:g} destinations a second",
        "Receipts go to": f"<code>{escape(tenant.webhook_url)}</code>"
        if tenant.webhook_url
        else "the address in the message; no other is set",
        "Handsets reply to": f"<code>{escape(tenant.inbound_url or tenant.webhook_url)}</code>"
        if tenant.inbound_url or tenant.webhook_url
        else "nobody: no inbound address is set",
    }
    rows = "".join(f"<dt>{escape(term)}</dt><dd>{given}</dd>" for term, given in facts.items())
    return f'<h2 id="{escape(name)}">{escape(server.LABEL)}</h2><dl>{rows}</dl>'


def _number(number: str) -> str:
    outcome = escape(HANDSETS[number].outcome)
    return f"<tr><td>{number}</td><td><code>+1647555{'01' + number}</code></td><td>{outcome}</td></tr>"


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize().replace("Api ", "API ")
