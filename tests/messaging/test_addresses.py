"""Numbers and sender IDs: one spelling inside, and a reason for everything that has none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.addresses import (
    AddressError,
    SenderKind,
    check_sender,
    country,
    digits,
    masked,
    masked_in,
    normalise,
    readable,
)


@pytest.mark.parametrize(
    "written",
    [
        "+16475550142",
        " +1 647 555 0142 ",
        "(647) 555-0142",
        "1-647-555-0142",
        "647.555.0142",
        "0016475550142",
        "６４７５５５０１４２",
        "\u202a+16475550142\u202c",
        "+1\u00a0647\u2011555\u20110142",
    ],
)
def test_usual_spellings_become_one(written: str) -> None:
    assert normalise(written) == "+16475550142"


def test_a_region_gives_national_spellings_their_country() -> None:
    assert normalise("020 7946 0958", region="GB") == "+442079460958"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "number_empty"),
        ("   ", "number_empty"),
        ("1" * 65, "number_too_long"),
        ("+1647XXXXXXX", "number_has_letters"),
        ("+16475550142 ext 5", "number_has_letters"),
        ("+16475550142#5", "number_has_letters"),
        ("34343", "number_too_short"),
        ("555-0142", "number_not_possible"),
        ("+1 647 555 014", "number_not_possible"),
        ("+1 647 555 0142 6", "number_not_possible"),
        ("+999123456789", "number_not_valid"),
        ("-------", "number_too_short"),
        ("+", "number_not_valid"),
    ],
)
def test_a_number_that_cannot_be_sent_to_says_why(written: str, code: str) -> None:
    with pytest.raises(AddressError) as caught:
        normalise(written)
    assert caught.value.code == code
    assert caught.value.message.endswith(".")


@given(st.text(max_size=70))
def test_any_text_is_e164_or_an_address_error(written: str) -> None:
    try:
        number = normalise(written)
    except AddressError:
        return
    assert number.startswith("+")
    assert number[1:].isdigit()
    assert 7 < len(number) <= 18
    assert normalise(number) == number


@pytest.mark.parametrize(("number", "where"), [("+16475550142", "CA"), ("+12125550142", "US"), ("34343", ""), ("", "")])
def test_a_country_is_told_where_it_can_be(number: str, where: str) -> None:
    assert country(number) == where


def test_spellings_for_reading_and_for_logs() -> None:
    assert readable("+16475550142") == "+1 647-555-0142"
    assert readable("34343") == "34343"
    assert digits("+1 (647) 555-0142") == "16475550142"
    assert masked("+16475550142") == "+1647***0142"
    assert masked("34343") == "***"


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("34343", SenderKind.SHORT_CODE),
        ("Shop 24", SenderKind.ALPHANUMERIC),
        ("+16475550142", SenderKind.TEN_DLC),
        ("+18885550199", SenderKind.TOLL_FREE),
    ],
)
def test_a_sender_that_looks_like_its_kind_passes(address: str, kind: SenderKind) -> None:
    check_sender(address, kind)


@pytest.mark.parametrize(
    ("address", "kind", "code"),
    [
        ("12", SenderKind.SHORT_CODE, "sender_not_short_code"),
        ("123456789", SenderKind.SHORT_CODE, "sender_not_short_code"),
        ("34343\n", SenderKind.SHORT_CODE, "sender_not_short_code"),
        ("12345", SenderKind.ALPHANUMERIC, "sender_not_alphanumeric"),
        ("A much too long mask", SenderKind.ALPHANUMERIC, "sender_not_alphanumeric"),
        ("6475550142", SenderKind.TEN_DLC, "sender_not_e164"),
        ("34343", SenderKind.LONG, "number_too_short"),
    ],
)
def test_a_sender_that_does_not_is_refused(address: str, kind: SenderKind, code: str) -> None:
    with pytest.raises(AddressError) as caught:
        check_sender(address, kind)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("to=14165550101&x", "to=14165***0101&x"),
        ("call (416) 555-0101 now", "call ***0101 now"),
        ("416-555-0101 or 416.555.0102", "***0101 or ***0102"),
        ("+1 416 555 0101, 1-416-555-0102", "***0101, ***0102"),
        ("+44 20 7946 0018", "***0018"),
    ],
)
def test_a_number_in_a_text_is_masked_however_it_is_spelt(text: str, shown: str) -> None:
    assert masked_in(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21 13:45:28.123",
        "2026-11-21T13:45:28Z",
        "127.0.0.1:8790",
        "01a1fe47-75ad-745c-9645-9da917209bca",
        "order 1881 2025",
        "v1.200.3000",
    ],
)
def test_what_is_no_number_stays(text: str) -> None:
    assert masked_in(text) == text
