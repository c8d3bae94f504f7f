"""Making a draft's media fit from the composer, by Django's client."""

import pytest
from django.urls import reverse

from media import renditions, uploads
from media.models import Asset, Rendition
from messaging.composing import resolve
from messaging.content import Content, FallbackSms, Part, Slide
from messaging.drafts import start_draft
from messaging.models import Draft
from messaging.web.compose_shown import assets_of, shown_slides
from tests.media.fitting import sources

pytestmark = pytest.mark.django_db
FIT = "/compose/fit/"


@pytest.fixture(autouse=True)
def _storage_of_its_own(settings, tmp_path):
    place = {"location": tmp_path / "media"}
    settings.STORAGES = settings.STORAGES | {"default": settings.STORAGES["default"] | {"OPTIONS": place}}


@pytest.fixture
def page(client, composer):
    client.force_login(composer)
    return client


@pytest.fixture
def recording() -> Asset:
    """A second of sound in a type that Webex Connect does not take."""
    return uploads.store(sources.wav(1), name="Greeting.wav", owner="user:1")


@pytest.fixture
def draft(composer, sender, recording) -> Draft:
    draft = start_draft(composer)
    content = Content(
        slides=(Slide("Hear", parts=(Part("audio", asset=str(recording.pk)),)),), fallback=FallbackSms("Hear")
    )
    typed = content.to_json()
    typed["slides"][0]["audio"] = {"asset": str(recording.pk)}
    Draft.objects.filter(pk=draft.pk).update(content=typed, sender=sender, recipients="+16475550142")
    draft.refresh_from_db()
    return draft


def test_the_checks_offer_to_make_media_fit(page, draft):
    shown = page.get(f"/compose/?draft={draft.pk}").content.decode()

    assert 'data-code="media_will_be_fitted"' in shown
    assert 'data-open="fitting" data-action="shrink_media"' in shown
    assert 'id="fitting"' in shown


def test_it_is_begun_watched_compared_and_used(page, draft, recording):
    begun = page.post(FIT, {"draft": draft.pk}).content.decode()
    copy = Rendition.objects.get()
    assert f"{FIT}?draft={draft.pk}&amp;copy={copy.pk}" in begun
    assert "<progress" in begun
    assert "data-value" not in begun

    renditions.work()
    copy.refresh_from_db()
    done = page.get(FIT, {"draft": draft.pk, "copy": str(copy.pk)}).content.decode()

    value = f"audio:asset:{recording.pk}:{copy.pk}"
    assert "hx-trigger" not in done
    assert f'data-value="{value}"' in done
    assert "data-use-copies" in done
    assert copy.public_path in done
    assert recording.public_path in done
    form = {"draft": str(draft.pk), "version": str(draft.version), "sender": str(draft.sender_id), "slide": ["a"]}
    form |= {"recipients": "+16475550142", "text-a": "Hear", "duration-a": "5", "part-a": value}
    form |= {"fallback_on": "on", "fallback": "Hear"}
    checked = page.post("/compose/check/", form).content.decode()
    assert "media_will_be_fitted" not in checked
    draft.refresh_from_db()
    content, findings = resolve(Content.from_json(draft.content))
    assert not findings
    assert content.slides[0].parts[0].mime_type == "audio/mpeg"
    (slide,) = shown_slides(content, ["a"], assets_of(content), {})
    assert (slide.parts[0].value, slide.parts[0].preview) == (value, copy.public_path)


def test_a_copy_becomes_smaller_still(page, draft):
    page.post(FIT, {"draft": draft.pk})
    renditions.work()
    first = Rendition.objects.get()

    answer = page.post(FIT, {"draft": draft.pk, "copy": [str(first.pk)], "smaller": str(first.pk)}).content.decode()

    second = Rendition.objects.exclude(pk=first.pk).get()
    assert f"copy={second.pk}" in answer
    assert second.asset_id == first.asset_id


def test_what_cannot_be_made_says_why(page, draft):
    page.post(FIT, {"draft": draft.pk})
    Rendition.objects.update(status="failed", code="media_unreadable", text="The recording cannot be read to its end.")

    shown = page.get(FIT, {"draft": draft.pk, "copy": str(Rendition.objects.get().pk)}).content.decode()

    assert "The recording cannot be read to its end." in shown
    assert "disabled" in shown


def test_where_all_fits_there_is_nothing_to_do(page, composer):
    shown = page.post(FIT, {"draft": start_draft(composer).pk}).content.decode()

    assert "Nothing has to be made to fit" in shown


def test_a_foreign_copy_is_not_shown(page, draft):
    other = uploads.store(sources.wav(1.5), name="Other.wav", owner="user:1")
    copy = Rendition.objects.create(asset=other, target="audio/mpeg:20000")

    for fields in ({"copy": [str(copy.pk)]}, {"copy": ["x", "\0"]}):
        shown = page.get(FIT, {"draft": draft.pk, **fields}).content.decode()
        assert "Other.wav" not in shown
    page.post(FIT, {"draft": draft.pk, "copy": [str(copy.pk)], "smaller": str(copy.pk)})
    assert Rendition.objects.count() == 1


def test_drafts_of_others_do_not_exist(page, draft, make_user):
    page.force_login(make_user("other", "Composer"))

    assert page.get(FIT, {"draft": draft.pk}).status_code == 404
    assert page.post(FIT, {"draft": draft.pk}).status_code == 404
    assert page.post(FIT, {"draft": "x"}).status_code == 404


def test_who_may_not_compose_may_not_fit(client, viewer, draft):
    client.force_login(viewer)

    assert client.post(reverse("web:compose-fit"), {"draft": draft.pk}).status_code == 403
