"""`/api/v1/media`: upload, list, read; and whose files are whose."""

from uuid import uuid4

import pytest
import samples
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hostile_site import serve

from media import uploads
from media.inspection import LARGEST_UPLOAD
from media.models import Asset
from messaging.models import ApiKey, issue_key

pytestmark = pytest.mark.django_db
KEYS = {"pointer", "code", "message", "limit", "actual", "fix"}


@pytest.fixture
def caller(issued_key) -> tuple[Client, ApiKey]:
    row, key, _ = issued_key
    return Client(headers={"key": key}), row


def caller_with(*scopes: str) -> Client:
    return Client(headers={"key": issue_key(name="Other", scopes=list(scopes))[1]})


def file(data: bytes, name: str = "sea.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "application/octet-stream")


def test_an_upload_answers_what_the_file_is(caller, settings):
    client, key = caller
    response = client.post("/api/v1/media", {"file": file(samples.png(80, 60)), "alt": "The sea"})
    asset = Asset.objects.get()
    assert response.status_code == 201
    assert response["Location"] == f"/api/v1/media/{asset.pk}"
    expected = {
        "id": str(asset.pk),
        "kind": "image",
        "type": "image/png",
        "size": asset.size,
        "width": 80,
        "height": 60,
        "seconds": None,
        "status": "ready",
        "url": f"{settings.MEDIA_PUBLIC_BASE_URL}/m/{asset.token}/sea.png",
        "name": "sea.png",
        "alt": "The sea",
    }
    answer = response.json()
    assert {name: answer[name] for name in expected} == expected
    assert asset.owner == key.owner_label == f"key:{key.pk}"
    assert client.get(response["Location"]).json() == answer


def test_the_same_upload_again_answers_the_same_id(caller):
    first, second = (caller[0].post("/api/v1/media", {"file": file(samples.png())}).json() for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("form", "pointer", "code"),
    [
        ({}, "/file", "file_missing"),
        ({"file": "text"}, "/file", "file_missing"),
        ({"file": [file(b"x"), file(b"y")]}, "/file", "file_missing"),
        ({"file": file(b"")}, "/file", "media_empty"),
        ({"file": file(samples.HTML, "x.jpg")}, "/file", "media_type_unsupported"),
        ({"file": file(samples.png()[:80])}, "/file", "media_corrupt"),
        ({"file": file(samples.png()), "alt": "x" * 501}, "/alt", "alt_too_long"),
        ({"file": file(samples.png()), "alt": file(b"x")}, "/alt", "alt_not_text"),
        ({"file": file(samples.png()), "owner": "user:1"}, "/owner", "unknown_field"),
    ],
)
def test_a_bad_upload_is_422_with_a_pointer_and_a_fix(caller, form, pointer, code):
    response = caller[0].post("/api/v1/media", form)
    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    [error] = response.json()["errors"]
    assert set(error) == KEYS
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert error["fix"]
    assert not Asset.objects.exists()


def test_a_form_that_is_too_long_is_413_before_it_is_read(caller):
    response = caller[0].post(
        "/api/v1/media", b"x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(LARGEST_UPLOAD * 2)
    )
    assert response.status_code == 413
    assert response.json()["errors"][0]["limit"] > LARGEST_UPLOAD


@pytest.mark.parametrize("content_type", ["image/png", "text/plain", "application/x-www-form-urlencoded"])
def test_other_content_types_are_415(caller, content_type):
    assert caller[0].post("/api/v1/media", b"{}", content_type=content_type).status_code == 415


@pytest.mark.parametrize("body", [b"", b"garbage", b"--x\r\n\r\n", b"--x--\r\n"])
def test_a_broken_form_is_refused_and_never_a_500(caller, body):
    response = caller[0].post("/api/v1/media", body, content_type="multipart/form-data; boundary=x")
    assert response.status_code in (400, 422)


def test_without_a_key_it_is_401_and_without_the_scope_403(client, caller):
    assert client.get("/api/v1/media").status_code == 401
    reader = caller_with("media:read")
    assert reader.get("/api/v1/media").status_code == 200
    assert reader.post("/api/v1/media", {"file": file(samples.png())}).status_code == 403
    assert caller_with("media:write").get("/api/v1/media").status_code == 403


def test_other_peoples_files_do_not_exist(caller, asset):
    theirs = uploads.store(samples.gif(), name="x.gif", owner=f"key:{uuid4()}")
    for other in (asset, theirs):
        assert caller[0].get(f"/api/v1/media/{other.pk}").status_code == 404
    assert caller[0].get(f"/api/v1/media/{uuid4()}").status_code == 404
    assert caller[0].get("/api/v1/media").json() == {"next": None, "results": []}


def test_a_long_list_is_read_page_by_page(caller, make_asset):
    client, key = caller
    made = [make_asset(owner=key.owner_label, name=f"{n}.png") for n in range(5)]
    names, url = [], "/api/v1/media?limit=2"
    while url:
        page = client.get(url).json()
        assert len(page["results"]) <= 2
        names += [one["name"] for one in page["results"]]
        url = page["next"]
    assert names == [one.name for one in reversed(made)]


def test_a_list_may_be_of_one_kind_and_leaves_out_the_archived(caller, make_asset):
    client, key = caller
    make_asset(owner=key.owner_label)
    make_asset(owner=key.owner_label, data=samples.sound(), name="song.mp3")
    uploads.archive(make_asset(owner=key.owner_label, data=samples.sound("mp3", title="x"), name="old.mp3"))
    results = client.get("/api/v1/media?kind=audio").json()["results"]
    assert [one["name"] for one in results] == ["song.mp3"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("kind=program", "kind"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("limit=１", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=é", "cursor"),
        ("ordering=owner", "ordering"),
        ("kind=image&kind=audio", "kind"),
    ],
)
def test_a_bad_query_is_400_and_names_the_parameter(caller, query, name):
    response = caller[0].get(f"/api/v1/media?{query}")
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == name


@pytest.mark.parametrize(
    ("method", "path"), [("delete", "/api/v1/media"), ("put", "/api/v1/media"), ("patch", "/api/v1/media")]
)
def test_other_methods_are_405(caller, method, path):
    assert getattr(caller[0], method)(path).status_code == 405


def test_the_schema_tells_of_the_upload(db):
    schema = SchemaGenerator().get_schema(request=None, public=True)
    operation = schema["paths"]["/api/v1/media"]["post"]
    assert "multipart/form-data" in operation["requestBody"]["content"]
    assert {"201", "413", "422"} <= set(operation["responses"])


@pytest.fixture
def site(settings):
    server, _handler = serve()
    settings.ALLOW_PRIVATE_TARGETS = frozenset({f"127.0.0.1:{server.server_address[1]}"})
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_file_is_fetched_from_the_address_of_a_caller(caller, site):
    client, key = caller
    body = {"url": f"{site}/picture.png", "alt": "The sea"}
    response = client.post("/api/v1/media", body, content_type="application/json")
    asset = Asset.objects.get()
    assert response.status_code == 201, response.content
    assert (response.json()["id"], response.json()["type"]) == (str(asset.pk), "image/png")
    assert (asset.owner, asset.name, asset.alt) == (key.owner_label, "picture.png", "The sea")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/url", "url_missing"),
        ({"url": 5}, "/url", "url_missing"),
        ({"url": "https://example.org/a.png", "alt": 5}, "/alt", "alt_not_text"),
        ({"url": "https://example.org/a.png", "alt": "x" * 501}, "/alt", "alt_too_long"),
        ({"url": "https://example.org/a.png", "kind": "image"}, "/kind", "unknown_field"),
        ({"url": "http://127.0.0.1/a.png"}, "/url", "url_private"),
        ({"url": "file:///etc/passwd"}, "/url", "url_scheme"),
        ({"url": "/missing"}, "/url", "url_status"),
        ({"url": "/good.png"}, "/url", "text_not_media"),
    ],
)
def test_an_address_that_gives_no_file_is_refused_with_its_code(caller, site, body, pointer, code):
    if str(body.get("url", "")).startswith("/"):
        body = body | {"url": site + body["url"]}
    response = caller[0].post("/api/v1/media", body, content_type="application/json")
    assert response.status_code == 422, response.content
    error = response.json()["errors"][0]
    assert set(error) >= KEYS
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert not Asset.objects.exists()
