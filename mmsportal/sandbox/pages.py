"""What every page of the sandbox shares: its frame, its style, and the policy that keeps scripts and strangers out."""

from base64 import b64encode
from hashlib import sha256
from html import escape

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
nav{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:.75rem 0}
.wide{overflow-x:auto}
dl{display:grid;grid-template-columns:minmax(8rem,auto) 1fr;gap:.35rem 1rem;margin:0}
dt{color:var(--mute)}dd{margin:0;min-width:0}
@media(max-width:32rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}}
.phones{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(19rem,100%),1fr));gap:1rem;padding:0;
margin:1rem 0;list-style:none}
.phone{border:1px solid var(--line);border-radius:1rem;padding:1rem;min-width:0;overflow-wrap:anywhere}
.phone h2{font-size:1rem;margin:0}.phone header p{margin:0;font-size:.875rem}
.state{font-weight:600}.phone ol{list-style:none;padding:0;margin:.75rem 0 0}
.slide,.sms{background:var(--soft);border-radius:.75rem;padding:.75rem;margin:0 0 .5rem}
.slide p,.sms p{margin:.25rem 0;white-space:pre-wrap}
.slide img,.slide video{max-width:100%;height:auto;border-radius:.5rem}
.slide img{display:block}.slide audio{width:100%}.small{font-size:.8rem;color:var(--mute)}
"""
_DIGEST = b64encode(sha256(STYLE.encode()).digest()).decode()
LOCAL = "http://127.0.0.1:* http://localhost:*"
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; img-src {LOCAL}; media-src {LOCAL}; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


def frame(title: str, lead: str, body: str) -> str:
    """A page, complete in itself; `lead` and `body` are HTML."""
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title><style>{STYLE}</style></head>
<body><main>
<h1>{escape(title)}</h1>
<p class="mute">{lead}</p>
<nav aria-label="Pages"><a href="/">Numbers and keys</a><a href="/handsets">Handsets</a>
<a href="/ledger">Ledger</a></nav>
{body}
</main></body></html>
"""
