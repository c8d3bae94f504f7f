"""`/api/v1/media` beyond one post: announced, put and finished; described; archived; few members asked for."""

from uuid import uuid4

import pytest
import samples
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from media import uploads
from media.inspection import LARGEST_UPLOAD
from media.models import Asset
from messaging.models import ApiKey, issue_key

pytestmark = pytest.mark.django_db
JSON = "application/json"
START = "/api/v1/media/uploads"


@pytest.fixture
def caller(issued_key) -> tuple[Client, ApiKey]:
    row, key, _ = issued_key
    return Client(headers={"key": key}), row


@pytest.fixture
def stranger(db) -> Client:
    return Client(headers={"key": issue_key(name="Other", scopes=["media:read", "media:write"])[1]})


def begun(client: Client, data: bytes, **more: object) -> dict:
    answer = client.post(START, {"name": "sea.png", "size": len(data), **more}, JSON)
    assert answer.status_code == 201, answer.content
    return answer.json()


def put(form: dict, data: bytes):
    return Client(enforce_csrf_checks=True).post(form["url"], {**form["fields"], "file": SimpleUploadedFile("b", data)})


def problem(answer, status: int) -> dict:
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), answer.content
    return answer.json()["errors"][0]


def test_announced_put_and_finished(caller, settings):
    client, key = caller
    data = samples.png()
    form = begun(client, data, alt="The sea")

    assert form["url"].startswith(f"{settings.PUBLIC_BASE_URL}/media/uploads/")
    assert put(form, data).status_code == 204
    first, again = (client.post(form["finish"], {}, JSON) for _turn in range(2))

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json() == client.get(f"/api/v1/media/{first.json()['id']}").json()
    assert (first.json()["name"], first.json()["alt"], first.json()["status"]) == ("sea.png", "The sea", "ready")
    assert Asset.objects.get().owner == key.owner_label


def test_what_has_not_arrived_is_not_finished_and_can_be_put_still(caller):
    client, _key = caller
    form = begun(client, samples.png())

    assert problem(client.post(form["finish"], {}, JSON), 409)["code"] == "not_arrived"
    put(form, samples.png())
    assert client.post(form["finish"], {}, JSON).status_code == 200


def test_what_is_no_medium_is_refused_and_stays_so(caller):
    client, _key = caller
    data = b"<html>hello</html>"
    form = begun(client, data)
    put(form, data)

    said = [problem(client.post(form["finish"], {}, JSON), 422)["code"] for _turn in range(2)]
    assert said[0] == said[1]
    assert not Asset.objects.exists()


def test_a_storage_that_is_away_is_a_503(caller, monkeypatch):
    client, _key = caller
    form = begun(client, samples.png())
    put(form, samples.png())
    with monkeypatch.context() as away:
        away.setattr("media.direct_uploads.storage.size", _away)
        answer = client.post(form["finish"], {}, JSON)

    assert problem(answer, 503)["code"] == "storage_unavailable"
    assert answer["Retry-After"] == "30"
    assert client.post(form["finish"], {}, JSON).status_code == 200


def test_nobody_finishes_anothers(caller, stranger):
    form = begun(caller[0], samples.png())
    put(form, samples.png())

    problem(stranger.post(form["finish"], {}, JSON), 404)
    problem(stranger.post(f"{START}/{uuid4()}/finish", {}, JSON), 404)


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"size": 5}, "/name", "name_missing"),
        ({"name": "a.png"}, "/size", "size_missing"),
        ({"name": "a.png", "size": "5"}, "/size", "size_missing"),
        ({"name": "a.png", "size": True}, "/size", "size_missing"),
        ({"name": "a.png", "size": 0}, "/size", "media_empty"),
        ({"name": "a.png", "size": -1}, "/size", "media_empty"),
        ({"name": "a.png", "size": LARGEST_UPLOAD + 1}, "/size", "media_too_large"),
        ({"name": "a.png", "size": 5, "alt": "x" * 501}, "/alt", "alt_too_long"),
        ({"name": "a.png", "size": 5, "alt": 1}, "/alt", "alt_not_text"),
        ({"name": "a.png", "size": 5, "owner": "x"}, "/owner", "unknown_field"),
    ],
)
def test_an_announcement_that_is_none(caller, body, pointer, code):
    error = problem(caller[0].post(START, body, JSON), 422)

    assert (error["pointer"], error["code"]) == (pointer, code)


def test_a_file_is_described_anew(caller, stranger):
    client, key = caller
    url = f"/api/v1/media/{uploads.store(samples.png(), name='a.png', owner=key.owner_label).pk}"

    assert client.patch(url, {"alt": "The  sea"}, JSON).json()["alt"] == "The sea"
    assert client.patch(url, {"alt": ""}, JSON).json()["alt"] == ""
    assert problem(client.patch(url, {}, JSON), 422)["code"] == "alt_missing"
    assert problem(client.patch(url, {"alt": "x" * 501}, JSON), 422)["limit"] == 500
    problem(stranger.patch(url, {"alt": "mine"}, JSON), 404)


def test_an_archived_file_is_in_no_list_and_takes_no_description(caller, stranger):
    client, key = caller
    asset = uploads.store(samples.png(), name="a.png", owner=key.owner_label)
    url = f"/api/v1/media/{asset.pk}"

    problem(stranger.delete(url), 404)
    assert [client.delete(url).status_code for _turn in range(2)] == [204, 204]
    assert client.get("/api/v1/media").json()["results"] == []
    assert client.get(url).json()["status"] == "archived"
    problem(client.patch(url, {"alt": "late"}, JSON), 404)


def test_reading_alone_changes_nothing(issued_key):
    _row, whole, _secret = issue_key(name="Reader", scopes=["media:read"])
    reader = Client(headers={"key": whole})

    assert problem(reader.post(START, {"name": "a", "size": 1}, JSON), 403)["code"] == "scope_missing"
    assert problem(reader.delete(f"/api/v1/media/{uuid4()}"), 403)["code"] == "scope_missing"


def test_few_members_can_be_asked_for(caller):
    client, key = caller
    asset = uploads.store(samples.png(), name="a.png", owner=key.owner_label)

    assert client.get(f"/api/v1/media/{asset.pk}?fields=id,size").json() == {"id": str(asset.pk), "size": asset.size}
    assert client.get("/api/v1/media?fields=name").json()["results"] == [{"name": "a.png"}]
    assert "storage_key" not in problem(client.get("/api/v1/media?fields=storage_key"), 400)["fix"]


def _away(_key: str) -> int:
    raise uploads.storage.Unavailable("away")
