"""Templates: versions, variables, names, usage."""

import pytest

from media import uploads, uses
from media.models import Asset
from messaging.composing import ComposeError
from messaging.content import Content, Part, Slide
from messaging.drafts import start_draft
from messaging.models import Template, TemplateVersion
from messaging.templates import (
    archive_template,
    delete_template,
    duplicate_template,
    rename_template,
    restore_template,
    samples,
    save_template,
    save_variables,
    template_content,
    usage,
)

VCARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann Example\r\nTEL:+16475550142\r\nEND:VCARD\r\n"


@pytest.fixture
def template(composer) -> Template:
    return save_template(Content(subject="Offer", slides=(Slide("Tulips in $(area)"),)), name="Spring", user=composer)


def texts(template: Template) -> list[str]:
    return [slide.text for slide in template_content(template).slides]


def test_every_change_is_a_version_that_can_be_restored(template, composer):
    second = save_template(
        Content(slides=(Slide("Roses"), Slide("Lilies"))), name="Spring", user=composer, template=template
    )
    assert texts(second) == ["Roses", "Lilies"]

    third = restore_template(second, 1, composer)

    assert (third.version, third.subject, texts(third)) == (3, "Offer", ["Tulips in $(area)"])
    assert list(TemplateVersion.objects.values_list("version", flat=True)) == [3, 2, 1]


def test_a_template_older_than_its_versions_keeps_what_it_said(template, composer):
    TemplateVersion.objects.all().delete()

    save_template(Content(slides=(Slide("Roses"),)), name="Spring", user=composer, template=template)

    assert TemplateVersion.objects.get(version=1).content["slides"][0]["text"] == "Tulips in $(area)"


def test_a_version_that_is_not_there_cannot_be_restored(template, composer):
    with pytest.raises(TemplateVersion.DoesNotExist):
        restore_template(template, 9, composer)


def test_variables_say_what_placeholders_mean_and_give_an_example(template, composer):
    changed = save_variables(template, {"area": {"sample": "EC1M", "about": "post code"}, "x": {}}, composer)

    assert samples(changed) == {"area": "EC1M"}
    assert changed.version == 2
    kept = save_template(template_content(changed), name="Spring", user=composer, template=changed)
    assert samples(kept) == {"area": "EC1M"}
    assert samples(restore_template(kept, 1, composer)) == {}


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"no good": {}}, "variable_name"),
        ({"": {}}, "variable_name"),
        ({"x" * 65: {}}, "variable_name"),
        ({"x": {"sample": "y" * 1001}}, "variable_too_long"),
        ({"x": {"about": "y" * 201}}, "variable_too_long"),
        ({f"x{number}": {} for number in range(101)}, "variables_too_many"),
    ],
)
def test_variables_that_cannot_be_are_refused(template, composer, variables, code):
    with pytest.raises(ComposeError) as refused:
        save_variables(template, variables, composer)
    assert refused.value.code == code
    template.refresh_from_db()
    assert template.version == 1


def test_a_name_of_another_is_refused_and_nothing_is_changed(template, composer):
    save_template(Content(slides=(Slide("x"),)), name="Summer", user=composer)

    with pytest.raises(ComposeError) as refused:
        rename_template(template, "Summer", composer)
    assert refused.value.code == "template_name_taken"
    template.refresh_from_db()
    assert (template.name, template.version, texts(template)) == ("Spring", 1, ["Tulips in $(area)"])


def test_copies_find_free_names_however_long(template, composer):
    first, second = duplicate_template(template, composer), duplicate_template(template, composer)
    long = save_template(Content(slides=(Slide("x"),)), name="n" * 200, user=composer)

    assert (first.name, second.name) == ("Spring (2)", "Spring (3)")
    assert texts(second) == texts(template)
    assert len(duplicate_template(long, composer).name) <= 200


def test_a_template_that_is_archived_is_still_there(template):
    archive_template(template, archived=True)
    assert Template.objects.get().archived_at
    archive_template(template, archived=False)
    assert Template.objects.get().archived_at is None


def test_usage_counts_messages_recipients_and_drafts(template, composer, queued):
    draft = start_draft(composer, template=template)
    queued("+14165550100", "+14165550101", template_id=draft.template_id, template_version=draft.template_version)
    queued("+14165550102", template_id=template.pk, template_version=1)

    used = usage(template)

    assert (used.messages, used.recipients, used.drafts) == (2, 3, 1)
    assert used.latest


def test_a_message_outlives_its_template(template, queued):
    order = {"template_id": template.pk, "template_version": 1}
    sent = queued(**order)
    delete_template(template)
    assert queued("+14165550177", **order).template is None
    sent.refresh_from_db()
    assert sent.template is None


def test_files_are_kept_while_any_version_names_them(template, composer):
    asset: Asset = uploads.store(VCARD, name="ann.vcf", owner="user:1")
    with_file = Content(slides=(Slide("x", parts=(Part("contact", asset=str(asset.pk)),)),))
    changed = save_template(with_file, name="Spring", user=composer, template=template)
    save_template(Content(slides=(Slide("x"),)), name="Spring", user=composer, template=changed)

    assert uses.usage([asset.pk], changed.updated_at) == {asset.pk: 1}
    delete_template(changed)
    assert uses.usage([asset.pk], changed.updated_at) == {}
