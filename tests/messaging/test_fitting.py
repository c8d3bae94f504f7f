"""What has to be made of media so that every chosen account takes them, and when there is nothing to make."""

from dataclasses import replace

import pytest

from media.fitting import Target
from messaging import fitting
from messaging.content import Content, Part, Slide
from messaging.gateway import registry
from messaging.slide_rules import Finding, Profile, Severity, blocking, check

KB = 1000
TYPES = {"image": "image/jpeg", "video": "video/mp4", "audio": "audio/wav"}


def profile(name: str) -> Profile:
    return registry.provider(name).profile


def part(kind: str, size: int, *, mime_type: str = "", seconds: float | None = None) -> Part:
    asset = "018f2f5c-0000-7000-8000-000000000001"
    return Part(kind, asset=asset, size=size, mime_type=mime_type or TYPES[kind], seconds=seconds, name=f"a.{kind}")


def content(*parts: Part, text: str = "Hello") -> Content:
    return Content(subject="Hello", slides=tuple(Slide(text, parts=(one,)) for one in parts))


def wrong(made: Content, one: Profile) -> set[str]:
    return {finding.code for finding in blocking(check(made, [one]))} & fitting.CODES


@pytest.mark.parametrize("names", [["webex"], ["sinch"], ["skycore"], ["webex", "sinch", "skycore"]])
def test_four_kinds_are_planned_to_fit_every_account(names):
    four = content(
        part("image", 10_000 * KB),
        part("image", 6_000 * KB, mime_type="image/gif"),
        part("video", 8_000 * KB, seconds=20),
        part("audio", 5_000 * KB, seconds=60),
    )
    profiles = [profile(name) for name in names]

    jobs = fitting.plan(four, profiles)
    planned = fitting.as_planned(four, jobs)

    assert [job.pointer for job in jobs] == ["/slides/0/image", "/slides/1/image", "/slides/2/video", "/slides/3/audio"]
    assert all(not wrong(planned, one) for one in profiles)
    assert 650 * KB < sum(job.target.budget for job in jobs) <= 750 * KB
    assert "image/gif" not in jobs[0].target.types
    assert jobs[1].planned.mime_type == "image/gif"
    assert jobs[3].target.types == ("audio/mpeg",) if "webex" in names or "skycore" in names else True


def test_what_fits_already_is_left_alone():
    small = content(part("image", 90 * KB), part("video", 300 * KB, seconds=5))

    assert fitting.plan(small, [profile("webex")]) == ()


def test_only_what_must_change_is_planned_when_the_whole_has_room():
    mixed = content(part("image", 90 * KB), part("audio", 200 * KB, seconds=4))

    jobs = fitting.plan(mixed, [profile("webex")])

    assert [(job.pointer, job.target.types) for job in jobs] == [("/slides/1/audio", ("audio/mpeg",))]


def test_texts_and_cards_keep_their_room():
    card = Part("contact", asset="a", size=90 * KB, mime_type="text/vcard")
    made = content(part("image", 2_000 * KB), card, text="x" * 4000)

    jobs = fitting.plan(made, [profile("webex")])
    reserved = fitting.plan(made, [profile("webex")], reserve=100 * KB)

    assert [job.pointer for job in jobs] == ["/slides/0/image"]
    assert not wrong(fitting.as_planned(made, jobs), profile("webex"))
    assert reserved[0].target.budget <= jobs[0].target.budget - 100 * KB


def test_a_callers_own_address_is_not_ours_to_change():
    foreign = Content(slides=(Slide("", parts=(Part("image", url="https://example.org/a.jpg", host="caller"),)),))

    assert fitting.plan(foreign, [profile("webex")]) == ()


def test_what_no_copy_could_make_fit_says_why():
    long = content(part("video", 90_000 * KB, seconds=600))

    why = fitting.unfit(long, [profile("webex")])

    assert fitting.plan(long, [profile("webex")]) == ()
    assert why is not None
    assert (why.code, why.severity, why.limit, why.actual) == (
        "media_cannot_fit",
        Severity.ADVISES,
        profile("webex").total_bytes,
        2_700 * KB,
    )


def test_messages_that_differ_by_a_word_share_their_copies():
    picture = part("image", 2_000 * KB)

    one, other = (fitting.plan(content(picture, text=text), [profile("webex")]) for text in ("Hello", "Hello again"))

    assert one[0].target == other[0].target == Target(("image/jpeg", "image/png"), 745_000)


def test_a_phone_photo_becomes_a_type_that_is_taken():
    photo = content(part("image", 300 * KB, mime_type="image/heic"))

    (job,) = fitting.plan(photo, [profile("telesign")])

    assert job.planned.mime_type == "image/jpeg"
    # The same picture weighs more as a JPEG.
    assert job.target.budget == 600 * KB


def test_the_advice_names_the_file_and_both_sizes():
    jobs = fitting.plan(content(part("image", 2_000 * KB)), [profile("webex")])

    (found,) = fitting.advice(jobs)

    assert (found.code, found.severity, found.pointer) == (
        "media_will_be_fitted",
        Severity.ADVISES,
        "/content/slides/0/image",
    )
    assert (found.actual, found.limit) == (2_000 * KB, 745_000)
    assert "a.image" in found.message


def test_only_what_fitting_can_mend_makes_a_message_mendable():
    large = Finding("part_too_large", Severity.BLOCKS, "/content/slides/0/image", "")
    other = replace(large, code="fallback_missing")

    assert fitting.mendable([large]) == (True, True)
    assert fitting.mendable([large, other]) == (True, False)
    assert fitting.mendable([other]) == fitting.mendable([]) == (False, False)
    assert fitting.mendable([large, replace(other, severity=Severity.ADVISES)]) == (True, True)


@pytest.mark.parametrize(("options", "wanted"), [({}, True), ({"fit_media": False, "text_if_unfit": False}, False)])
def test_an_account_says_whether_it_wants_that(options, wanted):
    assert fitting.allowed(options) is wanted
    assert fitting.text_if_unfit(options) is wanted
