"""Every file of the corpus gets its verdict; what is made of good ones at random never gets through as another type."""

import corpus
import pytest
import samples
from django.utils.translation import gettext, override
from hypothesis import given, settings
from hypothesis import strategies as st

from media.inspection import KINDS, MAX_BYTES, Refused, inspect
from media.inspection.sniffing import sniff
from media.models import EXTENSIONS

MUTATED = ["jpeg", "png", "gif moving", "webp", "heic", "mp4", "mp3", "amr", "wav", "vcard", "icalendar", "pdf", "pass"]
bases = {name: corpus.GOOD[name][0]() for name in MUTATED}


def verdict(data: bytes) -> str:
    try:
        found = inspect(data)
    except Refused as refused:
        return refused.code if refused.message and refused.fix and translated(refused) else "said nothing"
    assert found.extension == EXTENSIONS[found.mime_type]
    assert found.kind in KINDS
    # What would be served is again of the type it was called.
    assert sniff(found.data[:1024]).kind in (found.kind, "video")
    return found.mime_type


def translated(refused: Refused) -> bool:
    """Whether nothing of a refusal is left in English, or unfilled, for a reader of another language."""
    with override("fr"):
        told = refused.as_dict(gettext)
    pairs = ((str(told["message"]), refused.message), (str(told["fix"]), refused.fix))
    return all(said != english and not set("{}") & set(said) for said, english in pairs)


def test_the_corpus_is_large_and_covers_every_type():
    assert len(corpus.CORPUS) >= 120
    assert {expected for _make, expected in corpus.GOOD.values()} == set(EXTENSIONS)
    assert set(KINDS) == set(MAX_BYTES)


@pytest.mark.parametrize("name", corpus.CORPUS)
def test_a_file_gets_its_verdict(name):
    make, expected = corpus.CORPUS[name]
    assert verdict(make()) == expected


@settings(max_examples=120)
@given(data=st.data(), name=st.sampled_from(MUTATED))
def test_a_damaged_file_is_refused_or_still_what_it_was(data, name):
    given_bytes = bytearray(bases[name])
    given_bytes = given_bytes[: data.draw(st.integers(1, len(given_bytes)), label="kept")]
    for at in data.draw(st.lists(st.integers(0, len(given_bytes) - 1), max_size=8), label="flipped"):
        given_bytes[at] ^= 1 << at % 8
    got = verdict(bytes(given_bytes))
    # A flipped brand turns an MP4 into another film or sound; nothing turns it into a page or a picture.
    kin = {"video/mp4": "video/ audio/", "text/vcard": "text/"}
    expected = corpus.GOOD[name][1]
    assert "/" not in got or got == expected or got.startswith(tuple(kin.get(expected, "-").split()))


def test_private_data_leaves_every_kind_of_photo():
    for form in ("JPEG", "WEBP", "HEIF", "AVIF", "PNG"):
        before = samples.photo_with_place(form)
        found = inspect(before)
        assert b"Example Camera" in before
        assert b"Example Camera" not in found.data
        assert [finding.code for finding in found.findings] == ["metadata_removed"]


def test_a_photo_that_need_not_be_turned_keeps_every_bit_of_its_picture():
    before = samples.jpeg_with_place(orientation=1)
    after = inspect(before).data
    scan = before.index(b"\xff\xda")
    assert after.endswith(before[scan:])


def test_a_photo_taken_lying_is_told_and_kept_as_shown():
    for form in ("WEBP", "AVIF"):
        found = inspect(samples.photo_with_place(form, orientation=6))
        assert (found.width, found.height) == (48, 64)


def test_a_pass_that_reports_elsewhere_says_so():
    found = inspect(corpus.GOOD["pass with a web service"][0]())
    assert found.findings[0].code == "pass_remote_service"
    assert "passes.example.org" in found.findings[0].message


def test_what_hangs_before_or_behind_the_files_of_a_pass_is_gone():
    found = inspect(samples.pkpass() + samples.HTML)
    assert samples.HTML not in found.data
