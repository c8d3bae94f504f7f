"""Earlier versions of a draft, and two tabs on one draft, by Django's client."""

import pytest

from messaging.drafts import save_draft, start_draft
from messaging.models import Draft, DraftVersion
from messaging.web.draft_differences import differences, in_short

CHECK, ASIDE, DIFFERENCE, RESTORE = "/compose/check/", "/compose/aside/", "/compose/difference/", "/compose/restore/"


@pytest.fixture
def page(client, composer):
    client.force_login(composer)
    return client


@pytest.fixture
def draft(composer) -> Draft:
    return start_draft(composer)


@pytest.fixture
def form(draft) -> dict[str, object]:
    return {
        "draft": str(draft.pk),
        "version": "1",
        "recipients": "+16475550142",
        "subject": "Offer",
        "slide": ["a"],
        "text-a": "Tulips",
        "duration-a": "5",
        "fallback_on": "on",
        "fallback": "Tulips",
    }


def state(*texts: str, **content: object) -> dict[str, object]:
    return {"content": {"slides": [{"text": text, "duration": 5} for text in texts], **content}}


def test_a_slide_put_in_between_is_the_only_difference():
    found = differences(state("One", "Two"), state("One", "New", "Two"), {})

    assert [(one.label, one.before) for one in found] == [("Slide 2, added", "")]
    assert "New" in found[0].after


def test_differences_are_named_and_stand_side_by_side():
    before = {**state("One", "Two", subject="Old"), "recipients": "+16475550142", "substitutions": {"a": "1"}}
    after = {**state("One!", subject="New"), "recipients": "", "substitutions": {"a": "2"}}

    found = {one.label: (one.before, one.after) for one in differences(before, after, {})}

    assert found["Subject"] == ("Old", "New")
    assert found["Recipients"] == ("+16475550142", "")
    assert found["Substitutions"] == ("a=1", "a=2")
    assert found["Slide 1"] == ("One\n5 s on screen", "One!\n5 s on screen")
    assert "Slide 2, removed" in found


def test_many_differences_are_told_in_short():
    found = differences(state("1", "2", "3", "4", "5", "6"), state("a", "b", "c", "d", "e", "f"), {})

    assert in_short(found) == "Slide 1, Slide 2, Slide 3, Slide 4 and 2 more"


def test_the_history_tells_what_changed_and_shows_a_version(page, form, draft):
    page.post(CHECK, form)
    body = page.get("/compose/versions/", {"draft": draft.pk}).content.decode()
    shown = page.get("/compose/version/", {"draft": draft.pk, "version": 1}).content.decode()

    assert "then changed: Subject, Fallback SMS, Recipients, Slide 1" in body
    assert "An empty slide" in shown
    assert "<td>Tulips<br>5 s on screen</td>" in shown


def test_the_history_asks_the_same_few_questions_for_any_length(page, draft, composer, django_assert_max_num_queries):
    for number in range(12):
        content = {**draft.content, "subject": str(number)}
        save_draft(draft.pk, user=composer, version=number + 1, changes={"content": content}, keep=True)

    with django_assert_max_num_queries(12):
        assert page.get("/compose/versions/", {"draft": draft.pk}).content.count(b"<li>") == 12


def test_restoring_brings_a_version_back(page, form, draft):
    page.post(CHECK, form)
    answer = page.post(RESTORE, {"draft": draft.pk, "restore": "1"}, follow=True).content.decode()

    assert "The earlier version is back" in answer
    assert Draft.objects.get().content["subject"] == ""
    assert DraftVersion.objects.get(version=2).state["content"]["subject"] == "Offer"


@pytest.mark.parametrize("version", ["", "9", "x", "-1", "99999999999999999999"])
def test_a_version_that_is_not_kept_changes_nothing(page, form, draft, version):
    page.post(CHECK, form)

    assert "no longer kept" in page.get("/compose/version/", {"draft": draft.pk, "version": version}).content.decode()
    page.post(RESTORE, {"draft": draft.pk, "restore": version})
    assert Draft.objects.get().content["subject"] == "Offer"


def test_the_second_tab_sees_the_difference_of_both(page, form, draft):
    page.post(CHECK, form)

    body = page.post(DIFFERENCE, {**form, "subject": "From the other tab"}).content.decode()

    assert "<td>From the other tab</td><td>Offer</td>" in body
    assert "Tulips" not in body


def test_keeping_mine_leaves_theirs_in_the_history(page, form, draft):
    page.post(CHECK, form)
    refused = page.post(CHECK, {**form, "subject": "Mine"})
    assert refused.status_code == 409
    assert 'name="overwrites" value="2"' in refused.content.decode()

    page.post(CHECK, {**form, "subject": "Mine", "version": "2", "overwrites": "2"})

    assert Draft.objects.get().content["subject"] == "Mine"
    assert DraftVersion.objects.get(version=2).state["content"]["subject"] == "Offer"


def test_taking_theirs_leaves_mine_in_the_history(page, form, draft):
    page.post(CHECK, form)

    answer = page.post(ASIDE, {**form, "subject": "Mine"})

    assert answer.headers["HX-Redirect"] == f"/compose/?draft={draft.pk}"
    assert Draft.objects.get().content["subject"] == "Offer"
    assert "Mine" in [row.state["content"]["subject"] for row in DraftVersion.objects.all()]


@pytest.mark.parametrize("path", [ASIDE, DIFFERENCE])
def test_a_form_that_is_none_is_refused_in_words(page, form, path):
    answer = page.post(path, {**form, "version": "x"})

    assert answer.status_code == 422
    assert "could not be read" in answer.content.decode()


def test_a_draft_is_duplicated_and_the_first_stays(page, form, draft, make_user):
    page.post(CHECK, form)
    theirs = start_draft(make_user("otto", "Composer"))

    body = page.get("/compose/", {"copy": draft.pk}, follow=True).content.decode()

    assert 'value="Offer"' in body
    assert Draft.objects.filter(owner=draft.owner).count() == 2
    assert page.get("/compose/", {"copy": theirs.pk}).status_code == 404


def test_the_versions_of_others_do_not_exist(page, make_user, form):
    theirs = start_draft(make_user("otto", "Composer"))

    for path in ("/compose/versions/", "/compose/version/"):
        assert page.get(path, {"draft": theirs.pk}).status_code == 404
    for path in (RESTORE, ASIDE, DIFFERENCE):
        assert page.post(path, {**form, "draft": theirs.pk}).status_code == 404
