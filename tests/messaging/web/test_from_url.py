"""A pasted address: our own copy, with what providers would have met at it."""

import sys
from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from media.models import Asset

sys.path.insert(0, str(Path(__file__).parents[2] / "media"))

from hostile_site import serve

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(settings, tmp_path):
    if "s3" not in settings.STORAGES["default"]["BACKEND"]:
        place = {"location": tmp_path / "media"}
        settings.STORAGES = settings.STORAGES | {"default": settings.STORAGES["default"] | {"OPTIONS": place}}
    server, _handler = serve()
    settings.ALLOW_PRIVATE_TARGETS = frozenset({f"127.0.0.1:{server.server_address[1]}"})
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def paste(client, composer):
    client.force_login(composer)
    return lambda url, **more: client.post("/media/from-url/", {"url": url, **more})


def test_the_file_is_ours_and_what_providers_would_have_met_is_said(paste, composer, site):
    answer = paste(f"{site}/onward.png", alt="The sea")
    assert answer.status_code == 201, answer.content
    asset = Asset.objects.get()
    assert answer.json()["asset"]["id"] == str(asset.pk)
    assert (asset.owner, asset.alt, asset.mime_type) == (f"user:{composer.pk}", "The sea", "image/png")
    assert default_storage.exists(asset.storage_key)
    notes = {note["code"]: note for note in answer.json()["notes"]}
    assert {"fetch_redirected", "fetch_untyped", "fetch_no_head", "fetch_not_secure"} == set(notes)
    assert "Sinch" in notes["fetch_redirected"]["providers"]
    # Sinch goes by the extension then.
    assert "Sinch" not in notes["fetch_untyped"]["providers"]
    assert "501" in notes["fetch_no_head"]["message"]


def test_chunks_are_what_sinch_refuses(paste, site):
    notes = {note["code"]: note["providers"] for note in paste(f"{site}/chunked").json()["notes"]}
    assert notes["fetch_chunked"] == ["Sinch"]
    assert notes["fetch_no_extension"] == ["Skycore"]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "url_scheme"),
        ("https://127.0.0.1/a.png", "url_private"),
        ("{site}/missing", "url_status"),
        ("{site}/inside", "url_private"),
        ("{site}/good.png", "text_not_media"),
    ],
)
def test_what_is_no_file_is_refused_with_its_code(paste, site, url, code):
    answer = paste(url.format(site=site))
    assert answer.status_code == 422
    assert answer.json()["refused"]["code"] == code
    assert answer.json()["refused"]["fix"]
    assert not Asset.objects.exists()


def test_only_who_may_add_files_may_have_them_fetched(client, viewer, site):
    client.force_login(viewer)
    assert client.post("/media/from-url/", {"url": f"{site}/picture.png"}).status_code == 403
    client.logout()
    assert client.post("/media/from-url/", {"url": f"{site}/picture.png"}).status_code == 302
