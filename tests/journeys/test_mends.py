"""What is wrong with a message is put right by one click, in a real browser."""

from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from media.models import Asset
from messaging.content import Content, Slide
from messaging.gateway import registry
from messaging.models import Draft, ProviderAccount, Sender
from messaging.web.compose_mends import as_typed
from messaging.web.composer_form import field_of, slide_keys
from tests.messaging.defects import DEFECTS, GOOD, Defect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PIXEL = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'


@pytest.fixture
def senders(db) -> dict[tuple[str, str], Sender]:
    """A short code at each provider, and two senders that would not do."""
    accounts = {
        name: ProviderAccount.objects.create(
            name=f"{name} US", provider=name, base_url="http://127.0.0.1:9", options={"fit_media": False}
        )
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
    # Only the cookie is wanted: nothing is drawn for this address.
    sign_in(composer, "/m/no/thing")
    browser_page.set_default_timeout(20_000)
    return browser_page


CLICKED = list({(one.code, one.click): one for one in DEFECTS}.values())
PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_every_fault_is_shown_at_its_place_and_mended_by_a_click(page, live_server, composer, senders, part):
    left = {}
    for defect in CLICKED[part::PARTS]:
        draft = drafted(defect, composer, senders)
        page.goto(f"{live_server.url}/compose/?draft={draft.pk}", wait_until="domcontentloaded")
        place = field_of(defect.pointer, slide_keys(len(defect.content.slides)))
        line = page.locator(f'#checks li.err[data-code="{defect.code}"][data-field="{place}"]').first
        expect(line, str(defect)).to_be_visible()
        if defect.click and not defect.click.startswith("shrink"):
            line.locator(f'[data-action="{defect.click}"]').first.click()
            page.wait_for_function("document.getElementById('moved').textContent.startsWith('Done')")
            # While htmx settles, a line still wears the class of the one before it.
            page.wait_for_timeout(50)
            faults = page.locator("#checks li.err").all_inner_texts()
            lost = page.evaluate("document.activeElement === document.body")
            left |= {str(defect): faults or "the focus is lost"} if faults or lost else {}
    assert left == {}


@pytest.fixture
def writing(page, live_server, composer, senders):
    """A page on a message with two slides that nothing speaks against."""
    content = replace(GOOD, slides=(Slide("First"), Slide("Second")))
    draft = drafted(Defect("webex", "", "", "", content), composer, senders)
    page.goto(f"{live_server.url}/compose/?draft={draft.pk}", wait_until="load")
    return page


def saved_subject() -> str:
    return str(Draft.objects.exclude(recipients="").get().content["subject"])


def test_answers_that_are_late_or_lost_change_nothing_that_is_newer(writing, complaints):
    page, held = writing, []
    # The first answer is held back while more is typed.
    page.route("**/compose/check/", lambda route: held.append(route) if not held else route.continue_())
    page.fill("#f-subject", "Older")
    page.wait_for_function("() => document.querySelector('#composer').classList.contains('htmx-request')")
    page.fill("#f-subject", "Newer!")
    page.focus(".slide >> nth=1 >> textarea")
    page.keyboard.type("Typed meanwhile. ")
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    expect(page.locator("#subject-count")).to_contain_text("6 of 80")
    assert page.input_value("#f-subject") == "Newer!"
    assert "Typed meanwhile" in page.input_value(".slide >> nth=1 >> textarea")
    page.wait_for_function("() => !document.querySelector('#composer').classList.contains('htmx-request')")
    assert saved_subject() == "Newer!"

    # An answer that never comes is given up; the server has saved, and does not take this page for another one.
    page.unroute("**/compose/check/")
    lost = []
    page.route("**/compose/check/", lambda route: lost.append(route.fetch()) if not lost else route.continue_())
    page.evaluate("""document.getElementById("composer").setAttribute("hx-request", '{"timeout": 700}')""")
    page.fill("#f-subject", "Lost answer")
    expect(page.locator("#saved")).to_contain_text("Not saved")
    page.fill("#f-subject", "After it")
    expect(page.locator("#saved")).not_to_contain_text("Not saved")
    assert page.locator("#trouble .banner").count() == 0
    assert saved_subject() == "After it"
    complaints.clear()


def test_a_mend_leaves_what_is_typed_while_it_is_at_work(writing):
    page, held = writing, []
    page.fill("#f-subject", "Tulips " * 13)
    page.locator('[data-action="shorten"]').wait_for()
    page.route("**/compose/mend/", lambda route: held.append(route))
    page.locator('[data-action="shorten"]').click()
    page.focus("#f-fallback")
    page.keyboard.type("Typed meanwhile. ")
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()

    page.wait_for_function("document.getElementById('moved').textContent.startsWith('Done')")
    assert len(page.input_value("#f-subject")) <= 80
    assert "Typed meanwhile" in page.input_value("#f-fallback")
    expect(page.locator("#summary")).not_to_contain_text("to fix")


@pytest.mark.parametrize("browser_page", [{"width": 390, "dark": True}, {"width": 1440}], indirect=True)
def test_the_strip_and_the_buttons_stand_in_nobodys_way(writing):
    page = writing
    page.fill("#f-subject", "Tulips " * 13)
    page.locator('[data-action="shorten"]').wait_for()
    options = page.locator("#f-sender option").all_inner_texts()

    assert page.locator("#fits li").count() == 4
    assert any("Telesign" not in option and "does not fit" in option for option in options)
    faults = Axe().run(page).response["violations"]
    assert [f"{fault['id']}: {fault['nodes'][0]['target']}" for fault in faults] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
