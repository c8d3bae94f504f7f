"""A file that no sender takes is made to fit before one's eyes, compared and used, in a real browser."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from media import renditions, uploads
from media.models import Rendition
from messaging.content import Content, FallbackSms, Slide
from messaging.drafts import start_draft
from messaging.models import Draft
from tests.media.fitting import sources

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def draft(composer, sender, settings, tmp_path) -> Draft:
    place = {"location": tmp_path / "media"}
    settings.STORAGES = settings.STORAGES | {"default": settings.STORAGES["default"] | {"OPTIONS": place}}
    photo = uploads.store(
        sources.saved(sources.photo(640, 480), "WEBP", quality=90), name="Harbour.webp", owner="user:1"
    )
    typed = Content(slides=(Slide("Look"),), fallback=FallbackSms("Look")).to_json()
    typed["slides"][0]["image"] = {"asset": str(photo.pk)}
    draft = start_draft(composer)
    Draft.objects.filter(pk=draft.pk).update(content=typed, sender=sender, recipients="+16475550142", version=2)
    return draft


def test_a_photo_is_made_to_fit_compared_and_used(browser_page, sign_in, composer, draft):
    page = browser_page
    page.set_default_timeout(60_000)
    sign_in(composer, f"/compose/?draft={draft.pk}")

    page.locator("[data-code=media_will_be_fitted] button").click()
    dialog = page.locator("dialog#fitting")
    expect(dialog.locator("progress")).to_be_visible()
    assert renditions.work()
    expect(dialog.locator(".slider")).to_be_visible()
    expect(dialog).to_contain_text("Quality")

    slider = dialog.locator("[data-slider] input")
    slider.press("Home")
    assert "0%" in slider.evaluate("input => input.parentElement.style.getPropertyValue('--at')")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert dialog.evaluate("box => box.scrollWidth <= box.clientWidth")
    found = Axe().run(page, context="dialog#fitting")
    assert found.violations_count == 0, found.generate_report()

    dialog.get_by_role("button", name="Use these copies").click()
    expect(dialog).not_to_be_visible()

    expect(page.locator("[data-code=media_will_be_fitted]")).to_have_count(0)
    expect(page.locator("#saved")).to_contain_text("saved")
    draft.refresh_from_db()
    copy = str(Rendition.objects.get().pk)
    assert draft.content["slides"][0]["image"]["rendition"] == copy

    # The copy is still used after undoing the removal of its slide, and when the page is opened anew.
    page.locator("[data-add-slide]").click()
    page.locator("[data-remove]").first.click()
    page.locator("[data-undo]").click()
    expect(page.locator(".mcard input")).to_have_value(re.compile(f":{copy}$"))
    page.locator("[data-undo]").click()
    # After 400 ms it is kept in the browser, until the server has it.
    page.wait_for_timeout(500)
    page.wait_for_function("() => !Object.keys(localStorage).some((name) => name.startsWith('mms-draft:'))")
    page.reload()
    expect(page.locator(".mcard input")).to_have_value(re.compile(f":{copy}$"))
    expect(page.locator("#notice")).not_to_be_visible()
