"""What nobody needs is let go, and nothing else: not what a message needs, nor what just came again."""

import os
import threading
import time
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import samples
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from media import contents, direct_uploads, fetch_log, links, renditions, retention, storage, uploads, uses
from media.fitting import Target
from media.models import Asset, AssetUse, MediaFetch, Rendition, Upload

pytestmark = pytest.mark.django_db


def age(key: str, **passed: float) -> None:
    """Make a stored file look old."""
    then = time.time() - timedelta(**passed).total_seconds()
    os.utime(on_disk(key), (then, then))


def on_disk(key: str) -> Path:
    """Where a stored file lies; a test that needs to know it is skipped on a bucket."""
    try:
        return Path(default_storage.path(key))
    except NotImplementedError:
        pytest.skip("nobody sets the time of what lies in a bucket, or takes its folder away")


def copy_of(asset: Asset, data: bytes = b"smaller", **more: object) -> Rendition:
    sha256 = uuid4().hex * 2
    key = storage.put(data, sha256=sha256, extension="jpg", mime_type="image/jpeg")
    facts = {"mime_type": "image/jpeg", "size": len(data), "sha256": sha256, "storage_key": key}
    return Rendition.objects.create(**{"asset": asset, "target": f"t:{sha256[:9]}", "status": "ready", **facts, **more})


