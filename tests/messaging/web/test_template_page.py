"""A template's own page, and templates kept from the composer."""

import pytest

from messaging.content import Content, FallbackSms, Slide
from messaging.drafts import start_draft
from messaging.models import Draft, Template, TemplateVersion
from messaging.templates import save_template, save_variables, template_content

CHECK = "/compose/check/"


@pytest.fixture
def page(client, composer):
    client.force_login(composer)
    return client


@pytest.fixture
def template(composer) -> Template:
    content = Content(subject="Offer", slides=(Slide("Tulips in $(area)"),), fallback=FallbackSms("Tulips"))
    return save_template(content, name="Spring", user=composer)


def form(draft: Draft, text: str) -> dict[str, object]:
    return {
        "draft": str(draft.pk),
        "version": str(draft.version),
        "recipients": "+16475550142",
        "slide": ["a"],
        "text-a": text,
        "duration-a": "5",
        "fallback_on": "on",
        "fallback": "Roses",
    }


def body(page, template: Template, **query: object) -> str:
    return page.get(f"/templates/{template.pk}/", query).content.decode()


def test_the_page_shows_what_it_says_what_its_names_mean_and_how_it_fits(page, template):
    shown = body(page, template)

    assert "<figcaption><b>Offer</b>Tulips in $(area)</figcaption>" in shown
    assert "Meaning of area" in shown
    assert "Fits, with the examples filled in." in shown
    assert "0 messages to 0 recipients" in shown


def test_examples_are_saved_shown_in_the_preview_and_make_it_fit(page, template):
    answer = page.post(
        f"/templates/{template.pk}/variables/",
        {"variable-name": ["area", ""], "variable-about": ["post code", ""], "variable-sample": ["EC1M", ""]},
        follow=True,
    ).content.decode()

    assert "Tulips in EC1M" in answer
    assert "Fits, with the examples filled in." in answer
    template.refresh_from_db()
    assert template.variables == {"area": {"about": "post code", "sample": "EC1M"}}


def test_what_the_longest_example_breaks_is_said_before_anybody_uses_it(page, template, composer):
    save_variables(template, {"area": {"sample": "x" * 1000}}, composer)
    content = Content(slides=(Slide("$(area)" * 6),))
    save_template(content, name="Spring", user=composer, template=template)

    assert "5000" in body(page, template).partition("What the providers take")[2].partition("Usage")[0]


def test_variables_that_cannot_be_change_nothing(page, template):
    sent = {"variable-name": ["no good"], "variable-about": ["x"], "variable-sample": [""]}

    answer = page.post(f"/templates/{template.pk}/variables/", sent, follow=True).content.decode()

    assert "cannot be a placeholder" in answer
    assert TemplateVersion.objects.count() == 1


def test_an_earlier_version_is_looked_at_and_restored(page, template, composer):
    save_template(Content(slides=(Slide("Roses"),)), name="Spring", user=composer, template=template)

    shown = body(page, template, version=1)
    assert "<td>Offer</td><td></td>" in shown
    assert "Tulips in $(area)" in shown.partition("phone")[2]
    answer = page.post(f"/templates/{template.pk}/restore/", {"version": "1"}, follow=True).content.decode()

    assert "Version 1 is back, as version 3." in answer


@pytest.mark.parametrize("version", ["9", "x", "-1", "9" * 30])
def test_versions_there_are_not_are_not_found(page, template, version):
    assert page.get(f"/templates/{template.pk}/", {"version": version}).status_code == 404
    assert page.post(f"/templates/{template.pk}/restore/", {"version": version}).status_code == 404


def test_the_archive_is_a_list_of_its_own(page, template):
    page.post(f"/templates/{template.pk}/archive/", {"archived": "1"})
    assert f"/templates/{template.pk}/" not in page.get("/templates/").content.decode()
    assert f"/templates/{template.pk}/" in page.get("/templates/", {"archived": "1"}).content.decode()
    page.post(f"/templates/{template.pk}/archive/", {"archived": "0"})
    assert f"/templates/{template.pk}/" in page.get("/templates/").content.decode()


def test_a_copy_is_made_under_a_free_name(page, template):
    answer = page.post(f"/templates/{template.pk}/duplicate/", follow=True).content.decode()

    assert "This copy is called “Spring (2)”" in answer


def test_a_draft_updates_the_template_it_was_begun_with(page, template, composer):
    draft = start_draft(composer, template=template)

    answer = page.post(CHECK, {**form(draft, "Roses"), "want": "template-update"}).content.decode()

    template.refresh_from_db()
    assert "is updated: this is its version 2" in answer
    assert [slide.text for slide in template_content(template).slides] == ["Roses"]
    assert Draft.objects.get().template_version == 2


def test_a_draft_kept_as_a_template_is_one_of_it_from_then_on(page, composer):
    draft = start_draft(composer)
    page.post(CHECK, {**form(draft, "Roses"), "want": "template", "template_name": "Roses"})

    assert Draft.objects.get().template == Template.objects.get()


def test_a_template_that_is_gone_is_not_updated(page, template, composer):
    draft = start_draft(composer, template=template)
    template.delete()

    answer = page.post(CHECK, {**form(draft, "Roses"), "want": "template-update"}).content.decode()

    assert "The template is gone" in answer
    assert not Template.objects.exists()


def test_the_page_asks_the_same_few_questions_for_any_number_of_versions(
    page, template, composer, django_assert_max_num_queries
):
    for number in range(5):
        save_template(Content(slides=(Slide(str(number)),)), name="Spring", user=composer, template=template)
    with django_assert_max_num_queries(22):
        assert body(page, template).count("?version=") == 5


def test_viewers_look_and_change_nothing(client, viewer, template):
    client.force_login(viewer)

    shown = body(client, template)

    assert "Save variables" not in shown
    assert "Restore" not in shown
    for act in ("variables", "restore", "archive", "duplicate"):
        assert client.post(f"/templates/{template.pk}/{act}/").status_code == 403
