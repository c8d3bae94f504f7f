"""What people read: the index page and docs/sandbox.md say what the table says."""

import re
from html import escape, unescape
from pathlib import Path

import httpx
import pytest

from messaging.gateway import serving
from mmsportal.sandbox.handsets import HANDSETS
from mmsportal.sandbox.index import DEMANDS
from mmsportal.sandbox.options import read_tenants
from mmsportal.sandbox.testing import Running

DOC = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text()
TABLE = {number: phone.outcome for number, phone in HANDSETS.items()}
# Architecture, section 4.
PROMISED = {
    *(f"{number:02}" for number in range(15)),
    *(str(number) for number in range(20, 34)),
    "40",
    "41",
}


@pytest.fixture
def page(sandbox: Running) -> httpx.Response:
    return httpx.get(f"{sandbox.base_url}/", trust_env=False)


def test_the_table_has_every_number_that_is_promised() -> None:
    assert set(HANDSETS) == PROMISED


def test_the_document_lists_the_table() -> None:
    assert dict(re.findall(r"^\| (\d\d) \| (.+) \|$", DOC, re.MULTILINE)) == TABLE


def test_the_page_lists_the_table(page: httpx.Response) -> None:
    rows = re.findall(r"<tr><td>(\d\d)</td><td><code>(.+?)</code></td><td>(.+?)</td></tr>", page.text)
    assert {number: unescape(outcome) for number, _, outcome in rows} == TABLE
    assert all(example == f"+164755501{number}" for number, example, _ in rows)


@pytest.mark.parametrize("name", serving.served())
def test_page_and_document_name_the_keys_and_senders(name: str, page: httpx.Response) -> None:
    tenant = serving.server(name).DEMO
    for values in (*tenant.credentials.values(), tenant.senders):
        for value in values:
            assert f"<code>{value}</code>" in page.text
            assert value in DOC


@pytest.mark.parametrize("name", serving.served())
def test_page_and_document_give_the_base_url_of_the_account(name: str, page: httpx.Response, sandbox: Running) -> None:
    path = f"/{name}{serving.base_path(name)}"
    assert f"<code>{sandbox.base_url}{path}</code>" in page.text
    assert f"http://127.0.0.1:8001{path}`" in DOC


def test_page_and_document_tell_how_to_ask_for_a_code(page: httpx.Response) -> None:
    for asked in DEMANDS:
        assert f"`{asked}`" in DOC
        assert f"<code>{escape(asked)}</code>" in page.text


def test_the_page_needs_nothing_from_elsewhere(page: httpx.Response) -> None:
    assert not re.findall(r"(?:src|url)\s*[=(]", page.text)
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["content-type"].startswith("text/html")


def test_the_example_of_a_configuration_file_is_one(tmp_path: Path) -> None:
    example = re.search(r"```json\n(.+?)```", DOC, re.DOTALL)
    assert example
    path = tmp_path / "tenants.json"
    path.write_text(example[1])
    assert read_tenants(path)["webex"].credentials["service_key"] == ("key-one", "key-two")
