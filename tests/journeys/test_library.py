"""The media library by mouse and keyboard: one file in its dialog, tagged, replaced, archived."""

from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from PIL import Image

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: no browser tests")
from playwright.sync_api import expect

from media import uploads
from media.models import Asset

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _files_here(tmp_path: Path) -> None:
    default_storage.location = str(tmp_path / "media")


def picture(colour: str) -> bytes:
    file = BytesIO()
    Image.new("RGB", (120, 80), colour).save(file, "PNG")
    return file.getvalue()


def test_a_file_is_tagged_replaced_and_archived_in_its_dialog(browser_page, sign_in, composer):
    old = uploads.store(picture("teal"), name="offer.png", owner=f"user:{composer.pk}")
    sign_in(composer, "/media/")
    card = browser_page.locator(f"#asset-{old.pk}")
    card.get_by_role("link", name="Details of offer.png").focus()
    browser_page.keyboard.press("Enter")
    dialog = browser_page.get_by_role("dialog", name="offer.png")
    expect(dialog).to_contain_text("nothing at present")

    dialog.get_by_label("New tag").fill("Spring")
    browser_page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Take off the tag spring")).to_be_visible()

    new = {"name": "better.png", "mimeType": "image/png", "buffer": picture("coral")}
    dialog.get_by_label("Replace").set_input_files(new)
    # It is inspected in a process of its own, which takes a while on a busy machine.
    expect(dialog.get_by_role("link", name="in the place of an earlier one")).to_be_visible(timeout=20_000)
    expect(dialog.get_by_role("button", name="Take off the tag spring")).to_be_visible()
    successor = Asset.objects.usable().get()
    assert (successor.name, successor.replaces_id) == ("offer.png", old.pk)

    browser_page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(browser_page.locator("#assets > .asset")).to_have_count(1)
    browser_page.get_by_label("Archive", exact=True).check()
    expect(browser_page.locator(f"#asset-{old.pk}")).to_be_visible()
    expect(browser_page.locator(f"#asset-{successor.pk}")).to_have_count(0)


def test_a_picture_is_pasted(browser_page, sign_in, composer):
    sign_in(composer, "/media/")
    browser_page.evaluate(
        """async () => {
          const canvas = new OffscreenCanvas(40, 30);
          canvas.getContext("2d").fillRect(0, 0, 40, 30);
          const file = new File([await canvas.convertToBlob()], "image.png", { type: "image/png" });
          const held = new DataTransfer();
          held.items.add(file);
          document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: held, bubbles: true }));
        }"""
    )
    expect(browser_page.locator("#assets > .asset")).to_have_count(1)
    expect(browser_page.locator("#assets > .asset b")).to_have_text("image.png")
