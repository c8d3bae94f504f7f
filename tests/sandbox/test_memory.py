"""What a provider remembers between calls, and the codes that a message asks for."""

from dataclasses import dataclass

import pytest

from messaging.content import Content, FallbackSms, Slide
from messaging.gateway.serving import Medium, ReceivedMessage
from mmsportal.sandbox import forced, memory
from mmsportal.sandbox.memory import Memory


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def stored(kind: str, text: str = "") -> ReceivedMessage:
    content = Content(fallback=FallbackSms(text))
    return ReceivedMessage("", (), content, media=(Medium(kind, "https://media.example.org/m"),), save=True)


class TestOneTimeValues:
    def test_a_value_is_new_once_in_fifteen_minutes(self) -> None:
        clock = Clock()
        desk = Memory(10, clock)
        assert [desk.first_sight("a"), desk.first_sight("a"), desk.first_sight("b")] == [True, False, True]
        clock.now = 15 * 60 - 1
        assert not desk.first_sight("a")
        clock.now = 15 * 60
        assert desk.first_sight("a")

    def test_no_more_are_kept_than_there_is_room_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(memory, "SIGHTS", 3)
        desk = Memory(10, Clock())
        for key in "abcd":
            assert desk.first_sight(key)
        assert not desk.first_sight("d")
        assert desk.first_sight("a")


class TestStoredContents:
    def test_what_nobody_stored_is_not_there(self) -> None:
        assert Memory(10).saved("r") is None

    @pytest.mark.parametrize(("kind", "slow"), [("image", ""), ("pdf", ""), ("audio", "audio"), ("video", "video")])
    def test_audio_and_video_have_to_be_encoded_first(self, kind: str, slow: str) -> None:
        desk = Memory(10)
        assert desk.store("r", stored(kind)) == slow
        found = desk.saved("r")
        assert found is not None
        assert (found.ready, found.failed) == (not slow, False)

    @pytest.mark.parametrize(("text", "well"), [("", True), ("sandbox:encoding=failed", False)])
    def test_encoding_ends_well_unless_the_content_asks_otherwise(self, text: str, well: bool) -> None:
        desk = Memory(10)
        desk.store("r", stored("video", text))
        assert desk.encoded("r") is well
        found = desk.saved("r")
        assert found is not None
        assert (found.ready, found.failed) == (well, not well)

    def test_what_is_forgotten_was_not_encoded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(memory, "CONTENTS", 1)
        desk = Memory(10)
        desk.store("old", stored("video"))
        desk.store("new", stored("video"))
        assert (desk.encoded("old"), desk.encoded("new")) == (False, True)


class TestCodesOnDemand:
    @pytest.mark.parametrize(
        ("text", "where", "codes"),
        [
            ("", "answer", []),
            ("sandbox:answer=E229", "answer", ["E229"]),
            ("sandbox:answer=E229", "receipt", []),
            ("Try sandbox:receipt=E102_Expired, then sandbox:receipt=7500", "receipt", ["E102_Expired,", "7500"]),
            ("sandbox:receipt=7500 sandbox:receipt=7500", "receipt", ["7500"]),
            ("sandbox:answer= E229", "answer", []),
        ],
    )
    def test_codes_are_found_in_a_text(self, text: str, where: str, codes: list[str]) -> None:
        assert forced.codes(Content(slides=(Slide(text),)), where) == codes

    def test_any_text_may_ask(self) -> None:
        asking = "sandbox:answer=E1"
        contents = (
            Content(asking),
            Content("", asking),
            Content(slides=(Slide(), Slide(asking))),
            Content(fallback=FallbackSms(asking)),
        )
        assert [forced.codes(content, "answer") for content in contents] == [["E1"]] * 4

    @pytest.mark.parametrize(
        ("written", "first", "last"),
        [
            ("http_503", "http_503", "http 503"),
            ("E102_Expired,", "E102_Expired,", "E102 Expired"),
            ("-10004", "-10004", "-10004"),
        ],
    )
    def test_the_literal_reading_comes_first(self, written: str, first: str, last: str) -> None:
        found = list(forced.spellings(written))
        assert (found[0], found[-1]) == (first, last)
