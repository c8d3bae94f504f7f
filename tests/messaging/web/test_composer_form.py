"""What the form posts, read into a content."""

import contextlib
from uuid import uuid4

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from messaging.content import Content
from messaging.web.composer_form import UnreadableForm, field_of, read_form

DRAFT, ASSET = str(uuid4()), str(uuid4())


def posted(**fields: object) -> QueryDict:
    form = QueryDict(mutable=True)
    form.update({"draft": DRAFT, "version": "3", "fallback_on": "on"})
    for name, value in fields.items():
        form.setlist(name.replace("__", "-"), value if isinstance(value, list) else [value])
    return form


def test_slides_come_in_the_order_of_the_page():
    form = read_form(posted(slide=["b", "a"], text__a="second", text__b="first", duration__a="7"))

    assert [slide["text"] for slide in form.content["slides"]] == ["first", "second"]
    assert [slide["duration"] for slide in form.content["slides"]] == [5, 7]


def test_media_name_a_file_of_ours_or_an_address():
    form = read_form(posted(slide="a", part__a=[f"image:asset:{ASSET}", "audio:caller:https://example.org/a.mp3"]))

    assert form.content["slides"][0]["image"] == {"asset": ASSET}
    assert form.content["slides"][0]["audio"] == {"url": "https://example.org/a.mp3", "host": "caller"}


def test_what_is_read_has_the_form_of_a_content():
    form = read_form(posted(slide="a", text__a="Hello", part__a=f"image:asset:{ASSET}", subject="S", fallback="F"))

    content = Content.from_json(form.content)

    assert content.subject == "S"
    assert content.slides[0].parts[0].asset == ASSET
    assert not content.fallback.disabled


def test_an_unticked_switch_turns_the_fallback_off():
    form = posted()
    del form["fallback_on"]

    assert read_form(form).content["fallback"]["disabled"] is True


def test_a_second_file_of_one_kind_is_a_finding_not_a_loss_of_the_form():
    form = read_form(posted(slide="a", part__a=[f"image:asset:{ASSET}", f"image:asset:{uuid4()}"]))

    assert [finding.code for finding in form.findings] == ["kind_twice"]
    assert form.content["slides"][0]["image"] == {"asset": ASSET}


def test_control_characters_are_left_out_and_said_so():
    form = read_form(posted(subject="Of\x00fer\x07", slide="a", text__a="line\r\nline"))

    assert form.content["subject"] == "Offer"
    assert form.content["slides"][0]["text"] == "line\nline"
    assert [finding.pointer for finding in form.findings] == ["/content/subject"]


def test_lone_surrogates_are_left_out():
    assert read_form(posted(subject="a\ud800b")).content["subject"] == "ab"


def test_shared_values_need_a_usable_name_each():
    names, texts = ["area", "my name", "", "area"], ["EC1M", "x", "y", "again"]
    form = read_form(posted(**{"value-name": names, "value-text": texts}))

    assert form.substitutions == {"area": "EC1M"}
    assert [finding.code for finding in form.findings] == [
        "substitution_name",
        "substitution_name",
        "substitution_twice",
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"draft": "1"},
        {"version": "-1"},
        {"version": "1e3"},
        {"version": "9" * 40},
        {"sender": "everyone"},
        {"slide": ["a", "a"]},
        {"slide": ["../x"]},
        {"slide": [f"k{n}" for n in range(51)]},
        {"slide": "a", "duration__a": "five"},
        {"slide": "a", "part__a": "image"},
        {"slide": "a", "part__a": "script:asset:1"},
        {"slide": "a", "part__a": "image:asset:../../etc"},
        {"slide": "a", "part__a": "image:caller:https://example.org/\x00"},
        {"as": "first"},
        {"value-name": ["a", "b"], "value-text": ["1"]},
    ],
)
def test_what_no_page_of_ours_sends_is_refused(fields):
    with pytest.raises(UnreadableForm):
        read_form(posted(**fields))


@given(
    st.dictionaries(
        st.sampled_from(["draft", "version", "sender", "slide", "part-a", "text-a", "as", "value-name"]),
        st.lists(st.text()),
    )
)
def test_any_form_is_read_or_refused(fields):
    form = QueryDict(mutable=True)
    for name, values in fields.items():
        form.setlist(name, values)
    with contextlib.suppress(UnreadableForm):
        Content.from_json(read_form(form).content)


@pytest.mark.parametrize(
    ("pointer", "field"),
    [
        ("/from", "f-sender"),
        ("/to/3", "f-recipients"),
        ("/substitutions", "values"),
        ("/content/subject", "f-subject"),
        ("/content/name", "f-name"),
        ("/content/fallback/text", "f-fallback"),
        ("/content/slides", "slides"),
        ("/content/slides/1", "slide-k2"),
        ("/content/slides/1/text", "text-k2"),
        ("/content/slides/0/duration", "duration-k1"),
        ("/content/slides/0/video", "part-k1-video"),
        ("/content/slides/0/video/url", "part-k1-video"),
        ("/content/slides/9", "slides"),
        ("/send_at", "f-local"),
        ("/expire_at", "f-valid"),
        ("/canary", "f-canary"),
        ("/notify_url", "slides"),
    ],
)
def test_each_pointer_leads_to_its_field(pointer, field):
    assert field_of(pointer, ["k1", "k2"]) == field


def test_any_sender_is_no_sender_in_particular():
    assert [(form.sender, form.any_sender) for form in (read_form(posted(sender="any")), read_form(posted()))] == [
        (None, True),
        (None, False),
    ]
