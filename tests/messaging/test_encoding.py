"""A message whose media do not fit is accepted, waits for its copies, and leaves with them; or says why not."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from media import renditions, uploads
from media.models import Asset, Rendition
from messaging import encoding, steering
from messaging.composing import resolve
from messaging.content import Content, Part, Slide
from messaging.delivery.claiming import claim
from messaging.delivery.rendering import outbound
from messaging.gateway import registry
from messaging.gateway.errors import Refused
from messaging.models import Message, TimelineEntry
from messaging.queueing import NotQueued, examine, queue
from tests.media.fitting import sources
from tests.working import HELLO

pytestmark = pytest.mark.django_db
NUMBERS = ("+16475550142", "+16475550143")
Status = Rendition.Status


@pytest.fixture(autouse=True)
def _storage_of_its_own(settings, tmp_path):
    place = {"location": tmp_path / "media"}
    settings.STORAGES = settings.STORAGES | {"default": settings.STORAGES["default"] | {"OPTIONS": place}}


@pytest.fixture
def photo() -> Asset:
    """A picture whose row says 2 MB; where the copies are settled by hand its content does not matter."""
    return Asset.objects.create(
        kind="image",
        mime_type="image/jpeg",
        size=2_000_000,
        width=3000,
        height=2000,
        sha256="0" * 64,
        name="Harbour.jpg",
        storage_key="assets/00/none.jpg",
        owner="user:1",
    )


def showing(*assets: Asset, **fallback: object) -> Content:
    slides = tuple(Slide("Look", parts=(Part(asset.kind, asset=str(asset.pk)),)) for asset in assets)
    return replace(HELLO, slides=slides, fallback=replace(HELLO.fallback, **fallback))


def settle(**fields: object) -> None:
    """What a worker would write of each copy that is waited for."""
    for row in Rendition.objects.filter(status=Status.WAITING):
        made = {"status": Status.READY, "mime_type": "image/jpeg", "size": 500_000, "width": 1600, "height": 1067}
        made |= {"sha256": "1" * 64, "storage_key": "assets/11/copy.jpg"}
        Rendition.objects.filter(pk=row.pk).update(**(made | fields))


def kinds(message: Message) -> set[str]:
    return set(TimelineEntry.objects.filter(transaction__message=message).values_list("kind", flat=True))


def test_a_recording_that_no_phone_takes_goes_out_as_one_that_it_does(account, order):
    given = uploads.store(sources.wav(2), name="Greeting.wav", owner="user:1")
    message = queue(order(*NUMBERS, content=showing(given)), now=timezone.now())

    assert message.fitting == Message.Fitting.RUNNING
    assert message.transactions.filter(held=True).count() == 2
    assert claim(account, 10) == []
    assert encoding.finish() == 0

    assert renditions.work()
    assert encoding.finish() == 1
    assert encoding.finish() == 0

    message.refresh_from_db()
    (_where, part), *_rest = message.frozen.parts()
    copy = Rendition.objects.get(pk=part.rendition)
    assert message.fitting == Message.Fitting.DONE
    assert (part.mime_type, part.size, part.sha256) == ("audio/mpeg", copy.size, copy.sha256)
    assert part.url.endswith(copy.public_path)
    assert {"fitting", "fitted"} <= kinds(message)
    claims = claim(account, 10)
    assert len(claims) == 2
    sent = outbound(claims[0].transaction, registry.provider("webex"), now=timezone.now())
    assert [one.mime_type for _where, one in sent.content.parts()] == ["audio/mpeg"]
    assert default_storage.exists(given.storage_key)


def test_the_examination_advises_instead_of_blocking(order, photo):
    examination = examine(order(content=showing(photo)), now=timezone.now())

    assert examination.ok
    assert [job.pointer for job in examination.fitting] == ["/slides/0/image"]
    assert "media_will_be_fitted" in {finding.code for finding in examination.findings}
    # What the caller reads is the file as it was given.
    assert next(examination.content.parts())[1].size == 2_000_000
    assert not Rendition.objects.exists()


def test_two_large_pictures_share_the_message_whoever_carries_it(order, photo):
    message = queue(order(content=showing(photo, photo)), now=timezone.now())
    settle(size=370_000)

    assert encoding.finish() == 1

    message.refresh_from_db()
    assert Rendition.objects.count() == 1
    assert sum(part.size for _where, part in message.frozen.parts()) == 740_000


@pytest.mark.parametrize("who", ["caller", "account"])
def test_nothing_is_made_where_nobody_wants_it(account, order, photo, who):
    if who == "account":
        account.options = {"fit_media": False}
        account.save()
    with pytest.raises(NotQueued) as refusal:
        queue(order(content=showing(photo), fit_media=who == "account"), now=timezone.now())

    assert {"part_too_large", "message_too_large"} <= {finding.code for finding in refusal.value.findings}


def test_a_fault_that_fitting_cannot_mend_still_blocks(order, photo):
    with pytest.raises(NotQueued) as refusal:
        queue(order(content=showing(photo, text="")), now=timezone.now())

    assert "fallback_missing" in {finding.code for finding in refusal.value.findings}


def test_a_film_of_ten_minutes_is_refused_and_told_why(order, photo):
    Asset.objects.filter(pk=photo.pk).update(kind="video", mime_type="video/mp4", seconds=600)
    photo.refresh_from_db()

    with pytest.raises(NotQueued) as refusal:
        queue(order(content=showing(photo)), now=timezone.now())

    assert "media_cannot_fit" in {finding.code for finding in refusal.value.findings}


def test_the_fallback_text_goes_alone_where_a_copy_cannot_be_made(account, order, photo):
    message = queue(order(*NUMBERS, content=showing(photo)), now=timezone.now())
    settle(status=Status.FAILED, code="media_cannot_fit", text="The picture cannot be made small enough.")

    assert encoding.finish() == 1

    message.refresh_from_db()
    assert message.fitting == Message.Fitting.DONE
    assert [(slide.text, slide.parts) for slide in message.frozen.slides] == [(HELLO.fallback.text, ())]
    assert "unfitted" in kinds(message)
    assert len(claim(account, 10)) == 2


def test_the_message_fails_with_the_reason_where_the_account_wants_no_text(account, order, photo):
    account.options = {"text_if_unfit": False}
    account.save()
    message = queue(order(*NUMBERS, content=showing(photo)), now=timezone.now())
    settle(status=Status.FAILED, code="media_cannot_fit", text="The picture cannot be made small enough.")

    assert encoding.finish() == 1

    message.refresh_from_db()
    assert message.fitting == Message.Fitting.FAILED
    rows = message.transactions.all()
    assert {(row.status, row.reason_code, row.held) for row in rows} == {("failed", "media_cannot_fit", False)}
    assert claim(account, 10) == []


def test_a_copy_that_was_cleared_away_fails_the_message_rather_than_leave_it_waiting(order, photo):
    message = queue(order(content=showing(photo, disabled=False)), now=timezone.now())
    Rendition.objects.all().delete()

    assert encoding.finish() == 1

    message.refresh_from_db()
    assert message.fitting == Message.Fitting.DONE
    assert message.frozen.slides[0].text == HELLO.fallback.text


def test_what_was_withdrawn_meanwhile_stays_withdrawn(account, order, photo):
    message = queue(order(*NUMBERS, content=showing(photo)), now=timezone.now())
    steering.stop(message)
    settle()

    assert encoding.finish() == 1

    assert set(message.transactions.values_list("status", flat=True)) == {"cancelled"}
    assert claim(account, 10) == []


def test_a_paused_message_stays_paused_once_its_media_fit(account, order, photo, composer):
    message = queue(order(*NUMBERS, content=showing(photo)), now=timezone.now())
    steering.pause(message, composer)
    settle()

    assert encoding.finish() == 1
    assert claim(account, 10) == []

    steering.resume(message, composer)
    assert len(claim(account, 10)) == 2


def test_an_unfit_copy_is_caught_by_the_last_look(account, order, photo):
    message = queue(order(content=showing(photo)), now=timezone.now())
    settle(size=900_000)
    encoding.finish()
    (taken,) = claim(account, 1)

    with pytest.raises(Refused) as refused:
        outbound(taken.transaction, registry.provider("webex"), now=timezone.now())

    assert refused.value.code in {"part_too_large", "message_too_large"}
    assert message.pk == taken.transaction.message_id


def test_waiting_messages_are_looked_at_in_few_queries(order, photo, django_assert_max_num_queries):
    for number in NUMBERS:
        queue(order(number, content=showing(photo)), now=timezone.now())

    with django_assert_max_num_queries(2):
        assert encoding.finish() == 0


# Copies that a content names ------------------------------------------------------------------------


def test_a_content_goes_out_by_the_copy_it_names(photo):
    copy = Rendition.objects.create(asset=photo, target="image/jpeg:600000")
    settle()
    named = Content(slides=(Slide("", parts=(Part("image", asset=str(photo.pk), rendition=str(copy.pk)),)),))

    content, findings = resolve(named)

    part = content.slides[0].parts[0]
    assert not findings
    assert (part.size, part.sha256, part.name) == (500_000, "1" * 64, "Harbour.jpg")
    assert copy.token in part.url


def test_a_copy_that_is_not_ready_gives_way_to_the_original(photo):
    copy = Rendition.objects.create(asset=photo, target="image/jpeg:600000")
    named = Content(slides=(Slide("", parts=(Part("image", asset=str(photo.pk), rendition=str(copy.pk)),)),))

    content, findings = resolve(named)

    assert (content.slides[0].parts[0].rendition, content.slides[0].parts[0].size, findings) == ("", 2_000_000, [])


@pytest.mark.parametrize("which", ["another's", "unknown", "no id"])
def test_a_copy_of_another_file_is_refused(photo, which: str, make_copy: Callable[[], Rendition]):
    name = {"another's": str(make_copy().pk), "unknown": str(photo.pk), "no id": "x"}[which]
    named = Content(slides=(Slide("", parts=(Part("image", asset=str(photo.pk), rendition=name),)),))

    _content, findings = resolve(named)

    assert [(finding.code, finding.pointer) for finding in findings] == [
        ("rendition_unknown", "/content/slides/0/image/rendition")
    ]


@pytest.fixture
def make_copy(photo) -> Callable[[], Rendition]:
    def make() -> Rendition:
        other = Asset.objects.get(pk=photo.pk)
        other.pk, other.token = None, "x" * 22
        other._state.adding = True
        other.id = type(photo)._meta.get_field("id").get_default()
        other.save()
        return Rendition.objects.create(asset=other, target="image/jpeg:600000")

    return make
