"""A file announced, put and finished: through our own door here, through S3's in test_s3.py."""

import threading
from datetime import timedelta

import pytest
import samples
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from media import direct_uploads, uploads
from media.inspection import LARGEST_UPLOAD, Refused
from media.models import Asset, Upload
from media.words import Word

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer(make_user, client: Client) -> Client:
    client.force_login(make_user("wanda", "Composer"))
    return client


def started(client: Client, data: bytes, name: str = "sea.png", **more: object) -> dict:
    answer = client.post("/media/uploads/", {"name": name, "size": len(data), **more})
    assert answer.status_code == 201, answer.content
    return answer.json()


def put(client: Client, begun: dict, data: bytes, **fields: str):
    form = {**begun["fields"], **fields, "file": SimpleUploadedFile("blob", data)}
    return client.post(begun["url"], form)


def arriving() -> list[str]:
    try:
        return default_storage.listdir("arriving")[1]
    except FileNotFoundError:
        return []


def test_a_file_goes_the_whole_way_and_finishing_again_is_the_same(writer):
    data = samples.png()
    begun = started(writer, data, alt="The sea")
    assert begun["limits"] == {"size": len(data), "seconds": 900}
    assert put(writer, begun, data).status_code == 204
    assert len(arriving()) == 1
    first, again = writer.post(begun["finish"]), writer.post(begun["finish"])
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["asset"] == again.json()["asset"]
    assert f'id="asset-{first.json()["asset"]["id"]}"' in first.json()["card"]
    asset = Asset.objects.get()
    assert (asset.name, asset.alt, asset.status, asset.owner) == (
        "sea.png",
        "The sea",
        "ready",
        Upload.objects.get().owner,
    )
    assert arriving() == []


def test_a_put_that_broke_off_is_repeated_and_the_door_needs_no_session(writer):
    data = samples.gif()
    begun = started(writer, data)
    for _time in range(2):
        assert put(Client(enforce_csrf_checks=True), begun, data).status_code == 204
    assert writer.post(begun["finish"]).status_code == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"url": "?signature="}, 403),
        ({"url": "?signature=arriving%2Fx:1:x"}, 403),
        ({"key": "assets/aa/other.png"}, 422),
        ({"Content-Type": "text/html"}, 422),
        ({"data": b"short"}, 422),
        ({"data": b"x" * 40_000}, 413),
        ({"file": None}, 422),
    ],
)
def test_the_door_takes_only_what_was_announced(writer, change, status):
    begun = started(writer, samples.png())
    begun["url"] = begun["url"].partition("?")[0] + change.pop("url") if "url" in change else begun["url"]
    form = {**begun["fields"], "file": SimpleUploadedFile("x", change.pop("data", samples.png())), **change}
    answer = writer.post(begun["url"], {name: value for name, value in form.items() if value is not None})
    assert answer.status_code == status
    assert arriving() == []


def test_a_form_is_good_for_its_own_upload_and_for_a_while(writer, monkeypatch):
    first, second = started(writer, samples.png()), started(writer, samples.png())
    first["url"] = second["url"].partition("?")[0] + "?" + first["url"].partition("?")[2]
    assert put(writer, first, samples.png()).status_code == 403
    monkeypatch.setattr(direct_uploads, "PUT_WITHIN", timedelta(seconds=-1))
    assert put(writer, second, samples.png()).status_code == 403


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"size": 0}, "media_empty"),
        ({"size": LARGEST_UPLOAD + 1}, "media_too_large"),
        ({"size": "many"}, "media_empty"),
        ({"size": "9" * 40}, "media_empty"),
        ({}, "media_empty"),
        ({"size": 10, "alt": "x" * 501}, "alt_too_long"),
    ],
)
def test_what_cannot_be_taken_is_refused_before_it_is_sent(writer, given, code):
    answer = writer.post("/media/uploads/", {"name": "a.png", **given})
    assert (answer.status_code, answer.json()["refused"]["code"]) == (422, code)
    assert not Upload.objects.exists()


def test_uploads_under_way_are_limited(writer, monkeypatch):
    monkeypatch.setattr(direct_uploads, "MOST_OPEN", 1)
    started(writer, b"x")
    answer = writer.post("/media/uploads/", {"name": "a.png", "size": 1})
    assert answer.json()["refused"]["code"] == "too_many_uploads"


