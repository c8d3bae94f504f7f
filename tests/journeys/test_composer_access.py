"""The composer for everybody: no barrier in any of its states, a name for every control, the whole way by keyboard."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from media import renditions, uploads
from messaging.content import Content, FallbackSms, Slide
from messaging.models import Draft
from tests.media.fitting import sources

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SPOKEN = [
    'combobox "Sender"',
    'textbox "Recipients"',
    'textbox "Subject"',
    'heading "Slide 1" [level=3]',
    'textbox "Text of this slide"',
    'button "Move slide down" [disabled]',
    'checkbox "Send a fallback SMS" [checked]',
    'textbox "Fallback text"',
    'region "Handset preview"',
    'button "Play slides"',
    'button "Send to 1"',
]
NARROW = {"width": 390, "height": 844, "dark": True}


UNNAMED = re.compile(r"^\s*- (button|link|textbox|combobox|checkbox|radio|slider|spinbutton)(?! \")", re.MULTILINE)


def faults(page) -> list[str]:
    """Everything that axe finds, of any level, with the first place of each."""
    # A fade that is under way has other colours than those that are read in the end.
    page.wait_for_timeout(250)
    found = Axe().run(page).response["violations"]
    return [
        f"{one['impact']} {one['id']}: {one['nodes'][0]['target']} {one['nodes'][0]['html'][:160]}" for one in found
    ]


def heard(page) -> str:
    """The accessibility tree of the composer, as a screen reader walks it."""
    tree = page.locator("#composer").aria_snapshot()
    assert not UNNAMED.search(tree), tree
    return tree


@pytest.mark.parametrize("browser_page", [{}, NARROW], indirect=True, ids=["wide", "narrow dark"])
def test_no_state_of_the_composer_has_a_barrier(browser_page, sign_in, composer, sender) -> None:
    page, found = browser_page, {}
    page.set_default_timeout(30_000)
    sign_in(composer, "/compose/")
    found["empty"] = faults(page)
    page.select_option("#f-sender", str(sender.pk))
    page.fill("#f-recipients", "12 nobody\n+16475550142")
    page.fill("#f-subject", "Offer " * 20)
    page.fill("#f-fallback", "“Tulips” from 4.90 …")
    page.focus("#f-subject")
    expect(page.locator("#checks li.err").first).to_be_visible()
    found["errors"] = faults(page)
    page.click("[data-view=sms]")
    found["fallback preview"] = faults(page)
    page.click("[data-open=history]")
    found["history"] = faults(page)
    page.keyboard.press("Escape")
    assert {state: barriers for state, barriers in found.items() if barriers} == {}


@pytest.mark.parametrize("browser_page", [{}, NARROW], indirect=True, ids=["wide", "narrow dark"])
def test_no_dialog_before_sending_has_a_barrier(browser_page, sign_in, composer, sender) -> None:
    page, found = browser_page, {}
    content = Content("Spring", "Offer", (Slide("Hi $(name)"),), FallbackSms("Tulips from 4.90"))
    draft = Draft.objects.create(
        owner=composer, sender=sender, content=content.to_json(), recipients="+16475550142 name=Ann", version=2
    )
    page.set_default_timeout(30_000)
    sign_in(composer, f"/compose/?draft={draft.pk}")
    expect(page.locator("#summary")).to_contain_text("Ready")
    tree = heard(page)
    assert [line for line in SPOKEN if line not in tree] == [], tree
    found["preview"] = faults(page)
    page.click("#send")
    expect(page.locator("#confirm")).to_be_visible()
    found["confirm"] = faults(page)
    page.keyboard.press("Escape")
    assert {state: barriers for state, barriers in found.items() if barriers} == {}


PEOPLE = {"name": "p.csv", "mimeType": "text/csv", "buffer": b"Mobile,Name\n+16475550143,Bo\n12,Cy\n"}


@pytest.fixture
def picture_draft(composer, sender, settings, tmp_path) -> Draft:
    """A picture that has to be made to fit, to one person."""
    place = {"location": tmp_path / "media"}
    settings.STORAGES = settings.STORAGES | {"default": settings.STORAGES["default"] | {"OPTIONS": place}}
    photo = sources.saved(sources.photo(320, 240), "WEBP", quality=90)
    asset = uploads.store(photo, name="Harbour.webp", owner="user:1")
    content = Content("Harbour", "Offer", (Slide("Look"),), FallbackSms("Look")).to_json()
    content["slides"][0]["image"] = {"asset": str(asset.pk)}
    return Draft.objects.create(owner=composer, sender=sender, content=content, recipients="+16475550142", version=2)


@pytest.mark.parametrize("browser_page", [NARROW], indirect=True, ids=["narrow dark"])
def test_no_dialog_of_the_composer_has_a_barrier(browser_page, sign_in, composer, picture_draft, complaints) -> None:
    page, found = browser_page, {}
    page.set_default_timeout(30_000)
    sign_in(composer, f"/compose/?draft={picture_draft.pk}")
    for name in ("shortcuts", "trial", "template-dialog", "discard", "kept-dialog"):
        page.evaluate("name => openDialog(document.getElementById(name))", name)
        page.wait_for_load_state("networkidle")
        found[name] = faults(page)
        page.keyboard.press("Escape")
    page.locator("[data-code=media_will_be_fitted] button").click()
    expect(page.locator("#fitting progress")).to_be_visible()
    found["being fitted"] = faults(page)
    assert renditions.work()
    expect(page.locator("#fitting .slider")).to_be_visible()
    found["fitted"] = faults(page)
    page.keyboard.press("Escape")
    with page.expect_file_chooser() as chooser:
        page.click("[data-choose-list]")
    chooser.value.set_files([PEOPLE])
    expect(page.locator("#list-counts")).to_contain_text("1 to mend")
    found["import with a bad row"] = faults(page)
    page.keyboard.press("Escape")
    page.check("#when-later")
    page.click("#plan-more summary")
    page.check("#canary-on")
    expect(page.locator("#f-canary")).to_be_visible()
    found["plan"] = faults(page)
    Draft.objects.filter(pk=picture_draft.pk).update(
        version=99, page="another", content={**picture_draft.content, "subject": "Theirs"}
    )
    page.fill("#f-subject", "Written in two tabs")
    expect(page.locator("#trouble")).to_contain_text("changed in another tab")
    found["conflict"] = faults(page)
    page.click("text=Show the difference")
    expect(page.locator("#difference table")).to_be_visible()
    found["difference"] = faults(page)
    complaints.clear()
    assert {state: barriers for state, barriers in found.items() if barriers} == {}
