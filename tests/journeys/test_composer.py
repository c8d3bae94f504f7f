"""The composer, driven in a real browser."""

import io
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import expect

from messaging.content import Content, FallbackSms, Slide
from messaging.models import Draft, Message, Transaction

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(autouse=True)
def _files_of_its_own(settings, tmp_path) -> None:
    if "s3" not in settings.STORAGES["default"]["BACKEND"]:
        place = {"location": tmp_path / "media"}
        settings.STORAGES = settings.STORAGES | {"default": settings.STORAGES["default"] | {"OPTIONS": place}}


@pytest.fixture
def picture() -> dict[str, object]:
    buffer = io.BytesIO()
    Image.new("RGB", (320, 240), "teal").save(buffer, "JPEG")
    return {"name": "tulips.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


@pytest.fixture
def composing(browser_page, sign_in, composer, sender):
    """A page with a message that nothing speaks against."""
    slide = Slide("Hi $(name), tulips from 4.90")
    content = Content("Spring", "Offer for $(name)", (slide,), FallbackSms("Tulips from 4.90"))
    people = "(647) 555-0142 name=Ann\n+16475550143 name=Bo"
    draft = Draft.objects.create(owner=composer, sender=sender, content=content.to_json(), recipients=people, version=2)
    sign_in(composer, f"/compose/?draft={draft.pk}")
    expect(browser_page.locator("#summary")).to_have_text("Ready")
    return browser_page


def add_slide(page, text: str) -> None:
    page.click("[data-add-slide]")
    page.keyboard.type(text)


def texts(page) -> list[str]:
    return [field.input_value() for field in page.locator("#slides textarea").all()]


def serious_faults(page) -> list[str]:
    violations = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    return [
        f"{violation['id']}: {violation['nodes'][0]['target']}"
        for violation in violations
        if violation["impact"] in {"serious", "critical"}
    ]


def test_typing_keeps_the_caret_and_saves_itself(composing):
    field = composing.locator(".slide textarea")
    field.press("Home")
    field.press_sequentially("Dear $(name): ", delay=60)

    expect(composing.locator("#preview")).to_contain_text("Dear")
    assert composing.evaluate("document.activeElement.selectionStart") == len("Dear $(name): ")
    composing.wait_for_timeout(600)
    assert Draft.objects.get().content["slides"][0]["text"].startswith("Dear $(name)")


def test_the_preview_reads_as_each_recipient(composing):
    expect(composing.locator("#preview figcaption")).to_contain_text("Hi Ann")
    composing.select_option("#as", "2")

    expect(composing.locator("#preview figcaption")).to_contain_text("Hi Bo")


def test_a_picture_is_uploaded_shown_and_taken_off_again(composing, picture):
    with composing.expect_file_chooser() as chooser:
        composing.click("[data-upload-kind] >> nth=0")
    chooser.value.set_files([picture])

    expect(composing.locator(".slide .mcard")).to_contain_text("tulips.jpg")
    expect(composing.locator("#preview .vis img")).to_have_js_property("naturalWidth", 320)
    composing.click(".mcard [data-drop]")
    expect(composing.locator("#preview .vis")).to_have_count(0)


def test_a_disguised_file_is_refused_with_its_reason(composing, complaints):
    with composing.expect_file_chooser() as chooser:
        composing.click("[data-upload-kind] >> nth=0")
    chooser.value.set_files([{"name": "cat.jpg", "mimeType": "image/jpeg", "buffer": b"<html>not a cat</html>"}])

    expect(composing.locator(".refusals .err")).to_contain_text("cat.jpg")
    # Chromium logs the 422 itself.
    complaints.clear()


def test_slides_are_reordered_by_keyboard_with_the_focus_kept(composing):
    add_slide(composing, "Second")
    up = composing.locator(".slide >> nth=1").locator('[data-move="-1"]')
    up.focus()
    composing.keyboard.press("Enter")

    assert texts(composing) == ["Second", "Hi $(name), tulips from 4.90"]
    assert composing.evaluate("document.activeElement.dataset.move") == "-1"
    expect(composing.locator("#moved")).to_have_text("Moved to place 1 of 2.")
    expect(composing.locator("#preview figure >> nth=0")).to_contain_text("Second")


def test_slides_are_reordered_by_dragging_with_one_check(composing):
    add_slide(composing, "Second")
    composing.wait_for_timeout(800)
    checks: list[str] = []
    composing.on("request", lambda request: checks.append(request.url) if "/check/" in request.url else None)
    grip = composing.locator(".grip >> nth=0").bounding_box()
    other = composing.locator(".slide >> nth=1").bounding_box()

    composing.mouse.move(grip["x"] + 5, grip["y"] + 8)
    composing.mouse.down()
    composing.mouse.move(grip["x"] + 5, other["y"] + other["height"] - 40, steps=15)
    composing.mouse.up()

    expect(composing.locator("#preview figure >> nth=0")).to_contain_text("Second")
    assert texts(composing)[0] == "Second"
    assert len(checks) == 1


def test_a_finding_leads_to_its_field_and_goes_when_mended(composing):
    composing.click("[data-add-slide]")
    composing.locator("#checks a", has_text="Slide 2 is empty").click()

    assert "slide" in composing.evaluate("document.activeElement.className")
    composing.locator(".slide >> nth=1").locator("textarea").fill("Not any more")
    expect(composing.locator("#checks")).to_contain_text("Nothing to fix")


def test_an_empty_page_says_how_to_begin_until_something_is_typed(browser_page, sign_in, composer, sender):
    page = browser_page
    sign_in(composer, "/compose/")
    expect(page.locator("#summary")).to_have_text("How to begin")
    expect(page.locator(".err:visible, .warn:visible")).to_have_count(0)
    expect(page.locator("#checks")).to_be_hidden()
    page.locator("#to-begin a", has_text="Add the numbers").click()

    assert page.evaluate("document.activeElement.id") == "f-recipients"
    page.keyboard.press("F8")
    assert page.evaluate("document.activeElement.id") == "text-s1"
    page.keyboard.type("Tulips")
    expect(page.locator("#summary")).to_have_text(re.compile("3 to fix"))
    expect(page.locator("#checks")).to_contain_text("Nobody to send to")
    expect(page.locator("#to-begin")).to_be_hidden()


def test_numbers_are_listed_in_their_normal_form_and_tidied_on_request(composing):
    composing.fill("#f-recipients", "(647) 555-0142, nobody")

    expect(composing.locator("#recipient-list")).to_contain_text("+16475550142")
    expect(composing.locator("#recipient-count")).to_contain_text("1 to fix")
    assert composing.input_value("#f-recipients") == "(647) 555-0142, nobody"
    composing.click("[data-tidy]")
    assert composing.input_value("#f-recipients") == "+16475550142\nnobody"


def test_the_player_keeps_to_the_seconds_of_each_slide(composing):
    composing.select_option(".slide select", "1")
    add_slide(composing, "Second")
    expect(composing.locator("#preview figure")).to_have_count(2)
    composing.click('[data-go="0"]')
    composing.click("[data-play]")

    expect(composing.locator('#preview [data-go="1"]')).to_have_attribute("aria-current", "true", timeout=3000)


def test_a_second_tab_is_told_and_may_keep_its_own(composing, complaints):
    other = composing.context.new_page()
    other.goto(composing.url, wait_until="networkidle")
    other.fill("#f-subject", "From the other tab")
    expect(other.locator("#subject-count")).to_have_text("18 of 80, 40 advised")

    composing.fill("#f-subject", "From this tab")
    expect(composing.locator("#trouble")).to_contain_text("changed in another tab")
    assert Draft.objects.get().content["subject"] == "From the other tab"
    composing.click("[data-overwrite]")
    expect(composing.locator("#trouble")).to_be_empty()
    assert Draft.objects.get().content["subject"] == "From this tab"
    # Chromium logs the 409 itself.
    complaints.clear()


def test_a_server_that_is_gone_is_said_and_work_is_saved_when_it_is_back(composing, complaints):
    composing.route("**/compose/check/", lambda route: route.abort())
    composing.fill("#f-subject", "Typed while offline")
    expect(composing.locator("#saved")).to_contain_text("Not saved")
    composing.unroute("**/compose/check/")
    composing.type("#f-subject", "!")
    expect(composing.locator("#saved")).to_contain_text("saved at")

    assert Draft.objects.get().content["subject"].endswith("!")
    # Chromium logs the refused connection itself.
    complaints.clear()


def test_sending_is_confirmed_and_done_once(composing):
    composing.click("#send")
    expect(composing.locator("#confirm")).to_contain_text("Send to 2 people?")
    expect(composing.locator("#confirm blockquote")).to_contain_text("Hi Ann")
    composing.locator("#confirm button.primary").dblclick()
    composing.wait_for_url(re.compile("/messages/"))
    composing.go_back()
    composing.wait_for_url(re.compile("/messages/"))

    assert Message.objects.count() == 1
    assert Transaction.objects.count() == 2


SIZES = [
    {"width": 1440, "dark": False},
    {"width": 1440, "dark": True},
    {"width": 390, "height": 844, "dark": False},
    {"width": 390, "height": 844, "dark": True},
]


@pytest.mark.parametrize("browser_page", SIZES, indirect=True, ids=["wide", "wide dark", "narrow", "narrow dark"])
def test_nothing_serious_stands_in_anybodys_way(composing):
    assert serious_faults(composing) == []
    assert composing.evaluate("document.documentElement.scrollWidth <= innerWidth")
    composing.click("#send")
    expect(composing.locator("#confirm")).to_be_visible()
    assert serious_faults(composing) == []
    composing.keyboard.press("Escape")
    composing.click("[data-open=template-dialog]")
    expect(composing.locator("#template-name")).to_have_value(composing.input_value("#f-name"))
    composing.fill("#template-name", "Spring offer")
    composing.click("[data-want=template]")
    expect(composing.locator("#notice")).to_contain_text("Saved as “Spring offer”")
    expect(composing.locator("#template-dialog")).to_be_hidden()
    composing.goto(composing.url.split("/compose/")[0] + "/templates/", wait_until="networkidle")
    expect(composing.locator(".template")).to_contain_text("Spring offer")
    assert serious_faults(composing) == []


@pytest.mark.parametrize("browser_page", [{"width": 390}, {"width": 320}], indirect=True, ids=["390", "320"])
def test_long_words_of_another_language_fit_a_phone_too(composing):
    composing.set_extra_http_headers({"Accept-Language": "fr"})
    composing.reload(wait_until="networkidle")

    expect(composing.locator("#summary")).to_have_text("Prêt")
    composing.fill("#f-recipients", "1, 2, 3, 4")
    expect(composing.locator("#summary")).to_contain_text("à corriger")
    beyond = """[...document.querySelectorAll(".composer *")].filter((one) => {
      const { width, right } = one.getBoundingClientRect();
      return width > 1 && right > innerWidth;
    }).map((one) => one.outerHTML.slice(0, 120))"""
    assert composing.evaluate(beyond) == []
    assert composing.evaluate("document.documentElement.scrollWidth <= innerWidth")
