"""A copy is made once, whoever asks and whoever dies; the original stays."""

import io
from datetime import timedelta

import pytest
from django.utils import timezone
from PIL import Image

from media import contents, renditions, storage, uploads
from media.fitting import Target
from media.models import Asset, Rendition
from tests.media.fitting import sources

TARGET = Target(("image/jpeg", "image/png"), 9_000)
Status = Rendition.Status


@pytest.fixture
def photo(db) -> Asset:
    return uploads.store(sources.jpeg(320, 240), name="Harbour.jpg", owner="user:999")


def test_a_copy_is_made_served_and_measured(photo, client, django_capture_on_commit_callbacks):
    heard: list[object] = []
    renditions.settled.connect(lambda **given: heard.append(given), weak=False, dispatch_uid="heard")
    rendition = renditions.ask(photo, TARGET)

    try:
        assert renditions.work()
    finally:
        renditions.settled.disconnect(dispatch_uid="heard")

    rendition.refresh_from_db()
    assert (rendition.status, rendition.progress, rendition.mime_type) == (Status.READY, 100, "image/jpeg")
    assert rendition.size <= 9_000 < photo.size
    assert 0 < rendition.measured["ssim"] <= 1
    assert rendition.measured["memory"] > 0
    assert len(heard) == 1
    answer = client.get(rendition.public_path)
    data = b"".join(answer.streaming_content)
    assert (answer.status_code, answer["Content-Type"], len(data)) == (200, "image/jpeg", rendition.size)
    with Image.open(io.BytesIO(data)) as copy:
        assert copy.size == (rendition.width, rendition.height)
    with storage.open(photo.storage_key) as original:
        assert len(original.read()) == photo.size
    assert not renditions.work()


