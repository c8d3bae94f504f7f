"""Messages that a provider would refuse, each with one fault of the seeds: where it is and what mends it.

`click` is the action of the button that is to be clicked; "" where only a person knows what was meant.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from messaging.content import Content, FallbackSms, Part, Slide

TYPES = {
    "image": "image/jpeg",
    "audio": "audio/mpeg",
    "video": "video/mp4",
    "contact": "text/vcard",
    "calendar": "text/calendar",
    "pdf": "application/pdf",
    "passbook": "application/vnd.apple.pkpass",
}
SENTENCE = "Tulips from 4.90 and roses from 5.90, all week. "


def part(kind: str, **more: object) -> Part:
    return Part(kind, **{"asset": "file", "mime_type": TYPES[kind], "size": 1000, "alt": "Tulips", **more})  # type: ignore[arg-type]


def slide(*kinds: str, text: str = "Tulips", **more: object) -> Slide:
    return Slide(text, parts=tuple(part(kind) for kind in kinds), **more)  # type: ignore[arg-type]


def long(length: int) -> str:
    return (SENTENCE * (length // len(SENTENCE) + 1))[: length - 1] + "."


GOOD = Content("Spring", "Offer", (slide("image"),), FallbackSms("Tulips from 4.90"))


def with_slides(*slides: Slide) -> Content:
    return replace(GOOD, slides=slides)


def alone(*slides: Slide) -> Content:
    """A message for Telesign, which carries one medium and nothing beside it."""
    return replace(GOOD, subject="", slides=slides or (slide("image", text=""),))


def having(kind: str, **more: object) -> Slide:
    return Slide("Tulips", parts=(part(kind, **more),))


def with_link(until: str) -> Content:
    return with_fallback(link=True, link_expires_at=until)


def with_fallback(content: Content = GOOD, /, **more: object) -> Content:
    return replace(content, fallback=replace(content.fallback, **more))


@dataclass(frozen=True, slots=True)
class Defect:
    """`pointer` is where the finding must point, `sender` which of the account's senders is chosen."""

    provider: str
    code: str
    pointer: str
    click: str
    content: Content
    recipients: str = "+16475550142"
    values: Mapping[str, str] = field(default_factory=dict)
    sender: str = "34343"

    def __str__(self) -> str:
        return f"{self.provider} {self.code} {self.pointer}"

    @property
    def of_content(self) -> bool:
        """Whether the rules alone can tell, without senders and recipients."""
        return self.pointer.startswith("/content") and self.sender == "34343"


def row(fault: str, *what: Slide | Content, **more: object) -> Defect:
    """A defect from "provider code pointer click", and its slides or its whole content."""
    provider, code, pointer, click = fault.split()
    content = what[0] if what and isinstance(what[0], Content) else with_slides(*what)  # type: ignore[arg-type]
    pointer = pointer if pointer.startswith(("/from", "/to")) else f"/content{pointer}"
    return Defect(provider.strip("-"), code, pointer, click.strip("-"), content, **more)  # type: ignore[arg-type]


