"""The buttons beside a finding about a file: each is clicked in a browser, and leaves a message that fits."""

import re
import sys
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from playwright.sync_api import expect

from media import renditions, uploads
from media.models import Asset
from messaging.content import Content, FallbackSms, Slide
from messaging.drafts import start_draft
from messaging.models import Draft
from tests.media.fitting import sources

sys.path.insert(0, str(Path(__file__).parents[1] / "media"))

from hostile_site import serve

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def site(settings, tmp_path: Path):
    default_storage.location = str(tmp_path / "media")
    server, _handler = serve()
    settings.ALLOW_PRIVATE_TARGETS = frozenset({f"127.0.0.1:{server.server_address[1]}"})
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def photos(site) -> dict[str, Asset]:
    kept = {
        "large": (sources.jpeg(1500, 1100), "Market.jpg"),
        "half": (sources.jpeg(950, 750), "Harbour.jpg"),
        "other": (sources.jpeg(950, 740), "Mill.jpg"),
        "webp": (sources.saved(sources.photo(320, 240), "WEBP", quality=90), "Roofs.webp"),
    }
    return {
        name: uploads.store(data, name=called, owner="user:1", alt="Tulips") for name, (data, called) in kept.items()
    }


def drafted(owner, sender, *media: dict[str, str], plan: dict[str, str] | None = None) -> Draft:
    typed = Content("Spring", "Offer", tuple(Slide("Look") for _medium in media), FallbackSms("Look")).to_json()
    for slide, medium in zip(typed["slides"], media, strict=True):
        slide["image"] = medium
    draft = start_draft(owner)
    Draft.objects.filter(pk=draft.pk).update(
        content=typed, sender=sender, recipients="+16475550142", version=2, plan=plan or {}
    )
    return draft


@pytest.fixture
def page(browser_page, sign_in, composer, sender):
    # What no account makes to fit by itself is a fault, and its button the way out.
    sender.account.options = {**sender.account.options, "fit_media": False}
    sender.account.save()
    browser_page.set_default_timeout(60_000)
    # Only the cookie is wanted, not an icon for a page that names none.
    browser_page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    sign_in(composer, "/healthz")
    expect.set_options(timeout=60_000)
    yield browser_page
    expect.set_options(timeout=5_000)


def opened(page, live_server, draft: Draft) -> None:
    page.goto(f"{live_server.url}/compose/?draft={draft.pk}", wait_until="domcontentloaded")


FITTED = [
    ("part_too_large", "shrink_media", ("large",)),
    ("message_too_large", "shrink_message", ("half", "other")),
    ("type_not_supported", "convert_media", ("webp",)),
]


def test_media_are_made_to_fit_by_clicking(page, live_server, composer, sender, photos):
    for code, action, names in FITTED:
        draft = drafted(composer, sender, *({"asset": str(photos[name].pk)} for name in names))
        opened(page, live_server, draft)
        page.locator(f'#checks li.err[data-code="{code}"] [data-action="{action}"]').first.click()
        dialog = page.locator("dialog#fitting")
        expect(dialog.locator("progress").first).to_be_visible()
        while renditions.work():
            pass
        dialog.get_by_role("button", name="Use these copies").click()
        expect(page.locator("#checks li.err")).to_have_count(0)


def test_a_description_a_copy_of_ours_and_sending_at_once(
    page, live_server, composer, sender, photos, site, complaints
):
    asset = photos["half"]
    Asset.objects.filter(pk=asset.pk).update(alt="", owner=f"user:{composer.pk}")
    moment = timezone.now().replace(year=2020)
    plan = {"when": "later", "local": f"{moment:%Y-%m-%dT%H:%M}", "zone": "America/Toronto"}
    caller = {"url": f"{site}/picture.png?token=1", "host": "caller"}
    draft = drafted(composer, sender, {"asset": str(asset.pk)}, caller, plan=plan)
    opened(page, live_server, draft)

    page.locator('[data-code="alt_missing"] [data-action="write_alt"]').first.click()
    page.locator("#describe input[name=alt]").fill("The harbour at noon")
    page.locator("#describe").get_by_role("button", name="Done").click()
    expect(page.locator('[data-code="alt_missing"]')).to_have_count(0)
    asset.refresh_from_db()
    assert asset.alt == "The harbour at noon"

    page.locator('[data-code="media_url_query"] [data-action="host_media"]').first.click()
    expect(page.locator(".mcard input").nth(1)).to_have_value(re.compile("^image:asset:"))
    expect(page.locator('[data-code="media_url_query"]')).to_have_count(0)

    page.locator('[data-code="schedule_past"] [data-action="clear_schedule"]').first.click()
    expect(page.locator("#when-now")).to_be_checked()
    expect(page.locator('[data-code="schedule_past"]')).to_have_count(0)
    draft.refresh_from_db()
    assert draft.plan.get("when", "now") == "now"
    assert page.locator("#checks li.err").count() == 0
    complaints.clear()
