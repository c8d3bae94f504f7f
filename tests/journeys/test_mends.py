"""What is wrong with a message is put right by one click, in a real browser."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from media.models import Asset
from messaging.content import Content
from messaging.gateway import registry
from messaging.models import Draft, ProviderAccount, Sender
from messaging.web.compose_mends import as_typed
from tests.messaging.defects import DEFECTS, Defect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PIXEL = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'


@pytest.fixture
def senders(db) -> dict[tuple[str, str], Sender]:
    """A short code at each provider, and two senders that would not do."""
    accounts = {
        name: ProviderAccount.objects.create(name=f"{name} US", provider=name, base_url="http://127.0.0.1:9")
        for name in registry.names()
    }
    wanted = [*((name, "34343", {}) for name in accounts), ("webex", "99999", {"mms_enabled": False})]
    wanted.append(("telesign", "+14165550100", {"kind": "10dlc"}))
    return {
        (name, address): Sender.objects.create(
            **{"address": address, "kind": "short_code", "account": accounts[name], "country": "US", **more}
        )
        for name, address, more in wanted
    }


def stored(content: Content) -> Content:
    """The content with a file of the library for each of its media."""
    slides = []
    for slide in content.slides:
        parts = [replace(part, asset=str(asset(part).pk)) if part.asset else part for part in slide.parts]
        slides.append(replace(slide, parts=tuple(parts)))
    return replace(content, slides=tuple(slides))


def asset(part) -> Asset:
    return Asset.objects.create(
        kind=part.kind,
        mime_type=part.mime_type,
        size=part.size,
        name=f"tulips.{part.kind}",
        alt=part.alt,
        sha256="0" * 64,
        storage_key="00/tulips",
        owner="user:1",
    )


def drafted(defect: Defect, owner, senders) -> Draft:
    return Draft.objects.create(
        owner=owner,
        sender=senders.get((defect.provider, defect.sender)),
        content=as_typed(stored(defect.content)),
        recipients=defect.recipients,
        substitutions=dict(defect.values),
        version=2,
    )


@pytest.fixture
def page(browser_page, sign_in, composer, live_server, senders):
    browser_page.route("**/m/*/*", lambda route: route.fulfill(body=PIXEL, content_type="image/svg+xml"))
    sign_in(composer, "/compose/")
    return browser_page


def test_every_fault_is_shown_at_its_place_and_mended_by_a_click(page, live_server, composer, senders):
    left = {}
    for defect in {(one.code, one.click): one for one in DEFECTS}.values():
        draft = drafted(defect, composer, senders)
        page.goto(f"{live_server.url}/compose/?draft={draft.pk}", wait_until="domcontentloaded")
        line = page.locator(f'#checks li.err[data-code="{defect.code}"]').first
        expect(line, str(defect)).to_be_visible()
        if defect.click and not defect.click.startswith("shrink"):
            line.locator(f'[data-action="{defect.click}"]').first.click()
            page.wait_for_function("document.getElementById('moved').textContent.startsWith('Done')")
            faults = page.locator("#checks li.err").all_inner_texts()
            lost = page.evaluate("document.activeElement === document.body")
            left |= {str(defect): faults or "the focus is lost"} if faults or lost else {}
    assert left == {}
