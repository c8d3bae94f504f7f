"""Templates over REST: read whole, examined before they are saved, changed a version at a time."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from media import uploads
from messaging.models import Template, TemplateVersion
from tests.media.samples import png

pytestmark = pytest.mark.django_db
URL = "/api/v1/templates"
SOON = (timezone.now() + timedelta(days=1)).isoformat()
BODY = {
    "name": "Spring offer",
    "content": {"subject": "Offer", "slides": [{"text": "Hello $(area)"}], "fallback": {"text": "Hello"}},
    "variables": {"area": {"sample": "EC1M 4BH", "about": "post code"}},
}


@pytest.fixture
def saved(client, sender) -> dict:
    answer = client.post(URL, BODY, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_what_is_saved_is_read_and_sent(client, saved, send):
    whole = client.get(f"{URL}/{saved['id']}").json()

    assert whole == saved
    assert (whole["version"], whole["variables"]) == (1, BODY["variables"])
    assert whole["content"]["slides"] == [{"text": "Hello $(area)", "duration": 5}]
    answer = send(content=..., template=saved["id"], substitutions={"area": "EC1M"})
    assert answer.status_code == 201, answer.content


def test_what_was_read_can_be_put_back_as_the_next_version(client, saved):
    body = {name: saved[name] for name in ("name", "content", "version")}
    body["content"]["subject"] = "Better offer"

    changed = client.put(f"{URL}/{saved['id']}", body, format="json").json()

    assert (changed["version"], changed["subject"], changed["variables"]) == (2, "Better offer", BODY["variables"])
    kept = TemplateVersion.objects.get(template=saved["id"], version=1)
    assert kept.content["subject"] == "Offer"


def test_two_that_change_one_version_do_not_overwrite_each_other(client, saved, refused):
    body = {**BODY, "version": 1}
    assert client.put(f"{URL}/{saved['id']}", body, format="json").status_code == 200

    (error,) = refused(client.put(f"{URL}/{saved['id']}", body, format="json"), 409, "version_conflict")
    assert error["pointer"] == "/version"
    assert Template.objects.get().version == 2


def test_a_dry_run_says_what_each_provider_makes_of_it_and_saves_nothing(client, sender):
    body = {**BODY, "content": {**BODY["content"], "subject": "x" * 90}}

    answer = client.post(f"{URL}?dry_run=true", body, format="json")

    assert answer.status_code == 200
    assert answer.json()["fits"] == [{"provider": "webex", "ok": False}]
    assert "subject_too_long" in [one["code"] for one in answer.json()["findings"]]
    assert client.post(f"{URL}?dry_run=true", BODY, format="json").json()["ok"]
    assert not Template.objects.exists()


@pytest.mark.parametrize(
    ("members", "status", "pointer"),
    [
        ({"name": ""}, 400, "/name"),
        ({"name": "   "}, 422, "/name"),
        ({"name": "n" * 201}, 400, "/name"),
        ({"content": None}, 400, "/content"),
        ({"content": []}, 400, "/content"),
        ({"content": {"slides": [{"duration": 0}]}}, 400, "/content/slides/0/duration"),
        ({"content": {"slides": [{"duration": 61}]}}, 400, "/content/slides/0/duration"),
        ({"content": {"fallback": {"link_expires_at": SOON}}}, 400, "/content/fallback/link_expires_at"),
        ({"content": {"subject": "s" * 81}}, 422, "/content/subject"),
        ({"content": {"slides": [{"image": {"asset": "nothing"}}]}}, 422, "/content/slides/0/image"),
        ({"content": {"slides": [{"image": {"url": "https://example.com/a.png", "host": "caller"}}]}}, 422, "/content"),
        ({"variables": []}, 400, "/variables"),
        ({"variables": {"a b": {}}}, 400, "/variables/a b"),
        ({"variables": {"a": "x"}}, 400, "/variables/a"),
        ({"variables": {"a": {"sample": 1}}}, 400, "/variables/a/sample"),
        ({"variables": {f"v{number}": {} for number in range(101)}}, 400, "/variables"),
        ({"version": 1}, 400, "/version"),
    ],
)
def test_a_bad_template_says_which_member(client, sender, refused, members, status, pointer):
    errors = refused(client.post(URL, {**BODY, **members}, format="json"), status)

    assert [error["pointer"] for error in errors] == [pointer]
    assert not Template.objects.exists()


def test_a_name_is_taken_once(client, saved, refused):
    (error,) = refused(client.post(URL, BODY, format="json"), 409, "template_name_taken")
    assert error["pointer"] == "/name"


def test_files_are_ones_own_or_stand_there_already(client, key, saved, composer, refused):
    own = uploads.store(png(), name="a.png", owner=key.owner_label)
    others = uploads.store(png(), name="b.png", owner="user:1")
    content = {"slides": [{"image": {"asset": str(own.pk)}}]}
    foreign = {"slides": [{"image": {"asset": str(others.pk)}}]}
    url = f"{URL}/{saved['id']}"

    refused(client.put(url, {**BODY, "content": foreign, "version": 1}, format="json"), 422, "asset_unknown")
    assert client.put(url, {**BODY, "content": content, "version": 1}, format="json").status_code == 200
    # What staff put into it stays when an integration changes the words.
    Template.objects.get().slides.get().parts.update(asset=others)
    assert client.put(url, {**BODY, "content": foreign, "version": 2}, format="json").status_code == 200


def test_unknown_ones_are_not_there(client, sender, refused):
    refused(client.get(f"{URL}/{uuid.uuid4()}"), 404)
    refused(client.put(f"{URL}/{uuid.uuid4()}", {**BODY, "version": 1}, format="json"), 404)