def over(asset: Asset) -> Asset:
    uploads.archive(asset)
    Asset.objects.filter(pk=asset.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    return asset


def test_an_archived_file_goes_when_its_time_is_over_and_its_copies_with_it(asset):
    copy = copy_of(over(asset))
    assert retention.clean()["assets"] == 1
    assert not Asset.objects.exists()
    assert not default_storage.exists(asset.storage_key)
    assert not default_storage.exists(copy.storage_key)


@pytest.mark.parametrize(("until", "gone"), [(None, 0), (timedelta(hours=1), 0), (timedelta(seconds=-1), 1)])
def test_a_file_that_is_needed_stays_as_long_as_that(asset, until, gone):
    uses.note([asset.pk], "message:1", until and timezone.now() + until)
    assert retention.clean()["assets"] == 0
    over(asset)
    assert retention.clean()["assets"] == gone
    assert Asset.objects.count() == 1 - gone


def test_what_is_in_use_is_archived_instead_of_deleted(asset):
    uses.note([asset.pk], "message:1", None)
    assert uploads.let_go(asset) is False
    assert Asset.objects.get().status == Asset.Status.ARCHIVED
    uses.forget("message:1")
    assert uploads.let_go(asset) is True
    assert not Asset.objects.exists()


def test_uses_are_noted_once_counted_and_forgotten_but_for_those_kept(make_asset):
    first, second = make_asset(), make_asset(name="b.png")
    now = timezone.now()
    for until in (now, now + timedelta(days=1)):
        uses.note([first.pk, str(second.pk), "no id", uuid4()], "draft:1", until)
    uses.note([first.pk], "template:1", None)
    assert AssetUse.objects.count() == 3
    assert uses.usage([first.pk, second.pk], now) == {first.pk: 2, second.pk: 1}
    uses.forget("draft:1", keeping=[str(second.pk)])
    assert uses.needed([first.pk, second.pk], now) == {first.pk, second.pk}
    uses.forget("draft:1")
    assert uses.needed([first.pk, second.pk], now) == {first.pk}
    assert uses.needed([second.pk], now + timedelta(days=2)) == set()


def test_noting_any_number_of_files_is_two_statements(make_asset, django_assert_num_queries):
    ids = [make_asset(name=f"{n}.png").pk for n in range(5)]
    with django_assert_num_queries(2):
        uses.note(ids, "message:1", None)


def test_content_without_a_row_goes_after_a_day(asset):
    for name, days in (("old", 2), ("new", 0)):
        key = storage.put(name.encode(), sha256=name * 21 + "x", extension="jpg", mime_type="image/jpeg")
        age(key, days=days)
    age(asset.storage_key, days=9)
    assert retention.clean()["orphans"] == 1
    assert retention.clean()["orphans"] == 0
    assert default_storage.exists(asset.storage_key)
    assert default_storage.exists(storage.key_for("new" * 21 + "x", "jpg"))
    assert not default_storage.exists(storage.key_for("old" * 21 + "x", "jpg"))


def test_a_walk_is_bounded_and_each_key_gets_its_turn(monkeypatch):
    keys = [storage.put(b"x", sha256=f"{n:02x}" * 32, extension="jpg", mime_type="x/y") for n in range(0, 256, 32)]
    for key in keys:
        age(key, days=2)
    monkeypatch.setattr(retention, "WALKED_AT_ONCE", 3)
    now = timezone.now()
    gone = [retention._orphans(now + timedelta(seconds=retention.TURN * 60 * turn)) for turn in range(5)]
    assert max(gone) == 3
    assert sum(gone) == 8


def test_the_walk_tells_every_key_once_and_goes_on_where_it_is_told(make_asset):
    keys = sorted(make_asset(data=samples.png(n, 20), name=f"{n}.png").storage_key for n in range(30, 36))
    assert [key for key, _at in storage.walk("assets/")] == keys
    assert [key for key, _at in storage.walk("assets/", after=keys[2])] == keys[3:]


def test_a_copy_that_no_message_has_used_for_long_is_made_anew_when_it_is_needed(asset):
    old, new = copy_of(asset), copy_of(asset)
    Rendition.objects.filter(pk=old.pk).update(used_at=timezone.now() - timedelta(days=31))
    assert retention.clean()["copies"] == 1
    assert Rendition.objects.get() == new
    assert not default_storage.exists(old.storage_key)
    Rendition.objects.update(used_at=timezone.now() - timedelta(days=31))
    uses.note([asset.pk], "message:1", None)
    assert retention.clean()["copies"] == 0


def test_a_copy_that_is_asked_for_again_is_in_use_again(asset):
    target = Target(("image/jpeg",), 50_000)
    row = renditions.ask(asset, target)
    Rendition.objects.update(status=Rendition.Status.FAILED, used_at=timezone.now() - timedelta(days=31))

    assert renditions.ask(asset, target) == row

    assert retention.clean()["copies"] == 0


def test_old_fetches_ended_uses_and_what_was_abandoned_go_too(asset):
    links.address(asset, "account:1")
    for days in (0, 91):
        fetch_log.note(asset.links.get().pk, method="GET", status=200, size=1, client="x")
        MediaFetch.objects.filter(pk=MediaFetch.objects.latest("pk").pk).update(
            at=timezone.now() - timedelta(days=days)
        )
    uses.note([asset.pk], "message:1", timezone.now())
    upload = direct_uploads.start(owner="user:1", name="a.png", size=3)
    default_storage.save(upload.storage_key, ContentFile(b"abc"))
    Upload.objects.update(expires_at=timezone.now())
    Asset.objects.create(
        kind="image", mime_type="image/png", size=1, sha256="0" * 64, name="x", storage_key="assets/00/x", owner="u",
        status="pending", created_at=timezone.now() - timedelta(days=2),
    )  # fmt: skip
    done = retention.clean()
    assert {name: done[name] for name in ("fetches", "uses", "uploads", "unfinished")} == dict.fromkeys(
        ("fetches", "uses", "uploads", "unfinished"), 1
    )
    assert MediaFetch.objects.count() == 1
    assert Asset.objects.get() == asset
    assert not default_storage.exists(upload.storage_key)


def test_while_the_storage_is_away_only_rows_go(asset, settings, tmp_path):
    over(asset)
    folder = on_disk(asset.storage_key).parent
    held = folder.rename(tmp_path / "held")
    folder.write_bytes(b"a file where the folder should be")
    assert retention.clean()["assets"] == 1
    folder.unlink()
    held.rename(folder)
    age(asset.storage_key, days=2)
    assert retention.clean()["orphans"] == 1
    assert not default_storage.exists(asset.storage_key)


@pytest.mark.parametrize("step", ["named", "copy", "delete", "settle"])
def test_a_worker_that_dies_while_it_lets_go_takes_nothing_from_who_comes_again(asset, monkeypatch, step):
    """Content is let go up to each step, somebody uploads the same, and the clean-up finds what was left behind."""
    data, key = samples.png(), asset.storage_key
    asset.delete()

    class Killed(BaseException):
        pass

    room = contents if step in ("named", "settle") else storage
    real = getattr(room, step)

    def die(*args: object) -> object:
        if step in ("copy", "delete"):
            real(*args)
        raise Killed

    monkeypatch.setattr(room, step, die)
    with pytest.raises(Killed):
        contents.drop(key)
    monkeypatch.undo()
    again = uploads.store(data, name="Sea view.png", owner="user:2")
    for found, _at in list(storage.walk(contents.ASIDE)):
        age(found, days=2)
    retention.clean()
    with storage.open(again.storage_key) as kept:
        assert len(kept.read()) == again.size
    assert list(storage.walk(contents.ASIDE)) == []


@pytest.mark.django_db(transaction=True)
def test_purging_and_uploading_the_same_content_at_once_loses_nothing():
    """Round after round one thread purges the last row of a content while another brings the same content in."""
    data = samples.png(33, 21)
    kept = uploads.store(data, name="0", owner="user:0")
    inspection = uploads.inspect(data)
    real, uploads.inspect = uploads.inspect, lambda source: inspection
    try:
        for turn in range(1, 25):
            start = threading.Barrier(2)
            found: list[Asset] = []

            def upload(turn: int = turn, start: threading.Barrier = start, found: list[Asset] = found) -> None:
                start.wait(10)
                found.append(uploads.store(data, name=str(turn), owner=f"user:{turn}"))
                connection.close()

            thread = threading.Thread(target=upload)
            thread.start()
            start.wait(10)
            time.sleep((turn % 8) * 0.001)
            uploads.purge(kept)
            thread.join(20)
            [kept] = found
            with storage.open(kept.storage_key) as content:
                assert len(content.read()) == kept.size, turn
    finally:
        uploads.inspect = real


def test_one_file_for_a_million_people_lies_once_and_has_one_address_for_each_account(make_asset, client):
    first, second = make_asset(owner="user:1"), make_asset(owner="key:2")
    one, other = links.address(first, "account:1"), links.address(first, "account:2")
    assert len({one, other, links.address(first, "account:1"), links.address(second, "account:1")}) == 3
    assert [key for key, _at in storage.walk("assets/")] == [first.storage_key]


def test_addresses_of_many_files_are_few_queries_and_then_none(make_asset, django_assert_max_num_queries):
    files = [make_asset(name=f"{n}.png").pk for n in range(6)]
    with django_assert_max_num_queries(6):
        links.hosted(files, "account:1")
    with django_assert_max_num_queries(0):
        assert len(links.hosted([*files, *files], "account:1")) == 6
    assert links.hosted([uuid4()], "account:1") == {}
