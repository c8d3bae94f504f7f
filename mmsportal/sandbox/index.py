"""The index page: what the sandbox plays, with which keys, and what each number does."""

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape

from messaging.gateway.serving import Server, Tenant
from mmsportal.sandbox.handsets import HANDSETS

STYLE = """
:root{color-scheme:light dark;--line:#d4d4d8;--soft:#f4f4f5;--ink:#18181b;--mute:#52525b;--link:#6d28d9;--bg:#fff}
@media(prefers-color-scheme:dark){:root{--line:#3f3f46;--soft:#27272a;--ink:#fafafa;--mute:#a1a1aa;--link:#c4b5fd;
--bg:#18181b}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1rem 4rem}
h1{font-size:1.75rem;margin:0 0 .25rem}h2{font-size:1.2rem;margin:2rem 0 .5rem}
p{margin:.25rem 0 .75rem;max-width:42rem}.mute{color:var(--mute)}
a{color:var(--link)}a:focus-visible{outline:3px solid var(--link);outline-offset:2px}
code{font:.9em ui-monospace,monospace;background:var(--soft);padding:.1em .35em;border-radius:.25rem;
overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}caption{text-align:left;color:var(--mute);padding-bottom:.5rem}
th,td{text-align:left;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:top}
dl{display:grid;grid-template-columns:minmax(8rem,auto) 1fr;gap:.35rem 1rem;margin:0}dt{color:var(--mute)}dd{margin:0}
"""
_DIGEST = b64encode(sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page(base_url: str, providers: Iterable[tuple[str, Server, Tenant]]) -> str:
    """The page, complete in itself."""
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>MMS sandbox</title><style>{STYLE}</style></head>
<body><main>
<h1>MMS sandbox</h1>
<p class="mute">Plays the providers on this machine; no message reaches a phone.</p>
<p><a href="/ledger">Ledger</a> (JSON; <code>?client_ref=</code> or <code>?kind=accepted</code> narrows it)</p>
{"".join(_provider(base_url, *entry) for entry in providers)}
<h2 id="numbers">Numbers</h2>
<table><caption>Fictional numbers <code>+1 AAA 555 01NN</code>, any area code: NN chooses the outcome.
Every other number behaves as 00.</caption>
<thead><tr><th scope="col">NN</th><th scope="col">Example</th><th scope="col">Outcome</th></tr></thead>
<tbody>{"".join(_number(number) for number in HANDSETS)}</tbody></table>
</main></body></html>
"""


def _provider(base_url: str, name: str, server: Server, tenant: Tenant) -> str:
    senders = [
        f"<code>{escape(address)}</code>{'' if enabled else ' (not enabled for MMS)'}"
        for address, enabled in tenant.senders.items()
    ]
    facts = {
        "Base URL": f"<code>{escape(base_url)}/{escape(name)}</code>",
        "Calls": ", ".join(f"<code>{escape(endpoint)}</code>" for endpoint in server.ENDPOINTS),
        **{
            _words(key): ", ".join(f"<code>{escape(v)}</code>" for v in value)
            for key, value in tenant.credentials.items()
        },
        "Senders": ", ".join(senders),
        "Rate": f"{tenant.tps:g} destinations a second",
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
    return name.replace("_", " ").capitalize()
