"""A file that takes the place of another, in templates, drafts and what was sent."""

import pytest
from django.utils import timezone

from media import replacing, uploads, uses
from media.inspection import Refused
from media.models import Asset
from messaging.composing import followed
from messaging.content import Content, Part, Slide
from messaging.drafts import restore, save_draft, start_draft
from messaging.models import Draft, DraftVersion, TemplateVersion
from messaging.templates import restore_template, save_template, template_content
from messaging.web import file_uses
from tests.media import samples

pytestmark = pytest.mark.django_db


@pytest.fixture
def picture(composer) -> Asset:
    return uploads.store(samples.png(40, 30), name="offer.png", owner=f"user:{composer.pk}", alt="Tulips")


@pytest.fixture
def better(composer) -> Asset:
    return uploads.store(samples.png(80, 60), name="new.png", owner=f"user:{composer.pk}")


@pytest.fixture
def other(make_user):
    return make_user("otto", "Composer")


def of(asset: Asset) -> Content:
    return Content(subject="Offer", slides=(Slide("Look", 5, (Part("image", asset=str(asset.pk)),)),))


def files(content: Content) -> list[str]:
    return [part.asset for _where, part in content.parts()]


def test_a_template_has_the_new_file_as_its_next_version(composer, picture, better):
    template = save_template(of(picture), name="Spring", user=composer)
    replacing.replace(picture, better)
    template.refresh_from_db()
    assert (template.version, files(template_content(template))) == (2, [str(better.pk)])
    assert list(TemplateVersion.objects.values_list("version", flat=True)) == [2, 1]
    assert uses.usage([picture.pk, better.pk], timezone.now()) == {better.pk: 1}
    # The version of before had a file that is in the archive.
    assert files(template_content(restore_template(template, 1, composer))) == [str(better.pk)]


def test_a_draft_has_it_and_a_page_that_is_open_goes_on(composer, picture, better):
    draft = start_draft(composer, template=save_template(of(picture), name="Spring", user=composer))
    replacing.replace(picture, better)
    draft.refresh_from_db()
    assert files(Content.from_json(draft.content, stored=True)) == [str(better.pk)]
    # The page knows version 1 and the old name.
    typed = followed(Content(subject="Typed", slides=of(picture).slides).to_json())
    saved = save_draft(draft.pk, user=composer, version=1, changes={"content": typed})
    assert (saved.content["subject"], saved.version) == ("Typed", 3)
    assert files(Content.from_json(saved.content, stored=True)) == [str(better.pk)]


def test_an_earlier_version_of_a_draft_comes_back_with_the_new_file(composer, picture, better):
    draft = start_draft(composer)
    save_draft(draft.pk, user=composer, version=1, changes={"content": of(picture).to_json()})
    save_draft(draft.pk, user=composer, version=2, changes={"content": Content().to_json()}, keep=True)
    assert not uses.usage([picture.pk], timezone.now())
    replacing.replace(picture, better)
    assert DraftVersion.objects.filter(draft=draft, version=2).exists()
    back = restore(draft.pk, user=composer, version=2)
    assert files(Content.from_json(back.content, stored=True)) == [str(better.pk)]
    assert uses.usage([better.pk], timezone.now()) == {better.pk: 1}
    Draft.objects.all().delete()
    assert not uses.usage([better.pk], timezone.now())


def test_what_was_sent_keeps_its_file(queued, picture, better):
    message = queued()
    uses.note([picture.pk], f"message:{message.pk}", None)
    replacing.replace(picture, better)
    assert uses.usage([picture.pk, better.pk], timezone.now()) == {picture.pk: 1}
    picture.refresh_from_db()
    assert picture.status == Asset.Status.ARCHIVED


def test_of_three_in_a_row_the_last_counts(composer, picture, better):
    last = uploads.store(samples.png(20, 20), name="last.png", owner=f"user:{composer.pk}")
    replacing.replace(picture, better)
    replacing.replace(better, last)
    assert replacing.replace(better, last).pk == last.pk
    assert replacing.latest([str(picture.pk), str(better.pk)]) == {
        str(picture.pk): str(last.pk),
        str(better.pk): str(last.pk),
    }
    assert (last.name, last.alt) == ("offer.png", "Tulips")


def test_another_kind_and_the_same_content_are_refused(composer, picture):
    owner = f"user:{composer.pk}"
    sound = uploads.store(samples.sound(), name="song.mp3", owner=owner)
    same = uploads.store(samples.png(40, 30), name="offer.png", owner=owner, alt="Tulips", apart=True)
    for other, code in ((sound, "other_kind"), (same, "same_file")):
        with pytest.raises(Refused) as refused:
            replacing.replace(picture, other)
        assert (refused.value.code, bool(refused.value.fix)) == (code, True)


def test_who_uses_a_file_is_told_with_the_way_to_each(composer, other, queued, picture):
    template = save_template(of(picture), name="Spring", user=composer)
    mine, theirs = start_draft(composer, template=template), start_draft(other, template=template)
    message = queued()
    uses.note([picture.pk], f"message:{message.pk}", None)
    file_uses.register()
    told = uses.users(picture.pk, timezone.now(), composer)
    assert [one.words for one in told] == ["1 template", "2 drafts", "1 message"]
    assert told[0].named == [("Spring", f"/templates/{template.pk}/")]
    assert [address for _name, address in told[1].named] == [f"/compose/?draft={mine.pk}"]
    assert str(theirs.pk) not in str(told)
    assert told[2].named == [(str(message), f"/messages/{message.pk}/")]
