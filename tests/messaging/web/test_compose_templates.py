"""The templates page."""

import pytest

from messaging.content import Content, Slide
from messaging.models import Template
from messaging.templates import save_template
from messaging.web.compose_templates import PAGE_SIZE


@pytest.fixture
def page(client, composer):
    client.force_login(composer)
    return client


@pytest.fixture
def template(composer) -> Template:
    return save_template(Content(subject="Offer", slides=(Slide("Tulips"),)), name="Spring", user=composer)


def test_templates_are_listed_with_their_way_into_the_composer(page, template):
    body = page.get("/templates/").content.decode()

    assert "Spring" in body
    assert f"/compose/?template={template.pk}" in body
    assert "1 slide," in body


def test_a_search_that_finds_nothing_says_so(page, template):
    assert "Nothing fits" in page.get("/templates/", {"q": "winter\x00"}).content.decode()


def test_long_lists_go_on_after_the_last_name(page, composer):
    Template.objects.bulk_create(Template(name=f"T{n:03}", created_by=composer) for n in range(PAGE_SIZE + 3))

    first = page.get("/templates/").content.decode()
    rest = page.get("/templates/", {"after": f"T{PAGE_SIZE - 1:03}"}).content.decode()

    assert f"after=T{PAGE_SIZE - 1:03}" in first
    assert f"T{PAGE_SIZE + 2:03}" in rest
    assert "T000" not in rest


def test_the_list_takes_the_same_queries_for_any_length(page, composer, django_assert_max_num_queries):
    for n in range(5):
        save_template(Content(slides=(Slide("a"), Slide("b"))), name=f"T{n}", user=composer)

    with django_assert_max_num_queries(10):
        page.get("/templates/")


def test_renaming_needs_a_free_name(page, template, composer):
    save_template(Content(slides=(Slide("x"),)), name="Summer", user=composer)

    page.post(f"/templates/{template.pk}/rename/", {"name": "Summer"})
    template.refresh_from_db()
    assert template.name == "Spring"

    page.post(f"/templates/{template.pk}/rename/", {"name": " Autumn "})
    template.refresh_from_db()
    assert template.name == "Autumn"


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "\x00"])
def test_a_name_that_cannot_be_is_refused_with_words(page, template, name):
    body = page.post(f"/templates/{template.pk}/rename/", {"name": name}, follow=True).content.decode()

    template.refresh_from_db()
    assert template.name == "Spring"
    assert "nothing was changed" in body


def test_deleting_takes_the_template_away(page, template):
    page.post(f"/templates/{template.pk}/delete/")

    assert not Template.objects.exists()


def test_viewers_look_and_change_nothing(client, viewer, template):
    client.force_login(viewer)

    body = client.get("/templates/").content.decode()

    assert "Spring" in body
    assert "Use" not in body.split("Spring")[-1]
    assert client.post(f"/templates/{template.pk}/rename/", {"name": "x"}).status_code == 403
    assert client.post(f"/templates/{template.pk}/delete/").status_code == 403
