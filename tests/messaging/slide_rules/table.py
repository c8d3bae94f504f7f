"""Every rule, and for each provider what just breaks it, what just keeps it, and the code that the provider answers.

A rule makes its case from one figure or word. A provider that is not named has no such rule: there nothing that breaks
it elsewhere may earn the finding.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway import registry
from messaging.slide_rules import Finding, Profile, Severity, check, orders

WEBEX, SINCH, SKYCORE, TELESIGN = PROVIDERS = ("webex", "sinch", "skycore", "telesign")
NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TYPES = {
    "image": "image/png",
    "audio": "audio/mp3",
    "video": "video/mp4",
    "contact": "text/vcard",
    "calendar": "text/calendar",
    "pdf": "application/pdf",
    "passbook": "application/vnd.apple.pkpass",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What breaks a rule at one provider, what keeps it, the provider's code, and whether it stops the message."""

    bad: Any
    good: Any
    code: str = ""
    severity: Severity = Severity.BLOCKS


@dataclass(frozen=True, slots=True)
class Rule:
    """`find` looks for the finding `code` in the case made of one value; `pointer` is where it stands."""

    code: str
    pointer: str
    find: Callable[[Profile, Any], list[Finding]]
    cells: Mapping[str, Cell]
    options: Mapping[str, bool] = field(default_factory=dict)
    general: bool = False

    def __str__(self) -> str:
        return f"{self.code} {self.pointer}"

    def profile(self, provider: str) -> Profile:
        return registry.provider(provider).profile_for(self.options)


def part(kind: str = "image", **more: object) -> Part:
    return Part(kind, **{"asset": "file", "mime_type": TYPES[kind], "size": 1000, "alt": "Tulips", **more})  # type: ignore[arg-type]


def picture(*kinds: str, **more: object) -> Slide:
    return Slide(**{"parts": tuple(part(kind) for kind in kinds or ("image",)), **more})  # type: ignore[arg-type]


# One picture and nothing else: what all of them take.
ONE = Content("Autumn", "", (picture(),), FallbackSms("Hello"))


def slides(*these: Slide) -> Content:
    return replace(ONE, slides=these)


def texts(make: Callable[[Any], Content], *recipients: Mapping[str, str]) -> Callable[[Profile, Any], list[Finding]]:
    """How to look for findings in a content that is made of one value."""
    return lambda profile, value: check(make(value), [profile], recipients=recipients, now=NOW)


def content(code: str, pointer: str, make: Callable[[Any], Content], cells: Mapping[str, Cell], **more: Any) -> Rule:
    return Rule(code, f"/content{pointer}", texts(make), cells, **more)


def stop(bad: Any, good: Any, **codes: str) -> dict[str, Cell]:
    """The same case at the providers named, each with its own code."""
    return {provider: Cell(bad, good, code) for provider, code in codes.items()}


def advise(bad: Any, good: Any, *providers: str) -> dict[str, Cell]:
    """The same case at some providers, where it only advises."""
    return {provider: Cell(bad, good, severity=Severity.ADVISES) for provider in providers}


def sized(kind: str) -> Callable[[int], Content]:
    return lambda size: slides(Slide(parts=(part(kind, size=size),)))


def typed(kind: str) -> Callable[[str], Content]:
    return lambda mime_type: slides(Slide(parts=(part(kind, mime_type=mime_type),)))


def linked(kind: str) -> Callable[[str], Content]:
    return lambda url: slides(Slide(parts=(Part(kind, url=url, host="caller"),)))


def expiring(moment: Any) -> Content:
    written = moment if isinstance(moment, str) else moment.isoformat()
    return replace(ONE, fallback=FallbackSms("Hello", link=True, link_expires_at=written))


def fallback(**more: Any) -> Content:
    return replace(ONE, fallback=replace(FallbackSms("Hello"), **more))


