"""What a fetcher would meet at an address: one look, and rules that are handed in."""

from dataclasses import replace

import pytest

from media.fetching import Fetched, Met
from media.inspection import Inspection
from media.preflight import Fetcher, Look, notes

URL = "https://files.example.org/tour.png"
MET = Met(URL, length=9, head=200)
PICTURE = Inspection("image", "image/png", "png", b"a picture", 4, 3)
STRICT = Fetcher("Strict", {"image": frozenset({"image/png"})}, {"image": 100}, needs_length=True, wants_extension=True)
LOOSE = Fetcher("Loose", {"image": frozenset({"image/png", "image/jpeg"})}, by_extension=True)


def look(url: str = URL, content_type: str = "image/png", data: bytes = b"a picture", file=PICTURE, **met) -> Look:
    return Look(url, Fetched(data, content_type, "tour.png", replace(MET, url=url, **met)), file)


def found(one: Look, kind: str = "image", fetchers=(STRICT, LOOSE)) -> dict[str, tuple[str, ...]]:
    return {note.code: note.fetchers for note in notes(one, kind, fetchers)}


def test_an_address_that_answers_well_has_no_notes():
    assert found(look()) == {}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (look(length=None), {"fetch_no_length": ("Strict",)}),
        (look(length=None, chunked=True), {"fetch_chunked": ("Strict",)}),
        (look(redirects=1), {"fetch_redirected": ("Strict", "Loose")}),
        (look(head=405), {"fetch_no_head": ()}),
        (look(head=None), {}),
        (look(content_type="Image/PNG; charset=binary"), {}),
        (look(content_type="application/octet-stream"), {"fetch_untyped": ("Strict",)}),
        (look(content_type=""), {"fetch_untyped": ("Strict",)}),
        (
            look("https://files.example.org/tour", content_type=""),
            {"fetch_untyped": ("Strict", "Loose"), "fetch_no_extension": ("Strict",)},
        ),
        (look(content_type="image/jpeg"), {"fetch_type_not_taken": ("Strict",)}),
        (look(content_type="text/html"), {"fetch_type_not_taken": ("Strict", "Loose")}),
        (look(data=bytes(101)), {"fetch_too_large": ("Strict",)}),
        (look(file=None), {"fetch_not_media": ("Strict", "Loose")}),
        (look(file=replace(PICTURE, kind="video")), {"fetch_other_kind": ("Strict", "Loose")}),
        (look("http://files.example.org/tour.png"), {"fetch_not_secure": ()}),
        (look(f"{URL}?size=2"), {}),
    ],
)
def test_each_trap_is_told_to_whom_it_concerns(one, expected):
    assert found(one) == expected


def test_a_query_matters_where_it_is_dropped():
    dropping = replace(LOOSE, drops_query=frozenset({"image"}))
    assert found(look(f"{URL}?size=2"), fetchers=(STRICT, dropping)) == {"fetch_query_dropped": ("Loose",)}


def test_every_sentence_can_be_filled_in():
    bad = look(
        "http://files.example.org/tour?a=1",
        content_type="image/bmp",
        data=bytes(200),
        redirects=1,
        head=500,
        length=None,
    )
    said = notes(bad, "image", (replace(STRICT, drops_query=frozenset({"image"})), LOOSE))
    sentences = [sentence.format_map(note.values) for note in said for sentence in (note.words, note.fix)]
    assert len(said) == 8
    assert not [sentence for sentence in sentences if "{" in sentence]
    assert "at most 100 " in " ".join(sentences)