QUERY = {"asset": "", "url": "https://media.example.org/a.mp4?t=1", "host": "caller"}
NOWHERE = {"asset": "", "url": "a.jpg", "host": "caller"}
TWO_PEOPLE = "+16475550142 a=x\n+16475550143 a=" + "y" * 40
BY_COUNT = [
    row("webex too_many_slides /slides merge_slides", *[slide()] * 10),
    row("sinch too_many_slides /slides merge_slides", *[slide()] * 9),
    row("skycore too_many_slides /slides merge_slides", *[slide()] * 9),
    row("webex slide_empty /slides/1 remove_slide", slide(), Slide()),
    row("sinch slide_empty /slides/0 remove_slide", Slide(" "), slide()),
    row("webex slides_missing /slides -"),
    row("webex duration_out_of_range /slides/0/duration set_duration", slide(duration=61)),
    row("skycore duration_out_of_range /slides/1/duration set_duration", slide(), slide(duration=31)),
]
BY_NEIGHBOURS = [
    row("webex image_with_video /slides/0/video move_part", slide("image", "video")),
    row("webex audio_with_video /slides/1/video move_part", slide(), slide("audio", "video")),
    row("webex too_many_media /slides/0/audio move_part", slide("image", "audio")),
    row("webex object_with_media /slides/0/pdf move_part", slide("image", "pdf")),
    row("webex several_objects /slides/0/calendar move_part", slide("contact", "calendar")),
    row("sinch image_with_video /slides/0/video move_part", slide("image", "video")),
    row("sinch object_with_media /slides/0/contact move_part", slide("audio", "contact")),
    row("sinch several_objects /slides/0/pdf move_part", slide("calendar", "pdf")),
    row("skycore audio_with_video /slides/0/video move_part", slide("audio", "video")),
    row("skycore several_objects /slides/0/passbook move_part", slide("pdf", "passbook")),
    row("telesign too_many_media_in_message /slides/0/audio remove_part", alone(slide("image", "audio", text=""))),
]
BY_TEXT = [
    row("webex text_too_long /slides/1/text split_text", slide(), slide(text=long(5001))),
    row("sinch text_too_long /slides/0/text split_text", slide("image", text=long(5001))),
    row("skycore text_too_long /slides/0/text split_text", slide(text="z" * 5001)),
    row("webex text_too_long /slides/0/text split_text", slide(text="$(a) " + long(4990)), recipients=TWO_PEOPLE),
    row("webex subject_too_long /subject shorten", replace(GOOD, subject=long(81))),
    row("sinch subject_too_long /subject shorten", replace(GOOD, subject="z" * 81)),
    row("skycore subject_too_long /subject shorten", replace(GOOD, subject=long(200))),
    row("webex subject_control_characters /subject clean_text", replace(GOOD, subject="Of\u202efer")),
    row("sinch subject_control_characters /subject clean_text", replace(GOOD, subject="Of\tfer")),
    row("webex name_too_long /name shorten", replace(GOOD, name="n" * 201)),
    row("telesign text_not_carried /slides/0/text text_to_fallback", alone(slide("image"))),
    row("webex substitution_missing /slides/0/text drop_placeholder", slide(text="Hi $(name)")),
    row("webex too_many_placeholders /slides -", slide(text="$(a) " * 201), values={"a": "x"}),
]
BY_FALLBACK = [
    row("webex fallback_missing /fallback/text write_fallback", with_fallback(text="")),
    row("sinch fallback_missing /fallback/text write_fallback", with_fallback(text=" ")),
    row("sinch fallback_missing /fallback/text fallback_off", replace(with_fallback(text=""), name="Off")),
    row("skycore fallback_missing /fallback/text write_fallback", replace(with_fallback(text=""), subject="")),
    row("webex fallback_cannot_be_disabled /fallback/disabled fallback_on", with_fallback(disabled=True)),
    row("skycore fallback_cannot_be_disabled /fallback/disabled fallback_on", with_fallback(disabled=True)),
    row("webex fallback_too_long /fallback/text shorten", with_fallback(text=long(1025))),
    row("telesign fallback_too_long /fallback/text shorten", with_fallback(alone(), text=long(1601))),
    row("sinch link_expires_late /fallback/link_expires_at set_link_expiry", with_link("2099-01-01T00:00:00Z")),
    row("skycore link_expires_wrong /fallback/link_expires_at set_link_expiry", with_link("2020-01-01T00:00:00Z")),
    row("sinch link_expires_wrong /fallback/link_expires_at clear_link_expiry", with_link("soon")),
]
BY_MEDIUM = [
    row("webex kind_not_supported /slides/0/passbook choose_sender", slide("passbook")),
    row("telesign kind_not_supported /slides/0/pdf choose_sender", alone(slide("pdf", text=""))),
    row("webex type_not_supported /slides/0/video choose_sender", having("video", mime_type="video/3gpp")),
    row("sinch part_too_large /slides/0/contact choose_sender", having("contact", size=150_000)),
    row("webex part_too_large /slides/0/image shrink_media", having("image", size=900_000)),
    row("sinch message_too_large /slides shrink_message", *[having("image", size=400_000)] * 2),
    row("telesign slide_empty /slides/0 -", alone(Slide())),
    row("telesign medium_missing /slides choose_sender", alone(slide())),
    row("skycore media_url_query /slides/0/video/url remove_part", having("video", **QUERY)),
    row("webex media_url_not_public /slides/0/image/url remove_part", having("image", **NOWHERE)),
]
BY_WAY = [
    row("- sender_missing /from choose_sender", GOOD),
    row("telesign sender_kind_not_carried /from choose_sender", alone(), sender="+14165550100"),
    row("webex sender_not_mms /from choose_sender", GOOD, sender="99999"),
    row("webex country_not_allowed /to/1 remove_recipients", GOOD, recipients="+16475550142\n+442079460018"),
    row("webex number_not_valid /to remove_recipients", GOOD, recipients="+16475550142\nnobody"),
    row("webex recipients_missing /to -", GOOD, recipients=""),
]
DEFECTS = [*BY_COUNT, *BY_NEIGHBOURS, *BY_TEXT, *BY_FALLBACK, *BY_MEDIUM, *BY_WAY]
