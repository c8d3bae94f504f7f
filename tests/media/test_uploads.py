"""Taking files in, and letting them go."""

import hashlib
import io
import re
from pathlib import Path

import pytest
import samples
from django.core.files.storage import default_storage
from django.db import IntegrityError
from django.db.transaction import atomic
from django.utils import timezone
from hostile_site import Handler, serve

from media import storage, uploads
from media.inspection import Refused
from media.models import Asset

pytestmark = pytest.mark.django_db


def stored_files() -> list[str]:
    found, folders = [], ["assets"]
    while folders:
        folder = folders.pop()
        try:
            below, files = default_storage.listdir(folder)
        except FileNotFoundError:  # a folder of S3 is never missing, only empty
            continue
        folders += [f"{folder}/{name}" for name in below]
        found += [f"{folder}/{name}" for name in files]
    return found


def test_what_is_stored_is_what_was_inspected():
    asset = uploads.store(samples.jpeg_with_place(), name="Beach.JPG", owner="user:1", alt="A beach")
    with storage.open(asset.storage_key) as file:
        content = file.read()
    assert (asset.size, asset.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert (asset.kind, asset.mime_type, asset.width, asset.height) == ("image", "image/jpeg", 48, 64)
    assert (asset.name, asset.alt, asset.status, asset.owner) == ("Beach.JPG", "A beach", "ready", "user:1")


def test_a_path_and_an_open_file_are_taken_like_bytes(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(samples.png())
    hashes = {
        uploads.store(source, name="x.png", owner="user:1").sha256
        for source in (samples.png(), path, io.BytesIO(samples.png()))
    }
    assert len(hashes) == 1


def test_equal_content_of_two_owners_lies_once_with_a_row_and_a_token_each(make_asset):
    first, second = make_asset(owner="user:1"), make_asset(owner="key:2")
    assert first.pk != second.pk
    assert first.token != second.token
    assert first.storage_key == second.storage_key
    assert stored_files() == [first.storage_key]


def test_the_same_file_again_is_the_same_asset(make_asset):
    assert make_asset() == make_asset()
    assert Asset.objects.count() == 1


def test_a_refused_file_leaves_nothing_behind():
    with pytest.raises(Refused):
        uploads.store(samples.HTML, name="x.jpg", owner="user:1")
    assert not Asset.objects.exists()
    assert stored_files() == []


def test_the_content_goes_with_its_last_owner(make_asset):
    first, second = make_asset(owner="user:1"), make_asset(owner="user:2")
    uploads.purge(first)
    assert default_storage.exists(second.storage_key)
    uploads.purge(second)
    assert stored_files() == []


def test_an_archived_asset_stays_reachable_for_a_while_but_is_not_usable(asset):
    uploads.archive(asset)
    assert not Asset.objects.usable().exists()
    assert asset.expires_at > timezone.now() + uploads.KEPT_AFTER_ARCHIVING / 2


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\sea view.png", "sea view.png"),
        ("gpj.\u202eexe", "gpj.exe"),
        ("a\0b\r\nSet-Cookie: x.png", "abSet-Cookie: x.png"),
        ("", "image.png"),
        ("...", "image.png"),
        ("con.jpg", "con.jpg"),
        ('x"; filename="evil.exe', 'x"; filename="evil.exe'),
        ("日本の海.png", "日本の海.png"),
        ("x\ud800y.png", "xy.png"),
    ],
)
def test_the_shown_name_is_clean(given, shown):
    assert uploads.store(samples.png(), name=given, owner="user:1").name == shown


def test_a_long_name_is_cut_and_keeps_its_extension():
    name = uploads.store(samples.png(), name="x" * 500 + ".png", owner="user:1").name
    assert len(name) <= 120
    assert name.endswith(".png")


@pytest.mark.parametrize(
    "name", ["../../x", 'a".png\r\n', "日本.png", "", "a.php.jpg", "x" * 500, "%2e%2e%2f", "a b.svg"]
)
def test_the_public_address_is_plain_and_has_the_true_extension(make_asset, name, settings):
    url = storage.public_url(make_asset(name=name))
    assert re.fullmatch(rf"{settings.MEDIA_PUBLIC_BASE_URL}/m/[\w-]{{22}}/[a-z0-9_-]+\.png", url)


def test_a_description_is_cleaned_and_limited():
    assert uploads.store(samples.png(), name="x", owner="u", alt=" a\0\r\n b ").alt == "a b"
    with pytest.raises(Refused) as caught:
        uploads.store(samples.png(), name="x", owner="u", alt="x" * 501)
    assert (caught.value.code, caught.value.limit, caught.value.actual) == ("alt_too_long", 500, 501)


def test_the_number_of_files_of_an_owner_is_limited(make_asset, monkeypatch):
    make_asset()
    monkeypatch.setattr(uploads, "MAX_ASSETS_PER_OWNER", 1)
    with pytest.raises(Refused) as caught:
        uploads.store(samples.gif(), name="x", owner="user:999")
    assert caught.value.code == "media_quota_files"
    uploads.store(samples.gif(), name="x", owner="user:2")


def test_the_space_of_an_owner_is_limited(make_asset, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_BYTES_PER_OWNER", make_asset().size + 10)
    with pytest.raises(Refused) as caught:
        uploads.store(samples.gif(), name="x", owner="user:999")
    assert caught.value.code == "media_quota_bytes"


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "program"}, {"status": "gone"}, {"size": 0}, {"owner": ""}, {"sha256": "short"}, {"width": None}],
)
def test_the_database_holds_what_must_always_be_true(asset, wrong):
    with pytest.raises(IntegrityError), atomic():
        Asset.objects.filter(pk=asset.pk).update(**wrong)


def test_an_asset_from_an_address_is_kept_under_the_name_it_has_there(settings):
    def answer(self: Handler) -> None:
        self.send(samples.png(), Content_Type="text/html")

    server, handler = serve()
    handler.answer_sea = answer
    place = f"127.0.0.1:{server.server_address[1]}"
    settings.ALLOW_PRIVATE_TARGETS = frozenset({place})
    asset = uploads.store_from_url(f"http://{place}/sea.png", owner="key:1")
    assert (asset.mime_type, asset.name, asset.owner) == ("image/png", "sea.png", "key:1")
    server.shutdown()
    server.server_close()


class OnDisk:
    """A file of a large form, which its handler has written to the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def temporary_file_path(self) -> str:
        return str(self.path)

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("read into memory")


def test_a_large_form_is_read_from_the_disk_where_it_lies(tmp_path):
    path = tmp_path / "form.upload"
    path.write_bytes(samples.png())
    assert uploads.store(OnDisk(path), name="sea.png", owner="user:1").mime_type == "image/png"
