"""A fifth provider is only a new folder: the one of docs/adding-a-provider.md sends and hears through the portal."""

import importlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from messaging import providers
from messaging.addresses import SenderKind
from messaging.content import Content, Slide
from messaging.gateway import registry, serving
from messaging.gateway.codes import Where
from messaging.models import ProviderAccount, Sender, Transaction
from messaging.queueing import Order, RecipientOrder, queue
from messaging.slide_rules import blocking, check
from tests.sandbox.conftest import Quiet, serving_on_loopback
from tests.working import work

PAGE = Path(__file__).parents[3] / "docs" / "adding-a-provider.md"
CACHES: tuple[Any, ...] = (registry.names, registry.provider, serving.served, serving.server)
NOTE = Content("Note", "Note", (Slide("Come home"),))


@dataclass
class Loft:
    """Where the pigeons live: what was asked of them, and what they answer."""

    url: str = ""
    notes: list[dict[str, Any]] = field(default_factory=list)
    rings: list[str] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def pigeon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The page's files in a folder of their own, found by the registry as any other."""
    folder = tmp_path / "pigeon"
    folder.mkdir()
    (folder / "__init__.py").touch()
    files = re.findall(r"```python\n# (\w+\.py)\n(.+?)```", PAGE.read_text(), re.DOTALL)
    for name, text in files:
        (folder / name).write_text(text)
    assert {name for name, _ in files} == {"profile.py", "codes.py", "client.py"}
    monkeypatch.setattr(providers, "__path__", [*providers.__path__, str(tmp_path)])
    _forget()
    yield "pigeon"
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    importlib.invalidate_caches()
    for cached in CACHES:
        cached.cache_clear()
    for name in [name for name in sys.modules if name.startswith("messaging.providers.pigeon")]:
        del sys.modules[name]
    vars(providers).pop("pigeon", None)


@pytest.fixture
def loft() -> Iterator[Loft]:
    kept = Loft()

    class Handler(Quiet):
        def do_POST(self) -> None:  # noqa: N802
            kept.notes.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            kept.rings.append(self.headers["ring"])
            status, said = kept.answers.pop(0) if kept.answers else (202, {"bird": f"bird-{len(kept.notes)}"})
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with serving_on_loopback(Handler) as url:
        kept.url = url
        yield kept


@pytest.fixture
def sent(pigeon: str, loft: Loft, live_server, settings) -> Callable[[], Transaction]:
    settings.PUBLIC_BASE_URL = live_server.url
    settings.ALLOW_PRIVATE_TARGETS = frozenset({loft.url.removeprefix("http://")})
    account = ProviderAccount(name="Loft", provider=pigeon, base_url=loft.url)
    account.credentials = {"ring": "made-up-ring"}
    account.full_clean()
    account.save()
    sender = Sender.objects.create(address="34343", label="Loft", kind=SenderKind.SHORT_CODE, account=account)

    def send() -> Transaction:
        order = Order(sender=sender, content=NOTE, recipients=[RecipientOrder("+14165550100")])
        return queue(order, now=timezone.now()).transactions.get()

    return send


def reaches(row: Transaction, status: str) -> Callable[[], bool]:
    def look() -> bool:
        row.refresh_from_db()
        return row.status == status

    return look


def tell(row: Transaction, news: str) -> httpx.Response:
    """What the carrier posts to the account's webhook."""
    body = {"ref": row.client_ref, "bird": row.provider_ref, "news": news}
    return httpx.post(row.sender.account.webhook_url, json=body, trust_env=False)


@pytest.mark.django_db(transaction=True)
def test_a_message_goes_out_and_its_receipt_comes_in(sent: Callable[[], Transaction], loft: Loft) -> None:
    row = sent()
    work(reaches(row, "accepted"))
    assert row.provider_ref == "bird-1"
    assert loft.notes == [{"to": "+14165550100", "from": "34343", "ref": row.client_ref, "text": "Come home"}]
    assert loft.rings == ["made-up-ring"]
    assert tell(row, "LANDED").status_code == 200
    work(reaches(row, "delivered"))
    assert row.status == "delivered"


@pytest.mark.django_db(transaction=True)
def test_its_codes_decide_what_happens_next(sent: Callable[[], Transaction], loft: Loft) -> None:
    loft.answers = [(503, {"code": "STORM"})]
    row = sent()
    work(reaches(row, "accepted"))
    assert row.provider_ref == "bird-2"
    assert tell(row, "CAT").status_code == 200
    work(reaches(row, "failed"))
    assert row.status == "failed"


def test_its_limits_are_those_of_its_profile(pigeon: str) -> None:
    profile = registry.provider(pigeon).profile
    assert not blocking(check(NOTE, [profile]))
    found = blocking(check(Content("Note", "Note", (Slide("x" * 201),)), [profile]))
    assert [(finding.code, finding.limit) for finding in found] == [("text_too_long", 200)]


def test_the_account_form_offers_it_and_asks_for_its_credentials(pigeon: str, client: Client, make_user) -> None:
    client.force_login(make_user("root", is_superuser=True))
    added = client.get(reverse("admin:messaging_provideraccount_add")).content.decode()
    assert re.search(r'<option value="pigeon">\s*Pigeon Post\s*</option>', added)
    account = ProviderAccount.objects.create(name="Loft", provider=pigeon, base_url="https://loft.example.org")
    changed = client.get(reverse("admin:messaging_provideraccount_change", args=[account.pk])).content.decode()
    assert "The number on the leg." in changed


def test_its_codes_are_explained(pigeon: str) -> None:
    row = registry.explain(pigeon, Where.RECEIPT, "CAT")
    assert row is not None
    assert row.meaning == "There was a cat."


def test_afterwards_it_is_gone() -> None:
    assert "pigeon" not in registry.names()