def test_a_disguised_file_is_refused_when_it_is_finished_and_stays_so(writer):
    begun = started(writer, samples.HTML, "cat.jpg")
    put(writer, begun, samples.HTML)
    answers = [writer.post(begun["finish"]) for _time in range(2)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["refused"]["fix"]
    assert arriving() == []
    assert put(writer, begun, samples.HTML).status_code == 403
    assert not Asset.objects.exists()


def test_what_has_not_arrived_or_is_somebody_elses_is_not_finished(writer, make_user):
    begun = started(writer, samples.png())
    assert (answer := writer.post(begun["finish"])).status_code == 409
    assert answer.json()["refused"]["code"] == "not_arrived"
    other = Client()
    other.force_login(make_user("otto", "Composer"))
    assert other.post(begun["finish"]).status_code == 404
    put(writer, begun, samples.png())
    Upload.objects.update(expires_at=timezone.now())
    assert writer.post(begun["finish"]).json()["refused"]["code"] == "upload_expired"


def test_only_who_may_add_files_may_begin(client, viewer):
    assert client.post("/media/uploads/", {"name": "a", "size": 1}).status_code == 302
    client.force_login(viewer)
    assert client.post("/media/uploads/", {"name": "a", "size": 1}).status_code == 403


def test_a_storage_that_is_away_costs_a_retry_and_no_upload(writer, settings, tmp_path):
    if "s3" in settings.STORAGES["default"]["BACKEND"]:
        pytest.skip("a disk that is in the way; a bucket that is away: test_s3")
    data = samples.png()
    begun = started(writer, data)
    (tmp_path / "media").mkdir(exist_ok=True)
    place = tmp_path / "media" / "arriving"
    place.write_bytes(b"a file where the folder should be")
    assert put(writer, begun, data).status_code == 503
    place.unlink()
    assert put(writer, begun, data).status_code == 204
    (tmp_path / "media" / "assets").write_bytes(b"likewise")
    assert (answer := writer.post(begun["finish"])).status_code == 503
    assert answer.json()["refused"]["code"] == "storage_unavailable"
    assert not Asset.objects.exists()
    (tmp_path / "media" / "assets").unlink()
    assert writer.post(begun["finish"]).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_that_finish_at_once_get_the_same_asset(settings):
    data = samples.png(120, 80)
    upload = direct_uploads.start(owner="user:1", name="a.png", size=len(data))
    default_storage.save(upload.storage_key, ContentFile(data))
    found: list[object] = []
    together = threading.Barrier(2)
    inspect = uploads.inspect

    def both(source):
        together.wait(10)
        return inspect(source)

    def finish() -> None:
        found.append(direct_uploads.finish(upload.pk, owner="user:1").pk)
        connection.close()

    uploads.inspect = both
    try:
        threads = [threading.Thread(target=finish) for _one in range(2)]
        [thread.start() for thread in threads]
        [thread.join(20) for thread in threads]
    finally:
        uploads.inspect = inspect
    assert len(found) == 2
    assert set(found) == {Asset.objects.get().pk}
    with default_storage.open(Asset.objects.get().storage_key) as kept:
        assert kept.read()


def test_what_was_abandoned_is_cleared_away(writer):
    begun = started(writer, samples.png())
    put(writer, begun, samples.png())
    started(writer, samples.gif())
    Upload.objects.filter(pk=begun["id"]).update(expires_at=timezone.now())
    assert direct_uploads.clear_expired(timezone.now(), most=10) == 1
    assert arriving() == []
    assert Upload.objects.count() == 1
    with pytest.raises(Upload.DoesNotExist):
        direct_uploads.finish(begun["id"], owner="user:1")


def test_a_refusal_is_told_again_with_its_numbers():
    upload = direct_uploads.start(owner="user:1", name="a.png", size=9)
    reason = Refused("media_x", "{n} of {what}.", {"n": 2, "what": Word("film")}, limit=1, actual=2, fix="Mend it.")
    Upload.objects.filter(pk=upload.pk).update(status="refused", refusal=reason.kept())
    with pytest.raises(Refused) as caught:
        direct_uploads.finish(upload.pk, owner="user:1")
    assert caught.value.as_dict(str.upper) == reason.as_dict(str.upper)
    assert caught.value.message == "2 of film."
