"""Templates: slides keep an unbroken order, media match their kind, every change raises the version."""

import pytest
from django.urls import reverse

from media.models import Asset
from messaging.models import Slide, Template


@pytest.fixture
def template(db) -> Template:
    template = Template.objects.create(name="Spring")
    for position, text in enumerate(("one", "two", "three")):
        Slide.objects.create(template=template, position=position, text=text)
    return template


@pytest.fixture
def picture(db) -> Asset:
    return Asset.objects.create(
        kind="image", mime_type="image/png", size=1, sha256="a" * 64, name="a.png", storage_key="a", owner="user:1"
    )


def posted(template: Template, order: list[int], **more: object) -> dict[str, object]:
    slides = list(template.slides.order_by("position"))
    data: dict[str, object] = {"name": template.name, "subject": "Hello", "fallback_text": ""}
    data |= {"slides-TOTAL_FORMS": len(slides), "slides-INITIAL_FORMS": len(slides)}
    for index, (slide, position) in enumerate(zip(slides, order, strict=True)):
        prefix = f"slides-{index}"
        data |= {f"{prefix}-id": slide.pk, f"{prefix}-template": str(template.pk), f"{prefix}-text": slide.text}
        data |= {f"{prefix}-duration": 5, f"{prefix}-position": position}
        data |= {f"{prefix}-parts-TOTAL_FORMS": 0, f"{prefix}-parts-INITIAL_FORMS": 0}
    return data | more


def save(browser, template: Template, data: dict[str, object]):
    return browser.post(reverse("admin:messaging_template_change", args=[template.pk]), data)


def texts(template: Template) -> list[tuple[int, str]]:
    return list(template.slides.order_by("position").values_list("position", "text"))


def test_slides_change_places(chief, template) -> None:
    assert save(chief, template, posted(template, [2, 0, 1])).status_code == 302
    assert texts(template) == [(0, "two"), (1, "three"), (2, "one")]


def test_removing_a_slide_closes_the_gap(chief, template) -> None:
    assert save(chief, template, posted(template, [0, 1, 2], **{"slides-0-DELETE": "on"})).status_code == 302
    assert texts(template) == [(0, "two"), (1, "three")]


def test_a_new_slide_comes_last(chief, template) -> None:
    new = {
        "slides-TOTAL_FORMS": 4,
        "slides-3-template": str(template.pk),
        "slides-3-text": "four",
        "slides-3-duration": 9,
        "slides-3-position": 0,
        "slides-3-parts-TOTAL_FORMS": 0,
        "slides-3-parts-INITIAL_FORMS": 0,
    }
    assert save(chief, template, posted(template, [0, 1, 2], **new)).status_code == 302
    assert texts(template) == [(0, "one"), (1, "two"), (2, "three"), (3, "four")]


@pytest.mark.parametrize(("kind", "parts"), [("image", 1), ("video", 0)])
def test_media_are_added_only_as_what_they_are(chief, template, picture, kind, parts) -> None:
    part = {"slides-0-parts-TOTAL_FORMS": 1, "slides-0-parts-0-kind": kind, "slides-0-parts-0-asset": str(picture.pk)}
    answer = save(chief, template, posted(template, [0, 1, 2], **part))
    assert answer.status_code == (302 if parts else 200)
    assert template.slides.get(position=0).parts.count() == parts


def test_every_change_raises_the_version(chief, template) -> None:
    save(chief, template, posted(template, [0, 1, 2]))
    template.refresh_from_db()
    assert (template.version, template.subject) == (2, "Hello")
