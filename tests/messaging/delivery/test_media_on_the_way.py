"""The files of a message between acceptance and handset: who fetches them where, and what waits when they are away."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from media import fetch_log, presence, uploads
from media.models import Asset, AssetUse, MediaFetch, PublicLink
from messaging import delivery, timeline
from messaging.content import Content, FallbackSms, Part, Slide
from messaging.delivery import attachments
from messaging.fetches import cause, never_came, story_with_fetches
from messaging.gateway import registry
from messaging.models import Message, Sender, Transaction
from messaging.timeline import Moment
from tests.media import samples
from tests.working import settled, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _files_here(tmp_path: Path, settings, live_server) -> None:
    default_storage.location = str(tmp_path / "media")
    settings.MEDIA_PUBLIC_BASE_URL = live_server.url


@pytest.fixture
def picture() -> Asset:
    return uploads.store(samples.jpeg(640, 480), name="autumn.jpg", owner="user:1")


@pytest.fixture
def content(picture: Asset) -> Content:
    part = Part("image", asset=str(picture.pk))
    return Content("Autumn", "Autumn", (Slide("Look", parts=(part,)),), FallbackSms("Look"))


@pytest.fixture
def sent(
    content: Content, queued: Callable[..., Message], make_account, make_sender: Callable[..., Sender], sandbox
) -> Callable[..., Transaction]:
    """A message with a picture to one number, at a provider's sandbox, seen through until nothing more is expected."""

    def send(provider: str = "webex", number: str = "+14165550100") -> Transaction:
        # Telesign's dialect has no room for texts beside a file.
        said = replace(content, subject="", slides=(Slide(parts=content.slides[0].parts),))
        message = queued(
            number,
            content=said if provider == "telesign" else content,
            sender=make_sender(make_account(provider)),
        )
        work(settled(message.transactions.all()))
        return message.transactions.select_related("message", "account").get()

    return send


def told(row: Transaction) -> list[Moment]:
    row = Transaction.objects.select_related("message", "account").get(pk=row.pk)
    return story_with_fetches(row, timeline.story(row))


def lines(row: Transaction, kind: str) -> list[str]:
    return [f"{one.title}: {one.text}" for one in told(row) if one.kind == kind]


@pytest.mark.parametrize("provider", registry.names())
def test_the_story_says_who_fetched_what(provider: str, sent, picture: Asset) -> None:
    row = sent(provider)
    label = registry.provider(provider).client.LABEL
    assert row.status == "delivered"
    size = f"{round(picture.size / 1000)} KB"
    assert lines(row, "fetched") == [f"{label} fetched autumn.jpg: {size}, 200"]
    assert PublicLink.objects.get().audience == row.account.audience
    assert MediaFetch.objects.filter(method="HEAD", status=200).exists()


def test_a_file_that_could_not_be_fetched_is_explained_by_our_own_log(sent, picture: Asset, monkeypatch) -> None:
    Asset.objects.filter(pk=picture.pk).update(sha256="0" * 64)
    monkeypatch.setattr(attachments.presence, "troubles", lambda keys: {})
    (Path(default_storage.location) / picture.storage_key).unlink()
    row = sent("webex")
    assert (row.status, row.reason_code) == ("failed", "7554")
    assert lines(row, "fetch_failed") == [
        "Webex Connect asked for autumn.jpg in vain: 404, 2 times. The file is missing from the storage, or its "
        "address was changed on the way."
    ]
    assert cause(told(row)).startswith("Webex Connect asked for autumn.jpg in vain. 404, 2 times.")


def test_a_file_that_is_needed_is_served_past_its_time(sent, picture: Asset, client) -> None:
    row = sent()
    Asset.objects.update(expires_at=timezone.now() - timedelta(days=1), status=Asset.Status.ARCHIVED)
    assert client.get(picture.public_path).status_code == 200
    use = AssetUse.objects.get(label=f"message:{row.message_id}")
    assert use.until > row.expires_at + timedelta(hours=72)
    AssetUse.objects.update(until=timezone.now())
    assert client.get(picture.public_path).status_code == 410


@pytest.mark.parametrize(("status", "hours", "said"), [("accepted", 2, 1), ("accepted", 0, 0), ("delivered", 2, 0)])
def test_a_provider_that_never_came_is_reported_unless_the_message_got_through(sent, status, hours, said) -> None:
    row = sent()
    MediaFetch.objects.all().delete()
    row.timeline.exclude(kind__in=["sending", "accepted"]).delete()
    long_ago = timezone.now() - timedelta(hours=hours)
    row.timeline.update(at=long_ago)
    Transaction.objects.update(status=status, receipt_deadline=timezone.now(), updated_at=long_ago)
    PublicLink.objects.update(created_at=long_ago)
    assert len(lines(row, "never_fetched")) == said
    assert never_came(timezone.now()) == ({row.account.name: 1} if said else {})
    assert lines(row, "fetched_earlier") == []


def test_what_a_provider_has_from_before_is_no_alarm(sent) -> None:
    row = sent()
    MediaFetch.objects.update(at=row.created_at - timedelta(days=1))
    assert [line.split(":")[0] for line in lines(row, "fetched_earlier")] == [
        "Webex Connect fetched autumn.jpg earlier"
    ]
    assert lines(row, "never_fetched") == lines(row, "fetched") == []


