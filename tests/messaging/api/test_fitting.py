"""Media that an account does not take as they are, sent over the API: encoded anew, or refused on request."""

import pytest

from media.models import Rendition
from media.uploads import store
from messaging.models import Message
from tests.media.fitting import sources

pytestmark = pytest.mark.django_db


@pytest.fixture
def content(key, settings, tmp_path) -> dict:
    place = {"location": tmp_path / "media"}
    settings.STORAGES = settings.STORAGES | {"default": settings.STORAGES["default"] | {"OPTIONS": place}}
    asset = store(sources.wav(1), name="Greeting.wav", owner=key.owner_label)
    slide = {"text": "Hear", "audio": {"asset": str(asset.pk)}}
    return {"subject": "Hello", "slides": [slide], "fallback": {"text": "Hear"}}


def test_a_dry_run_says_what_would_be_made_and_makes_nothing(send, content) -> None:
    answer = send(dry_run=True, content=content).json()

    assert answer["ok"] is True
    told = [one for one in answer["findings"] if one["code"] == "media_will_be_fitted"]
    assert [one["pointer"] for one in told] == ["/content/slides/0/audio"]
    assert not Rendition.objects.exists()


def test_a_send_is_accepted_and_waits(send, content) -> None:
    response = send(content=content)

    assert response.status_code == 201, response.content
    message = Message.objects.get(pk=response.json()["id"])
    assert message.fitting == Message.Fitting.RUNNING
    assert str(Rendition.objects.get().pk) in str(message.content)


def test_who_wants_files_as_they_are_is_refused(send, content, refused) -> None:
    assert "/content/slides/0/audio" in str(refused(send(content=content, fit_media=False), 422))


@pytest.mark.parametrize("value", ["yes", 1, []])
def test_the_switch_is_true_or_false(send, content, value) -> None:
    response = send(content=content, fit_media=value)

    assert response.status_code == 400
    assert [(one["pointer"], one["code"]) for one in response.json()["errors"]] == [("/fit_media", "wrong_type")]
