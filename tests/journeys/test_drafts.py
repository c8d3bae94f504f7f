"""Work in progress, in a real browser: nothing typed is lost, whatever happens to the page, the line or another tab."""

import pytest
from playwright.sync_api import expect

from messaging.drafts import start_draft
from messaging.models import Draft, DraftVersion

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def draft(composer, sender) -> Draft:
    draft = start_draft(composer)
    slides = [{"text": text, "duration": 5} for text in ("One", "Two")]
    Draft.objects.filter(pk=draft.pk).update(
        version=2, content={**draft.content, "subject": "Spring", "slides": slides}
    )
    return Draft.objects.get()


@pytest.fixture
def page(browser_page, sign_in, composer, draft):
    browser_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(composer, f"/compose/?draft={draft.pk}")
    return browser_page


def texts(page) -> list[str]:
    return [field.input_value() for field in page.locator("#slides textarea").all()]


def saved_texts() -> list[str]:
    return [slide["text"] for slide in Draft.objects.get().content["slides"]]


def blocked(page) -> None:
    """From now on nothing is saved."""
    page.route("**/compose/check/", lambda route: route.abort())


def test_what_was_typed_comes_back_after_a_reload_and_after_a_crash(page, complaints):
    blocked(page)
    page.locator("#slides textarea").nth(0).press_sequentially("!")
    page.reload(wait_until="networkidle")
    expect(page.locator("#notice")).to_be_visible()
    assert texts(page) == ["!One", "Two"]
    page.locator("#slides textarea").nth(1).press_sequentially("?")
    page.wait_for_timeout(600)
    # Nothing of the page may run any more: no farewell, no last save.
    page.evaluate("addEventListener('pagehide', (event) => event.stopImmediatePropagation(), true)")
    address, again = page.url, page.context.new_page()
    page.close()

    again.goto(address, wait_until="networkidle")
    expect(again.locator("#saved")).to_contain_text("saved at")
    assert texts(again) == ["!One", "?Two"]
    expect(again.locator("#notice")).to_be_visible()
    again.reload(wait_until="networkidle")
    expect(again.locator("#notice")).to_be_hidden()
    assert saved_texts() == ["!One", "?Two"]
    complaints.clear()


def test_a_minute_offline_is_said_and_costs_nothing(page, complaints):
    page.clock.install()
    page.reload(wait_until="load")
    page.context.set_offline(True)
    page.fill("#f-subject", "Typed offline")
    page.clock.run_for(30_000)
    page.click("[data-add-slide]")
    page.keyboard.type("Three")
    page.clock.run_for(30_000)
    expect(page.locator("#saved")).to_contain_text("Offline. Kept in this browser")
    page.context.set_offline(False)

    expect(page.locator("#saved")).to_contain_text("saved at")
    assert Draft.objects.get().content["subject"] == "Typed offline"
    assert saved_texts() == ["One", "Two", "Three"]
    complaints.clear()


def test_work_left_behind_meets_what_was_saved_since_as_two_tabs_do(page, draft, complaints):
    blocked(page)
    page.fill("#f-subject", "Left behind")
    page.wait_for_timeout(600)
    Draft.objects.filter(pk=draft.pk).update(version=3, content={**draft.content, "subject": "Saved elsewhere"})
    page.unroute_all()
    page.reload(wait_until="networkidle")

    expect(page.locator("#trouble")).to_contain_text("changed in another tab")
    page.click("text=Show the difference")
    expect(page.locator("#difference tbody tr")).to_have_text("SubjectLeft behindSaved elsewhere")
    page.locator("#difference [data-close]").click()
    page.click("[data-take-theirs]")
    expect(page.locator("#f-subject")).to_have_value("Saved elsewhere")
    expect(page.locator("#trouble")).to_be_empty()
    assert "Left behind" in [row.state["content"]["subject"] for row in DraftVersion.objects.all()]
    page.click("[data-open=history]")
    page.click("#history-body li:has-text('Subject') button >> nth=0")
    expect(page.locator("#history-body")).to_contain_text("Left behind")
    page.click("text=Restore this version")
    expect(page.locator("#f-subject")).to_have_value("Left behind")
    complaints.clear()


def test_steps_are_undone_and_done_again_without_what_was_typed_since(page):
    page.locator("[data-remove]").nth(0).click()
    assert texts(page) == ["Two"]
    page.locator("#slides textarea").nth(0).fill("Two and more")
    page.focus("[data-add-slide]")
    page.keyboard.press("Control+z")
    assert texts(page) == ["One", "Two and more"]
    page.keyboard.press("Control+Shift+z")
    assert texts(page) == ["Two and more"]
    page.click("[data-undo]")
    page.locator("[data-move='-1']").nth(1).click()
    assert texts(page) == ["Two and more", "One"]
    page.click("[data-undo]")
    assert texts(page) == ["One", "Two and more"]
    expect(page.locator("[data-undo]")).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#saved")).to_contain_text("saved at")
    page.wait_for_timeout(800)
    assert saved_texts() == ["One", "Two and more"]


def test_a_text_field_undoes_its_own_typing_first(page):
    page.click("[data-add-slide]")
    page.keyboard.type("Three")
    page.keyboard.press("Control+z")

    assert len(texts(page)) == 3
    assert texts(page)[2] != "Three"


def test_one_drag_is_one_step(page):
    grip = page.locator(".grip").nth(0).bounding_box()
    other = page.locator(".slide").nth(1).bounding_box()
    page.mouse.move(grip["x"] + 5, grip["y"] + 8)
    page.mouse.down()
    page.mouse.move(grip["x"] + 5, other["y"] + other["height"] - 40, steps=15)
    page.mouse.up()
    expect(page.locator("#preview figure >> nth=0")).to_contain_text("Two")
    page.click("[data-undo]")

    assert texts(page) == ["One", "Two"]
    expect(page.locator("[data-undo]")).to_have_attribute("aria-disabled", "true")


def test_a_slide_is_carried_to_another_draft(page, composer, live_server):
    page.locator("[data-clip]").nth(1).click()
    other = start_draft(composer)
    page.goto(f"{live_server.url}/compose/?draft={other.pk}", wait_until="networkidle")
    page.click("[data-paste]")
    assert texts(page) == ["", "Two"]
    page.focus("[data-add-slide]")
    page.keyboard.press("Control+v")
    assert texts(page) == ["", "Two", "Two"]
    page.locator(".slide").nth(0).focus()
    page.evaluate("navigator.clipboard.writeText('A text from elsewhere')")
    page.keyboard.press("Control+v")
    assert texts(page) == ["", "A text from elsewhere", "Two", "Two"]
    page.wait_for_timeout(800)

    assert [slide["text"] for slide in Draft.objects.get(pk=other.pk).content["slides"]] == texts(page)
