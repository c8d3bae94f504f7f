"""Runnable examples of each operation in curl, Python and JavaScript, made from the published document itself.

An id in an address is read from the environment (`MESSAGE_ID` for {message_id}), the key from `MMS_KEY`. Python needs
httpx; JavaScript runs in Node.js 18 or later, and but for `process.env` in any browser.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import indent
from typing import Any

LANGUAGES = {"curl": "shell", "Python": "python", "JavaScript": "javascript"}
METHODS = ("get", "post", "put", "patch", "delete")
FILE = "picture.png"
# Of the caller's program, never of ours.
ENVIRONMENT = "os.environ"
NAMED = {"true": "True", "false": "False", "null": "None"}
IN_ADDRESS = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an operation is asked with: its address below the portal, a JSON body (None without one), or a file."""

    method: str
    path: str
    body: Any
    file: bool

    @property
    def variables(self) -> dict[str, str]:
        """The parameters of the address, each with the name of the variable that holds it."""
        return {name: name.upper() for name in IN_ADDRESS.findall(self.path)}


def operations(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Asked]]:
    """Every operation of the document, with what an example asks of it."""
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                content = methods[method].get("requestBody", {}).get("content", {})
                file = "multipart/form-data" in content
                body = None if file else _body(content.get("application/json", {}))
                yield methods[method], Asked(method.upper(), path, body, file)


def samples(asked: Asked, base: str) -> dict[str, str]:
    """The example in each language; `base` is the portal's own address."""
    return {"curl": _curl(asked, base), "Python": _python(asked, base), "JavaScript": _javascript(asked, base)}


def _body(content: dict[str, Any]) -> Any:
    for example in content.get("examples", {}).values():
        return example["value"]
    return None


def _curl(asked: Asked, base: str) -> str:
    address = base + IN_ADDRESS.sub(lambda found: f"${found[1].upper()}", asked.path)
    lines = [f'curl -sS -X {asked.method} "{address}" -H "key: $MMS_KEY"']
    if asked.file:
        lines.append(f"-F file=@{FILE}")
    if asked.body is not None:
        lines += ['-H "Content-Type: application/json"', f"-d '{_shell(json.dumps(asked.body, indent=2))}'"]
    return " \\\n  ".join(lines)


def _shell(text: str) -> str:
    """What stands between single quotes in a shell."""
    return text.replace("'", "'\\''")


def _python(asked: Asked, base: str) -> str:
    address = base + IN_ADDRESS.sub(lambda found: f"{{{ENVIRONMENT}['{found[1].upper()}']}}", asked.path)
    lines = [
        f'    {"f" if asked.variables else ""}"{address}",',
        f'    headers={{"key": {ENVIRONMENT}["MMS_KEY"]}},',
    ]
    if asked.file:
        lines.append(f'    files={{"file": open("{FILE}", "rb")}},')
    if asked.body is not None:
        lines.append(f"    json={indent(_literal(asked.body), '    ').strip()},")
    call = "\n".join(lines)
    return (
        f"import os\n\nimport httpx\n\nanswer = httpx.{asked.method.lower()}(\n{call}\n)\n"
        "print(answer.status_code, answer.text)"
    )


def _literal(value: Any) -> str:
    """JSON as Python writes it; in the examples true, false and null stand at the ends of lines only."""
    return re.sub(r"\b(true|false|null)(?=,?$)", lambda word: NAMED[word[1]], json.dumps(value, indent=4), flags=re.M)


def _javascript(asked: Asked, base: str) -> str:
    address = base + IN_ADDRESS.sub(lambda found: f"${{process.env.{found[1].upper()}}}", asked.path)
    headers, before, lines = ["key: process.env.MMS_KEY"], "", [f'  method: "{asked.method}",']
    if asked.file:
        before = (
            'import { readFile } from "node:fs/promises";\n\nconst form = new FormData();\n'
            f'form.append("file", new Blob([await readFile("{FILE}")]), "{FILE}");\n'
        )
        lines.append("  body: form,")
    if asked.body is not None:
        headers.append('"Content-Type": "application/json"')
        lines.append(f"  body: JSON.stringify({indent(json.dumps(asked.body, indent=2), '  ').strip()}),")
    lines.insert(1, f"  headers: {{ {', '.join(headers)} }},")
    options = "\n".join(lines)
    call = f"const answer = await fetch(`{address}`, {{\n{options}\n}});"
    return f"{before}{call}\nconsole.log(answer.status, await answer.text());"