def sharing(kinds: tuple[str, ...]) -> Content:
    return slides(picture(*kinds))


def twins(count: int) -> Content:
    return slides(Slide(parts=tuple(part() for _each in range(count))))


def large(kind: str, codes: Mapping[str, str], **limits: int) -> Rule:
    cells = {provider: Cell(limit + 1, limit, codes[provider]) for provider, limit in limits.items()}
    return content("part_too_large", f"/slides/0/{kind}", sized(kind), cells)


def too_large(kind: str, code: str, **limits: int) -> Rule:
    return large(kind, {WEBEX: "7554", SINCH: code, SKYCORE: code, TELESIGN: "3061"}, **limits)


def everywhere(bad: Any, good: Any) -> dict[str, Cell]:
    return dict.fromkeys(PROVIDERS, Cell(bad, good))


def order(code: str, pointer: str, bad: Any, good: Any, when: Callable[[timedelta], Any]) -> Rule:
    """A rule about the two times of an order, which `when` makes of one."""
    said = lambda _profile, after: [*orders.times(*when(after), NOW)]  # noqa: E731
    return Rule(code, pointer, said, everywhere(bad, good), general=True)


def numbers(code: str, bad: tuple[int, int], good: tuple[int, int]) -> Rule:
    """A rule about how many numbers are asked for, and how many of them may be written to."""
    said = lambda _profile, counts: [*orders.recipients(*counts, 10_000)]  # noqa: E731
    return Rule(code, "/to", said, everywhere(bad, good), general=True)


