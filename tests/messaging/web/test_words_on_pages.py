"""Nothing that people read is left out of translation: pages are drawn in a language that brackets each sentence."""

import re
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone, translation

from messaging import portal_codes
from messaging.drafts import start_draft
from messaging.gateway import registry
from messaging.models import InboundMessage, Message, Sender

READ_ALOUD = ("aria-label", "title", "placeholder", "alt")
UNSEEN = {"script", "style", "svg", "pre", "code", "kbd"}
# What is the same in every language: names that this test gave, signs, units, formats and the portal's own name.
DATA = re.compile(
    r"[\w.+-]+@[\w.]+|MMS portal|Webex Connect|Webex US|Spring sale|Spring is here|Shop|root|Hello|area|English"
    r"|[Ff]rançais|\ben\b|\bfr\b|\besc\b|\bR\b|mms_live_\w+|[0-9A-HJKMNP-TV-Z]{26}|ref-\w+|order-\d+|https?://\S+"
    r"|America/Toronto|UTC|GSM-7|MMS|SMS|API|KB|PDF|vCard|HTTP|EC1M|name=Ann|perm_media"
    r"|\b\d+ ?s\b|\$\(\w+\)|Ctrl\+(Shift\+)?\w|\w+/\w+|\b[a-z]+[:_][a-z_:]+\b"
)
BRACKETED = re.compile(r"⟦[^⟦⟧]*⟧")


# Names of providers and groups, the codes that providers send, and a country: none of them is ours to translate.
TABLES = [registry.provider(name) for name in registry.names()]
NAMES = {"Composer", "Sender admin", "Viewer", "Administrator", "US", "CA", *(one.profile.label for one in TABLES)}
NAMES |= {str(row.code) for table in (*(one.codes for one in TABLES), portal_codes.CODES) for row in table.values()}


class Visible(HTMLParser):
    """The texts of a page that people see or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.unseen, self.depth, self.icon = 0, 0, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unseen += tag in UNSEEN
        self.icon = any("material-symbols" in (value or "") for name, value in attrs if name == "class")
        self.texts += [value for name, value in attrs if name in READ_ALOUD and value]

    def handle_endtag(self, tag: str) -> None:
        self.unseen -= tag in UNSEEN
        self.icon = False

    def handle_data(self, data: str) -> None:
        # A sentence may hold elements: its brackets then stand in different texts.
        outside = ""
        for character in data:
            self.depth += character == "⟦"
            outside += character if not self.depth else ""
            self.depth -= character == "⟧"
        if not self.unseen and not self.icon:
            self.texts.append(outside)


def untranslated(html: str) -> list[str]:
    """The texts of a page with letters outside of every bracket."""
    page = Visible()
    page.feed(html)
    return [text for text in dict.fromkeys(" ".join(one.split()) for one in page.texts) if bare(text)]


def bare(text: str) -> bool:
    """Whether letters are left when bracketed sentences (they may hold one another) and data are taken out."""
    while (shorter := BRACKETED.sub("", text)) != text:
        text = shorter
    return text.strip(" ,") not in NAMES and any(character.isalpha() for character in DATA.sub("", text))


@pytest.fixture
def brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sentence comes out as ⟦sentence⟧, whatever language is asked for."""

    def said(message: object) -> str:
        return f"⟦{message}⟧" if str(message) else ""

    machine = translation._trans
    monkeypatch.setattr(machine, "gettext", said, raising=False)
    monkeypatch.setattr(machine, "ngettext", lambda one, many, n: said(one if n == 1 else many), raising=False)
    monkeypatch.setattr(machine, "pgettext", lambda _context, message: said(message), raising=False)
    monkeypatch.setattr(
        machine, "npgettext", lambda _context, one, many, n: said(one if n == 1 else many), raising=False
    )


@pytest.fixture
def chief(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("root", "root@example.com", "correct horse battery"))
    return client


@pytest.fixture
def heard(sender: Sender) -> InboundMessage:
    at = timezone.now()
    named = {"account": sender.account, "sender": sender, "address": "34343", "number": "+16475550100"}
    return InboundMessage.objects.create(**named, kind="mms", text="Hello", at=at, received_at=at, dedupe_key="1")


def test_no_page_says_anything_outside_of_the_catalogue(
    chief: Client, message: Message, heard: InboundMessage, brackets: None
) -> None:
    transaction = message.transactions.order_by("position")[2]
    pages = [
        *("/", "/messages/", "/templates/", "/codes/", "/compat/", "/conversations/", "/media/"),
        f"/messages/{message.pk}/",
        f"/transactions/{transaction.pk}/",
        f"/conversations/{heard.pk}/",
        *(f"/messages/{message.pk}/{page}/" for page in ("stop", "resend")),
    ]
    assert {page: said for page in pages if (said := said_on(chief, page))} == {}


def test_the_composer_says_nothing_outside_of_the_catalogue(chief: Client, sender: Sender, brackets: None) -> None:
    owner = User.objects.get(username="root")
    draft = start_draft(owner)
    form = {
        "draft": str(draft.pk),
        "version": "1",
        "sender": str(sender.pk),
        "recipients": "12\n+16475550142\n+16475550142",
        "slide": ["a"],
        "text-a": "Hello $(area)",
        "duration-a": "5",
        "value-name": [""],
        "value-text": [""],
        "want": "confirm",
    }
    answer = chief.post("/compose/check/", form)

    assert answer.status_code == 200
    assert untranslated(answer.content.decode()) == []
    assert said_on(chief, f"/compose/?draft={draft.pk}") == []


@pytest.mark.parametrize(
    "name",
    [
        "provideraccount",
        "sender",
        "apikey",
        "receiptinbox",
        "providercode",
        "optout",
        "template",
        "callback",
        "callbackendpoint",
    ],
)
def test_the_administration_says_nothing_outside_of_the_catalogue(
    name: str, chief: Client, sender: Sender, brackets: None
) -> None:
    pages = [f"/admin/messaging/{name}/"]
    pages += [] if name in ("receiptinbox", "providercode", "callback") else [f"/admin/messaging/{name}/add/"]
    pages += {"provideraccount": [f"/admin/messaging/{name}/{sender.account.pk}/change/"]}.get(name, [])
    assert {page: said for page in pages if (said := said_on(chief, page))} == {}


def test_what_is_not_bracketed_is_found() -> None:
    assert untranslated('<p>⟦Spoken⟧</p><a aria-label="Silent">⟦of ⟦both⟧⟧</a><b>left over</b>') == [
        "Silent",
        "left over",
    ]


def said_on(browser: Client, page: str) -> list[str]:
    answer = browser.get(page, follow=True)
    assert answer.status_code == 200, page
    return untranslated(answer.content.decode())
