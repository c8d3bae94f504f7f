"""Lists that must agree: what the documents say, what the code does, what the tools are told."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest
import yaml
from celery import current_app
from django.conf import settings
from django.core.management import get_commands

HOME = Path(__file__).resolve().parents[1]
PACKAGES = ("mmsportal", "messaging", "media")
DOCUMENTS = sorted([*HOME.glob("*.md"), *HOME.glob("docs/**/*.md")])
PLACES = ("mmsportal/", "messaging/", "media/", "tests/", "templates/", "static/", "docs/", ".ci/")
LONGEST = 300
# The demo asks whether there is a screen to open a page on, which is no setting of the portal.
READERS = {"mmsportal/env.py", "mmsportal/management/commands/demo.py"}


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (path for path in (HOME / package).rglob("*.py") if "migrations" not in path.parts)


def name(path: Path) -> str:
    return str(path.relative_to(HOME))


def rows(document: str, heading: str) -> set[str]:
    """The words in code marks that open the rows of a document's tables, below a heading."""
    text = (HOME / document).read_text().partition(heading)[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE))


def test_every_document_is_looked_at():
    assert HOME / "docs/way-of-a-message.md" in DOCUMENTS
    assert HOME / "README.md" in DOCUMENTS


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_file_a_document_names_is_there(document: Path):
    text = re.sub(r"```.*?```", "", document.read_text(), flags=re.DOTALL)
    named = {word for word in re.findall(r"`([\w./-]+)`", text) if word.startswith(PLACES)}
    missing = {word for word in named if not (HOME / word).exists()}
    links = {link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link}
    missing |= {link for link in links if link and not (document.parent / link).exists()}
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_command_a_document_names_is_there(document: Path):
    text = document.read_text()
    targets = set(re.findall(r"^([a-z-]+):", (HOME / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", text, re.MULTILINE)) <= targets
    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= set(get_commands())


def test_the_diagram_and_the_tables_name_only_rooms_there_are():
    text = (HOME / "docs/way-of-a-message.md").read_text()
    named = set(re.findall(r"(?<![\w/])((?:messaging|media|mmsportal)/[\w./]+?)(?=[`\s,:.]*(?:[`\s]|$))", text))
    assert len(named) > 20
    assert {word for word in named if not (HOME / word).exists()} == set()


def read_from_environment() -> set[str]:
    """The names of the variables that env.py asks for."""
    found = set()
    for node in ast.walk(ast.parse((HOME / "mmsportal/env.py").read_text())):
        match node:
            case ast.Call(func=ast.Attribute(value=value), args=[ast.Constant(value=str(variable)), *_]):
                if ast.unparse(value) in {"_env", "os.environ"}:
                    found.add(variable)
    return found


def test_the_table_of_the_environment_is_what_the_portal_reads():
    assert rows("docs/operating.md", "## Environment") == read_from_environment()


def test_the_scaled_form_sets_only_what_the_portal_reads():
    services = yaml.safe_load((HOME / "compose.yaml").read_text())["services"]
    assert set(services["web"]["environment"]) <= read_from_environment()
    assert services["worker"]["environment"] == services["web"]["environment"] == services["beat"]["environment"]


def test_only_one_module_reads_settings_from_the_environment():
    readers = {
        name(path)
        for path in modules()
        if re.search(r"os\.(getenv|environ(\[|\.get\b))|\benviron\b\[", path.read_text())
    }
    assert readers == READERS


def wanted(requirements: str) -> set[str]:
    lines = (HOME / requirements).read_text().splitlines()
    return {re.split(r"[=<>\[]", line)[0] for line in lines if line and line[0] not in "#-"}


@pytest.mark.parametrize("requirements", ["requirements.in", "requirements-dev.in", "requirements-heavy.in"])
def test_every_dependency_has_its_reason(requirements: str):
    reasons = (HOME / "docs/decisions/0002-libraries.md").read_text()
    names = {
        re.sub(r"\[.*?\]", "", word) for row in re.findall(r"^\| (.+?) \|", reasons, re.M) for word in row.split(", ")
    }
    assert wanted(requirements) <= names


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt", "requirements-heavy.txt"])
def test_locks_pin_by_hash_and_name_no_index(lock: str):
    text = (HOME / lock).read_text()
    assert "://" not in text
    assert not re.search(r"^--(extra-)?index", text, re.MULTILINE)
    pinned = re.findall(r"^[\w.-]+==\S+(?: ; .*)? \\\n    --hash=sha256:", text, re.MULTILINE)
    assert len(pinned) == len(re.findall(r"^[A-Za-z0-9][\w.-]*==", text, re.MULTILINE)) > 0


def test_the_development_lock_holds_the_runtime_pins():
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^([\w.-]+==[^\s;]+)", (HOME / lock).read_text(), re.MULTILINE))

    assert pins("requirements.txt") <= pins("requirements-dev.txt")


def test_no_module_is_too_long():
    long = {name(path): len(path.read_text().splitlines()) for path in modules()}
    assert {path: lines for path, lines in long.items() if lines > LONGEST} == {}


def test_beat_rings_only_for_tasks_there_are():
    current_app.loader.import_default_modules()
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(current_app.tasks)


@cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("messaging", cache_dir=None)


def provider_sides() -> Iterator[tuple[str, str]]:
    """Each module of a provider that stands on the server's side, and the client's modules it must not reach.

    `wire` is neither: it only turns bytes into safe values, and knows none of their meanings.
    """
    graph = imports()
    for provider in graph.find_children("messaging.providers"):
        inside = graph.find_children(provider)
        servers = {module for module in inside if module.rpartition(".")[2].startswith("server")}
        client = f"{provider}.client"
        of_client = {client} | (graph.find_upstream_modules(client) & inside) - {f"{provider}.wire"}
        for module in servers:
            yield from ((module, other) for other in of_client)


def test_no_module_of_a_server_shares_a_line_with_its_client():
    sides = list(provider_sides())
    assert sides
    crossing = [(a, b) for a, b in sides if a == b or imports().chain_exists(a, b) or imports().chain_exists(b, a)]
    assert crossing == []


@pytest.mark.parametrize("script", ["run", "chromium"])
def test_scripts_can_be_run(script: str):
    path = HOME / ".ci" / script
    assert path.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", path], check=False).returncode == 0


def test_scripts_of_one_page_take_no_name_from_each_other():
    names: dict[str, list[str]] = {}
    for script in sorted(Path("static/messaging").glob("*.js")):
        declared = re.findall(r"^(?:async )?(?:const|let|var|function|class) (\w+)", script.read_text(), re.MULTILINE)
        for name in declared:
            names.setdefault(name, []).append(script.name)
    assert {name: places for name, places in names.items() if len(places) > 1} == {}