FULL = "https://media.example.org/a"
ASKED = "https://media.example.org/a?token=1"
# fmt: off
RULES = [
    # How many of what.
    content("slides_missing", "/slides", lambda n: slides(*[picture()] * n),
            stop(0, 1, webex="7004", sinch="E312", skycore="E312", telesign="3305")),
    content("too_many_slides", "/slides", lambda n: slides(*[picture()] * n),
            {WEBEX: Cell(10, 9, "7004"), SINCH: Cell(9, 8, "E225"), SKYCORE: Cell(9, 8, "E225"),
             TELESIGN: Cell(2, 1, "3108")}),
    content("slide_empty", "/slides/0", lambda slide: slides(slide),
            stop(Slide(" "), picture(), webex="7004", sinch="E313", skycore="E313", telesign="3305")),
    content("medium_missing", "/slides", lambda slide: slides(slide),
            stop(Slide("Hello"), picture(), telesign="3305")),
    content("too_many_media_in_message", "/slides/1/image", lambda n: slides(*[picture()] * n),
            stop(2, 1, telesign="3108")),
    # What may share a slide.
    content("too_many_media", "/slides/0/audio", sharing,
            stop(("image", "audio"), ("audio",), webex="", telesign="3108")),
    content("image_with_video", "/slides/0/video", sharing,
            stop(("image", "video"), ("video",), webex="7229", sinch="E227", skycore="E227")),
    content("audio_with_video", "/slides/0/video", sharing,
            stop(("audio", "video"), ("video",), webex="7228", sinch="E226", skycore="E226")),
    *(content("object_with_media", f"/slides/0/{thing}", sharing,
              stop((medium, thing), (thing,), webex="7226", sinch="E224", skycore="E224"))
      for medium in ("image", "audio", "video") for thing in ("contact", "calendar", "pdf")),
    content("object_with_media", "/slides/0/passbook", sharing,
            stop(("image", "passbook"), ("passbook",), skycore="E224")),
    *(content("several_objects", f"/slides/0/{other}", sharing,
              stop((one, other), (other,), webex="7225", sinch="E223", skycore="E223"))
      for one, other in (("contact", "calendar"), ("contact", "pdf"), ("calendar", "pdf"))),
    content("same_type_twice", "/slides/0/image", twins,
            stop(2, 1, webex="7225", sinch="", skycore="", telesign="3108")),
    # What a file is.
    content("kind_not_supported", "/slides/0/passbook", lambda kind: slides(picture(kind)),
            stop("passbook", "image", webex="7126", sinch="E629", telesign="3112")),
    *(content("kind_not_supported", f"/slides/0/{kind}", lambda kind: slides(picture(kind)),
              stop(kind, "image", telesign="3112")) for kind in ("contact", "calendar", "pdf")),
    content("type_not_supported", "/slides/0/image", typed("image"),
            stop("image/webp", "image/gif", webex="7554", sinch="E629", skycore="E629", telesign="3035")),
    content("type_not_supported", "/slides/0/audio", typed("audio"),
            {WEBEX: Cell("audio/amr", "audio/mpeg", "7554"), SKYCORE: Cell("audio/amr", "audio/mpeg", "E629")}),
    content("type_not_supported", "/slides/0/video", typed("video"), stop("video/3gpp", "video/mp4", webex="7554")),
    content("type_not_supported", "/slides/0/contact", typed("contact"),
            stop("text/plain", "text/x-vcard", webex="7554", sinch="E629", skycore="E629")),
    content("type_plays_rarely", "/slides/0/audio", typed("audio"), advise("audio/wav", "audio/mp3", SINCH, SKYCORE)),
    content("encoded_first", "/slides/0/video", lambda kind: slides(picture(kind)), {}),
    content("encoded_first", "/slides/0/video", lambda kind: slides(picture(kind)),
            advise("video", "image", WEBEX, SINCH, SKYCORE), options={"transcoding": True}),
    # What a file weighs, and all of them.
    too_large("image", "E331", webex=750_000, sinch=750_000, skycore=750_000, telesign=1_000_000),
    too_large("audio", "E332", webex=750_000, sinch=740_000, skycore=740_000, telesign=1_000_000),
    too_large("video", "E333", webex=750_000, sinch=740_000, skycore=740_000, telesign=1_000_000),
    too_large("contact", "E335", webex=750_000, sinch=100_000, skycore=100_000),
    too_large("calendar", "E336", webex=750_000, sinch=100_000, skycore=100_000),
    too_large("pdf", "E337", webex=750_000, sinch=740_000, skycore=740_000),
    too_large("passbook", "E338", skycore=740_000),
    replace(too_large("image", "E331", webex=750_000, sinch=1_000_000, skycore=1_000_000, telesign=1_000_000),
            options={"transcoding": True}),
    replace(too_large("video", "E333", webex=750_000, sinch=10_000_000, skycore=10_000_000, telesign=1_000_000),
            options={"transcoding": True}),
    replace(too_large("video", "E333", webex=750_000, sinch=740_000, skycore=740_000, telesign=1_000_000),
            options={"transcoding": True, "save_first": False}),
    content("message_too_large", "/slides",
            lambda sizes: slides(*(Slide(parts=(part(size=size),)) for size in sizes)),
            {**stop((400_000, 350_001), (400_000, 350_000), webex="7554", sinch="", skycore=""),
             TELESIGN: Cell((1_000_001,), (1_000_000,), "3061")}),
    content("message_large", "/slides", sized("image"), advise(600_001, 600_000, SINCH, SKYCORE, TELESIGN)),
    content("media_long", "/slides/0/video", lambda seconds: slides(Slide(parts=(part("video", seconds=seconds),))),
            advise(31.0, 30.0, SINCH, SKYCORE)),
    content("alt_missing", "/slides/0/image", lambda alt: slides(Slide(parts=(part(sha256="9f", alt=alt),))),
            advise(" ", "Tulips", *PROVIDERS), general=True),
    # Where a file lies.
    *(content("media_url_not_public", f"/slides/0/{kind}/url", linked(kind),
              stop("ftp://media.example.org/a", FULL, webex="7004", sinch="E100", skycore=code, telesign="3045"))
      for kind, code in (("image", "E351"), ("audio", "E352"), ("video", "E353"))),
    *(content("media_url_not_public", f"/slides/0/{kind}/url", linked(kind),
              stop("media.example.org/a", FULL, webex="7004", sinch="E100", skycore=code))
      for kind, code in (("contact", "E355"), ("calendar", "E356"), ("pdf", "E357"))),
    content("media_url_not_public", "/slides/0/passbook/url", linked("passbook"),
            stop("http://", FULL, skycore="E358")),
    content("media_url_query", "/slides/0/image/url", linked("image"), advise(ASKED, FULL, *PROVIDERS)),
    *(content("media_url_query", f"/slides/0/{kind}/url", linked(kind),
              {**advise(ASKED, FULL, WEBEX, SINCH, TELESIGN), **stop(ASKED, FULL, skycore=code)})
      for kind, code in (("audio", "E352"), ("video", "E353"))),
    # How long a slide shows.
    content("duration_out_of_range", "/slides/0/duration", lambda seconds: slides(picture(duration=seconds)),
            {WEBEX: Cell(61, 60, "7232"), SINCH: Cell(61, 60), SKYCORE: Cell(31, 30, "E230"), TELESIGN: Cell(61, 60)}),
    content("duration_out_of_range", "/slides/0/duration", lambda seconds: slides(picture(duration=seconds)),
            stop(0, 1, webex="7232", sinch="", skycore="E230", telesign="")),
    content("duration_not_carried", "/slides/0/duration", lambda seconds: slides(picture(duration=seconds)),
            advise(6, 5, SINCH, TELESIGN)),
    content("duration_long", "/slides/0/duration", lambda seconds: slides(picture(duration=seconds)),
            advise(31, 30, *PROVIDERS), general=True),
    # What is said.
    content("text_too_long", "/slides/0/text", lambda n: slides(picture(text="x" * n)),
            stop(5001, 5000, webex="7107", sinch="E334", skycore="E334")),
    content("text_long", "/slides/0/text", lambda n: slides(picture(text="x" * n)), advise(4097, 4096, WEBEX)),
    content("text_not_carried", "/slides/0/text", lambda text: slides(picture(text=text)),
            stop("Hello", " ", telesign="3112")),
    content("subject_too_long", "/subject", lambda n: replace(ONE, subject="x" * n),
            stop(81, 80, webex="7107", sinch="E228", skycore="E228", telesign="")),
    content("subject_long", "/subject", lambda n: replace(ONE, subject="x" * n), advise(41, 40, *PROVIDERS)),
    content("subject_missing", "/subject", lambda text: replace(ONE, subject=text),
            advise(" ", "Hello", WEBEX, SINCH, SKYCORE)),
    content("subject_not_carried", "/subject", lambda text: replace(ONE, subject=text), advise("Hello", "", TELESIGN)),
    *(content("subject_control_characters", "/subject", lambda text: replace(ONE, subject=text),
              stop(f"a{mark}b", "a b", webex="", sinch="", skycore="", telesign=""))
      for mark in "\n\t\x07\u202e\u2066"),
    content("subject_not_plain", "/subject", lambda text: replace(ONE, subject=text), advise("Café", "Cafe", SINCH)),
    content("control_characters", "/fallback/text", lambda text: fallback(text=text),
            {**advise("a\x07b", "a\nb", WEBEX, SINCH, TELESIGN), **stop("a\x07b", "a\nb", skycore="E108")}),
    content("name_too_long", "/name", lambda n: replace(ONE, name="x" * n),
            stop(201, 200, webex="", sinch="", skycore="", telesign="")),
    # The SMS in its stead.
    content("fallback_missing", "/fallback/text", lambda text: fallback(text=text),
            stop(" ", "Hello", webex="7259", sinch="E622", skycore="E622")),
    content("fallback_missing", "/fallback/text", lambda text: replace(fallback(text=text), subject="Hello"),
            stop("", "Hello", webex="7259", sinch="E622")),
    content("fallback_cannot_be_disabled", "/fallback/disabled", lambda off: fallback(disabled=off),
            stop(True, False, webex="7259", skycore="")),
    content("fallback_too_long", "/fallback/text", lambda n: fallback(text="x" * n),
            {**stop(1025, 1024, webex="", sinch="", skycore=""), TELESIGN: Cell(1601, 1600, "3045")}),
    content("fallback_long", "/fallback/text", lambda n: fallback(text="x" * n),
            {**advise(111, 110, WEBEX, SINCH, SKYCORE), **advise(161, 160, TELESIGN)}),
    content("link_not_carried", "/fallback/link", lambda on: fallback(link=on), advise(True, False, WEBEX, TELESIGN)),
    content("link_expires_late", "/fallback/link_expires_at", expiring,
            stop(NOW + 365 * DAY + timedelta(seconds=1), NOW + 365 * DAY, sinch="E617", skycore="E617")),
    *(content("link_expires_wrong", "/fallback/link_expires_at", expiring,
              stop(moment, NOW + DAY, sinch="E617", skycore="E617"))
      for moment in (NOW, "soon", "0001-01-01T00:00+09:00")),
    # Values.
    Rule("substitution_missing", "/content/fallback/text", texts(lambda text: fallback(text=text), {"a": "b"}),
         stop("$(name)", "$(a)", webex="", sinch="", skycore="", telesign=""), general=True),
    content("too_many_placeholders", "/slides", lambda n: fallback(text="$(x)" * n),
            stop(201, 200, webex="", sinch="", skycore="", telesign="")),
    Rule("texts_too_long", "/content/slides", texts(lambda n: replace(ONE, name="$(x)" * n), {"x": "y" * 1000}),
         stop(60, 0, webex="", sinch="", skycore="", telesign="3116")),
    # Beside the content.
    Rule("expires_late", "/expire_at", lambda profile, after: [*orders.expiry(profile, NOW, NOW + after)],
         stop(3 * DAY + timedelta(seconds=1), 3 * DAY, sinch="E100")),
    order("schedule_past", "/send_at", timedelta(0), timedelta(seconds=1), lambda after: (NOW + after, None)),
    order("schedule_far", "/send_at", 7 * DAY + timedelta(seconds=1), 7 * DAY, lambda after: (NOW + after, None)),
    order("expires_early", "/expire_at", DAY, DAY + timedelta(seconds=1), lambda after: (NOW + DAY, NOW + after)),
    order("expires_late", "/expire_at", 8 * DAY + timedelta(seconds=1), 8 * DAY,
          lambda after: (NOW + DAY, NOW + after)),
    numbers("recipients_missing", (0, 0), (1, 1)),
    numbers("too_many_recipients", (10_001, 1), (10_000, 1)),
    numbers("recipients_opted_out", (1, 0), (1, 1)),
    Rule("expiry_not_carried", "/expire_at",
         lambda profile, after: [*orders.expiry(profile, NOW, NOW + after if after else None)],
         advise(DAY, None, SKYCORE, TELESIGN)),
    Rule("reference_too_long", "/reference", lambda profile, n: [*orders.reference(profile, "x" * n)],
         {WEBEX: Cell(51, 50, "7004"), SINCH: Cell(65, 64, "E100"), TELESIGN: Cell(101, 100, "3103")}),
    Rule("reference_characters", "/reference", lambda profile, text: [*orders.reference(profile, text)],
         stop("é", "e-1", webex="", sinch="", telesign="3103")),
    Rule("campaign_missing", "/from", lambda profile, given: [*orders.account(profile, given)],
         stop({"api_key"}, {"api_key", "campaign_ref"}, skycore="E718"), options={"enforce_campaign": True}),
    Rule("campaign_missing", "/from", lambda profile, given: [*orders.account(profile, given)], {}),
]
# fmt: on
