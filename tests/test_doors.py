"""Every address of the portal by name: who gets in, and what may be kept of the answer."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from media import uploads
from messaging.content import Content
from messaging.models import InboundMessage, RecipientList
from messaging.templates import save_template

VCARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann Example\r\nTEL:+16475550142\r\nEND:VCARD\r\n"
ROLES = ("Viewer", "Composer", "Sender admin", "nobody", "stranger")
READERS, COMPOSERS, KEEPERS = {"Viewer", "Composer", "Sender admin"}, {"Composer"}, {"Sender admin"}
EXPORTERS = COMPOSERS | KEEPERS
CHIEF: set[str] = set()
# The pages of people, and who is let in; everybody else is sent to the login page or refused.
PAGES = {
    "web:dashboard": READERS,
    "web:compose": COMPOSERS,
    "web:compose-check": COMPOSERS,
    "web:compose-mend": COMPOSERS,
    "web:compose-fit": COMPOSERS,
    "web:compose-describe": COMPOSERS,
    "web:media-from-url": COMPOSERS,
    "web:compose-send": COMPOSERS,
    "web:compose-discard": COMPOSERS,
    "web:draft-versions": COMPOSERS,
    "web:draft-version": COMPOSERS,
    "web:draft-restore": COMPOSERS,
    "web:draft-difference": COMPOSERS,
    "web:draft-aside": COMPOSERS,
    "web:lists-kept": COMPOSERS,
    "web:list-import": COMPOSERS,
    "web:list-typed": COMPOSERS,
    "web:list-panel": COMPOSERS,
    "web:list-row": COMPOSERS,
    "web:list-columns": COMPOSERS,
    "web:list-drop": COMPOSERS,
    "web:list-mended": COMPOSERS,
    "web:list-bad-rows": COMPOSERS,
    "web:list-keep": COMPOSERS,
    "web:list-forget": COMPOSERS,
    "web:list-rows": COMPOSERS,
    "web:messages": READERS,
    "web:messages-export": EXPORTERS,
    "web:message-export": EXPORTERS,
    "web:providers": KEEPERS,
    "web:sending": KEEPERS,
    "web:sending-resume": KEEPERS,
    "web:account-pause": KEEPERS,
    "web:sender-pause": KEEPERS,
    "web:message": READERS,
    "web:message-live": READERS,
    "web:trial": COMPOSERS,
    "web:message-pause": COMPOSERS,
    "web:message-resume": COMPOSERS,
    "web:message-stop": COMPOSERS,
    "web:message-rest": COMPOSERS,
    "web:message-undo": COMPOSERS,
    "web:message-resend": COMPOSERS,
    "web:transaction": READERS,
    "web:transaction-live": READERS,
    "web:account-resume": KEEPERS,
    "web:sender-resume": KEEPERS,
    "web:codes": {*READERS, "nobody"},
    "compat:formats": {*READERS, "nobody"},
    "web:conversations": READERS,
    "web:conversation": READERS,
    "web:templates": READERS,
    "web:template": READERS,
    "web:template-variables": COMPOSERS,
    "web:template-restore": COMPOSERS,
    "web:template-archive": COMPOSERS,
    "web:template-duplicate": COMPOSERS,
    "web:template-rename": COMPOSERS,
    "web:template-delete": COMPOSERS,
    "media:library": READERS,
    "media:upload": COMPOSERS,
    "media:picker": READERS,
    "media:describe": COMPOSERS,
    "media:remove": CHIEF,
    "media:file-page": READERS,
    "media:card": READERS,
    "media:tags": COMPOSERS,
    "media:bring-back": CHIEF,
}
POSTS = {
    "compose-mend",
    "media-from-url",
    "compose-check",
    "compose-send",
    "compose-discard",
    "template-rename",
    "template-delete",
}
POSTS |= {"template-variables", "template-restore", "template-archive", "template-duplicate"}
POSTS |= {"draft-restore", "draft-difference", "draft-aside"}
POSTS |= {
    "account-resume",
    "sender-resume",
    "account-pause",
    "sender-pause",
    "sending-resume",
    "message-pause",
    "message-resume",
    "message-undo",
}
POSTS |= {"upload", "describe", "remove", "tags", "bring-back"}
POSTS |= {f"list-{door}" for door in ("import", "typed", "row", "columns", "drop", "mended", "keep", "forget")}
# About one of one's own drafts, tests or lists: without naming it there is nothing to find.
OF_ONE = {
    "web:compose-fit",
    "web:compose-describe",
    "web:draft-versions",
    "web:draft-version",
    "web:trial",
    "web:list-panel",
    "web:list-bad-rows",
    "web:list-rows",
}
# Doors with keys, tokens or secrets of their own: looked at in their rooms.
API = [
    "messages",
    "message",
    "progress",
    "pause",
    "resume",
    "cancel",
    "transactions",
    "transaction",
    "senders",
    "sender",
    "templates",
    "template",
    "opt-outs",
    "opt-out",
    "lift",
    "codes",
    "callbacks",
    "callback",
    "replay",
    "endpoints",
    "endpoint",
    "verify",
    "secret",
    "switch-off",
    "events",
    "schema",
    "docs",
]
OTHERS = {
    "api-media",
    "api-media-detail",
    "api-upload-start",
    "api-upload-finish",
    "media:file",
    "webhook",
    "compat:door",
    "api-compat",
    *(f"api:{name}" for name in API),
}
# Open to everybody, and the three steps of a direct upload (tests/media/test_direct_uploads.py).
OTHERS |= {"set_language", *(f"media:upload-{step}" for step in ("start", "put", "finish"))}
# Doors where a list is made.
NEW_LISTS = {"web:list-import", "web:list-typed"}
ADMIN = {
    "messaging_provideraccount": {"": KEEPERS, "change": KEEPERS},
    "messaging_sender": {"": READERS, "change": KEEPERS},
    "messaging_apikey": {"": KEEPERS, "change": KEEPERS},
    "messaging_callback": {"": KEEPERS, "change": set()},
    "messaging_callbackendpoint": {"": KEEPERS, "change": KEEPERS},
    "messaging_receiptinbox": {"": KEEPERS, "change": CHIEF},
    "messaging_providercode": {"": KEEPERS, "change": CHIEF},
    "messaging_optout": {"": READERS, "change": KEEPERS},
    "messaging_template": {"": READERS, "change": COMPOSERS},
    "media_asset": {"": READERS, "change": COMPOSERS},
    "auth_user": {"": CHIEF, "change": CHIEF},
    "auth_group": {"": CHIEF, "change": CHIEF},
}


def names(resolver: URLResolver, space: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            if entry.name:
                yield f"{space}:{entry.name}".lstrip(":")
        elif entry.namespace != "admin":
            yield from names(entry, entry.namespace or space)


@pytest.fixture
def ids(queued, composer) -> dict[str, UUID]:
    message = queued()
    template = save_template(Content.from_json({"slides": [{"text": "Hello"}]}), name="Hello", user=composer)
    asset = uploads.store(VCARD, name="ann.vcf", owner="user:0")
    heard = InboundMessage.objects.create(
        account=message.sender.account,
        sender=message.sender,
        number="+14165550100",
        kind="sms",
        at=timezone.now(),
        received_at=timezone.now(),
    )
    return {
        "account": message.sender.account_id,
        "sender": message.sender_id,
        "message": message.pk,
        "trial": message.pk,
        "transaction": message.transactions.get().pk,
        "template": template.pk,
        "list": RecipientList.objects.create(owner=composer).pk,
        "conversation": heard.pk,
        "asset": asset.pk,
    }


def address(name: str, ids: dict[str, UUID]) -> str:
    what = name.partition(":")[2].partition("-")[0]
    if name in {f"media:{one}" for one in ("describe", "remove", "file-page", "card", "tags", "bring-back")}:
        what = "asset"
    plain = name in {"web:templates", "web:messages", "web:conversations", *NEW_LISTS} or what not in ids
    place = [1] if name == "web:list-row" else []
    return reverse(name, args=[] if plain else [ids[what], *place])


@pytest.fixture
def browser(client: Client, make_user, request: pytest.FixtureRequest) -> Client:
    role = request.param
    if role != "stranger":
        client.force_login(make_user("ann", *([] if role == "nobody" else [role])))
    return client


def test_every_address_has_its_row_in_a_table() -> None:
    assert set(names(get_resolver())) == PAGES.keys() | OTHERS


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("browser", "role"), [(role, role) for role in ROLES], indirect=["browser"], ids=ROLES)
def test_a_page_lets_in_whom_it_should(browser: Client, role: str, name: str, ids: dict[str, UUID]) -> None:
    post = name.partition(":")[2] in POSTS
    answer = (browser.post if post else browser.get)(address(name, ids))
    if role in PAGES[name]:
        # A form without its fields is refused in words; a draft of nobody's is not found.
        assert answer.status_code in ({200, 302, 404, 422} if post else {404} if name in OF_ONE else {200, 302})
        assert not answer.headers.get("Location", "").startswith("/admin/login")
    elif role == "stranger":
        signed_out = answer.status_code == 401 or answer.headers["Location"].startswith("/admin/login/?next=")
        assert signed_out
    else:
        assert answer.status_code == 403
    if not post:
        assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("name", sorted(POSTS))
def test_a_change_is_never_made_by_a_link(client, make_user, name: str, ids: dict[str, UUID]) -> None:
    client.force_login(make_user("ann", "Composer", "Sender admin"))
    whole = next(page for page in PAGES if page.partition(":")[2] == name)
    assert client.get(address(whole, ids)).status_code == 405


@pytest.mark.parametrize(
    "name",
    [page for page in PAGES if page.partition(":")[2] in POSTS | {"message-stop", "message-rest", "message-resend"}],
)
def test_a_change_without_a_token_of_the_page_is_refused(composer, name: str, ids: dict[str, UUID]) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(composer)
    assert strict.post(address(name, ids)).status_code == 403


@pytest.mark.parametrize("model", ADMIN)
@pytest.mark.parametrize(("browser", "role"), [(role, role) for role in ROLES], indirect=["browser"], ids=ROLES)
def test_an_admin_page_lets_in_whom_it_should(browser: Client, role: str, model: str, sender) -> None:
    for page, allowed in (("changelist", ADMIN[model][""]), ("add", ADMIN[model]["change"])):
        if (model, page) == ("media_asset", "add"):
            allowed = CHIEF
        wanted = 200 if role in allowed else 302 if role == "stranger" else 403
        assert browser.get(reverse(f"admin:{model}_{page}")).status_code == wanted


@pytest.mark.parametrize("row", ["1/x/", "1/1/", "99/%00/"])
def test_the_way_from_a_row_to_its_own_page_leads_nowhere(client, viewer, row: str) -> None:
    client.force_login(viewer)
    assert client.get(f"/admin/r/{row}").status_code == 404


def test_what_an_integration_reads_is_kept_by_nobody(client, issued_key) -> None:
    answer = client.get("/api/v1/messages", headers={"key": issued_key[1]})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_uploads_count_against_the_limit_of_a_key(client, issued_key, monkeypatch) -> None:
    monkeypatch.setattr("messaging.api.limits.BURST_SECONDS", 0)
    answer = client.post("/api/v1/media", headers={"key": issued_key[1]})
    assert answer.status_code == 429
    assert answer.headers["Content-Type"] == "application/problem+json"