def test_who_first_came_after_the_message_had_ended_did_not_come_for_it(sent) -> None:
    row = sent()
    row.timeline.update(at=timezone.now() - timedelta(hours=5))
    PublicLink.objects.update(created_at=timezone.now() - timedelta(days=1))
    assert lines(row, "fetched_earlier") == lines(row, "never_fetched") == []
    Transaction.objects.update(status="failed", receipt_deadline=timezone.now())
    assert lines(row, "fetched_earlier") == []
    assert lines(row, "never_fetched") == [
        "Webex Connect did not fetch autumn.jpg for this message: Accepted, and nobody came for the file before it was "
        "over."
    ]


@pytest.mark.parametrize(
    ("message_days", "address_days"), [(91, 92), (1, 92), (1, 0)], ids=["message", "address", "address made since"]
)
def test_what_is_older_than_the_log_or_the_address_nobody_knows(sent, message_days: int, address_days: int) -> None:
    row = sent()
    row.timeline.update(at=timezone.now() - timedelta(days=message_days))
    PublicLink.objects.update(created_at=timezone.now() - timedelta(days=address_days))
    MediaFetch.objects.all().delete()
    Transaction.objects.update(status="failed", receipt_deadline=timezone.now())
    assert lines(row, "fetched_earlier") == lines(row, "never_fetched") == []
    PublicLink.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert len(lines(row, "never_fetched")) == (message_days == 1)


@pytest.mark.parametrize("status", ["delivered", "unconfirmed"])
def test_who_comes_for_the_file_of_a_later_message_is_not_told_of_an_earlier_one(sent, status: str) -> None:
    row = sent()
    row.timeline.update(at=timezone.now() - timedelta(days=3))
    MediaFetch.objects.update(at=timezone.now())
    Transaction.objects.update(status=status, receipt_deadline=None)
    assert lines(row, "fetched") == []
    Transaction.objects.update(status="submitted", receipt_deadline=timezone.now())
    assert len(lines(row, "fetched")) == 1


def test_a_campaigns_fetches_are_told_together_and_bounded(sent) -> None:
    row = sent()
    [link] = PublicLink.objects.all()
    for _time in range(60):
        fetch_log.note(link.pk, method="GET", status=503, size=0, client="x")
    assert lines(row, "fetch_failed") == [
        f"Webex Connect asked for autumn.jpg in vain: 503, {len(lines_of(link))} times. Our storage did not give the "
        "file out at that moment."
    ]


def lines_of(link: PublicLink) -> list[MediaFetch]:
    """What of the sixty the story has read: fifty in all, the two real requests among them."""
    return [row for row in link.fetches.order_by("at", "pk")[:50] if row.status == 503]


def broken(storage: Path, how: str, picture: Asset) -> Callable[[], None]:
    """Take the stored files away in some manner. Out: what mends it."""
    place, aside = storage / picture.storage_key, storage.parent / "aside"
    if how == "lost":
        shutil.move(place, aside)
        return lambda: shutil.move(aside, place) and None
    if how == "cut":
        shutil.copy(place, aside)
        place.write_bytes(aside.read_bytes()[:-20])
        return lambda: shutil.move(aside, place) and None
    # A folder where the file should be: readable by nobody, root included.
    shutil.move(place, aside)
    place.mkdir()

    def mend() -> None:
        place.rmdir()
        shutil.move(aside, place)

    return mend


@pytest.mark.parametrize(
    ("how", "code"), [("lost", "media_lost"), ("cut", "media_lost"), ("unreadable", "media_unavailable")]
)
def test_what_cannot_be_read_waits_with_a_reason_and_goes_out_after(
    how, code, content, picture, queued, make_account, make_sender, sandbox
) -> None:
    sender = make_sender(make_account("sinch"))
    mend = broken(Path(default_storage.location), how, picture)
    message = queued("+14165550100", "+14165550101", content=content, sender=sender)
    delivery.pump(once=True)
    rows = list(message.transactions.all())
    assert {(row.status, row.attempt_no, row.lease_token) for row in rows} == {("queued", 0, None)}
    assert all(row.next_attempt_at > timezone.now() + timedelta(seconds=2) for row in rows)
    assert not rows[0].attempts.exists()
    assert [(told(row)[0].title, told(row)[0].code) for row in rows] == [("Waits for its media", code)] * 2
    assert sandbox.ledger() == []
    mend()
    presence.forget()
    work(settled(message.transactions.all()))
    assert set(message.transactions.values_list("status", flat=True)) <= {"delivered", "read"}
    assert [one.title for one in told(rows[0])].count("Waits for its media") == 1


def test_a_message_without_files_goes_out_meanwhile(content, picture, queued, sandbox) -> None:
    broken(Path(default_storage.location), "unreadable", picture)
    stuck, free = queued(content=content), queued("+14165550102")
    work(settled(free.transactions.all()), hurry=False)
    assert free.transactions.get().status in ("delivered", "read")
    assert stuck.transactions.get().status == "queued"


def test_a_deleted_file_fails_the_message(content, picture, queued, sandbox) -> None:
    row = queued(content=content).transactions.get()
    AssetUse.objects.all().delete()
    uploads.purge(picture)
    delivery.pump(once=True)
    row.refresh_from_db()
    assert (row.status, row.reason_code) == ("failed", "media_gone")