def test_the_same_copy_is_asked_for_once(photo, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        first, second, other = renditions.ask_all(
            [(photo, TARGET), (photo, TARGET), (photo, Target(("image/jpeg",), 5_000))]
        )
    assert first.pk == second.pk != other.pk
    assert renditions.ask(photo, TARGET).pk == first.pk


def test_asking_rings_once_it_is_committed(photo, django_capture_on_commit_callbacks, monkeypatch):
    rings: list[bool] = []
    renditions.asked.connect(lambda **given: rings.append(True), weak=False, dispatch_uid="rings")
    try:
        with django_capture_on_commit_callbacks(execute=True):
            renditions.ask(photo, TARGET)
            assert not rings
    finally:
        renditions.asked.disconnect(dispatch_uid="rings")
    assert rings == [True]


def test_what_a_dead_worker_held_is_taken_up_when_its_lease_is_over(photo):
    row = renditions.ask(photo, TARGET)
    now = timezone.now()
    Rendition.objects.filter(pk=row.pk).update(
        status=Status.RUNNING, lease_until=now + timedelta(seconds=30), attempts=1
    )
    assert not renditions.due()
    assert not renditions.work()

    Rendition.objects.filter(pk=row.pk).update(lease_until=now - timedelta(seconds=1))

    assert renditions.due()
    assert renditions.work()
    row.refresh_from_db()
    assert (row.status, row.attempts) == (Status.READY, 2)


def test_a_file_that_ends_every_worker_is_given_up(photo):
    row = renditions.ask(photo, TARGET)
    Rendition.objects.filter(pk=row.pk).update(status=Status.RUNNING, lease_until=timezone.now(), attempts=3)

    assert not renditions.work()

    row.refresh_from_db()
    assert (row.status, row.code) == (Status.FAILED, "media_fitting_failed")


@pytest.mark.parametrize(("code", "again"), [("media_fitting_failed", True), ("media_cannot_fit", False)])
def test_what_failed_for_a_reason_that_may_pass_is_tried_again_later(photo, code, again):
    row = renditions.ask(photo, TARGET)
    Rendition.objects.update(status=Status.FAILED, code=code, attempts=3, lease_until=timezone.now() + renditions.AGAIN)
    assert renditions.ask(photo, TARGET).status == Status.FAILED

    Rendition.objects.update(lease_until=timezone.now())
    row = renditions.ask(photo, TARGET)

    assert (row.status == Status.WAITING) is again
    assert renditions.work() is again


def test_who_lost_the_lease_writes_nothing(photo):
    row = renditions.ask(photo, TARGET)
    Rendition.objects.filter(pk=row.pk).update(status=Status.RUNNING, lease_until=timezone.now())
    row.refresh_from_db()
    lease = renditions._Lease(row)
    Rendition.objects.filter(pk=row.pk).update(lease_until=timezone.now() + timedelta(seconds=60))

    lease.tell(50)
    lease.end(status=Status.FAILED, code="late")

    row.refresh_from_db()
    assert (row.status, row.progress, row.code) == (Status.RUNNING, 0, "")


def test_the_clean_up_lets_a_copy_be_that_is_just_being_stored(photo, monkeypatch):
    put = storage.put

    def put_and_clean(data: bytes, **given: str) -> str:
        key = put(data, **given)
        assert not contents.drop(key)
        return key

    monkeypatch.setattr(storage, "put", put_and_clean)
    row = renditions.ask(photo, TARGET)
    assert renditions.work()
    row.refresh_from_db()
    assert row.status == Status.READY
    assert storage.size(row.storage_key) == row.size


def test_progress_is_written_and_renews_the_lease(photo):
    row = renditions.ask(photo, TARGET)
    Rendition.objects.filter(pk=row.pk).update(status=Status.RUNNING, lease_until=timezone.now() + timedelta(seconds=5))
    row.refresh_from_db()
    lease = renditions._Lease(row)

    lease.tell(1)
    lease.tell(40)

    before = row.lease_until
    row.refresh_from_db()
    assert row.progress == 40
    assert row.lease_until > before + timedelta(seconds=30)


def test_no_more_are_made_at_a_time_than_there_is_room_for(photo):
    targets = [Target(("image/jpeg",), size) for size in (5_000, 6_000, 7_000)]
    rows = renditions.ask_all([(photo, target) for target in targets])
    Rendition.objects.filter(pk__in=[row.pk for row in rows[:2]]).update(
        status=Status.RUNNING, lease_until=timezone.now() + timedelta(seconds=30)
    )
    assert not renditions.work()


@pytest.mark.parametrize(
    ("trouble", "status", "code", "attempts"),
    [
        (FileNotFoundError("gone"), Status.FAILED, "media_gone", 1),
        (storage.Unavailable("down"), Status.WAITING, "", 0),
    ],
)
def test_a_lost_file_fails_and_a_storage_that_is_down_is_waited_for(
    photo, monkeypatch, trouble, status, code, attempts
):
    row = renditions.ask(photo, TARGET)

    def broken(_key: str) -> object:
        raise trouble

    monkeypatch.setattr(storage, "open", broken)
    assert renditions.work()

    row.refresh_from_db()
    assert (row.status, row.code, row.attempts) == (status, code, attempts)
    assert not renditions.work()


def test_what_cannot_fit_has_failed_and_says_why(photo):
    row = renditions.ask(photo, Target(("image/jpeg",), 50))
    renditions.work()

    row.refresh_from_db()
    assert (row.status, row.code) == (Status.FAILED, "media_cannot_fit")
    assert "50 bytes" in row.text


def test_a_smaller_one_is_made_from_the_original(photo):
    first = renditions.ask(photo, TARGET)
    renditions.work()
    first.refresh_from_db()

    second = renditions.smaller(first)
    renditions.work()
    second.refresh_from_db()

    assert second.asset_id == photo.pk
    assert 0 < second.size <= first.size * 0.7
    assert renditions.smaller(first).pk == second.pk


def test_copies_are_found_by_their_names(photo):
    row = renditions.ask(photo, TARGET)

    assert set(renditions.named({str(row.pk), "no id"})) == {str(row.pk)}
    assert renditions.named(()) == {}
