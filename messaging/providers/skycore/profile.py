"""What Skycore takes (seed 004; skycore.md, sections 3 and 8; caps of sinch.md, section 6)."""

from collections.abc import Mapping
from dataclasses import replace

from messaging.slide_rules import Profile

MEDIA = ("image", "audio", "video")
OBJECTS = ("contact", "calendar", "pdf", "passbook")
# What the carriers behind it take; the account's own limits are not published (section 3.3).
LIMIT = 750_000
CARD = 100_000
# What transcoding takes as a source: images always, videos where the content is stored first (sinch.md, section 6).
STILL_SOURCE = 1_000_000
VIDEO_SOURCE = 10_000_000
# The least that carriers take (section 3.3).
EVERY_CARRIER = 600_000

PROFILE = Profile(
    provider="skycore",
    label="Skycore",
    max_slides=8,
    # An image may have sound under it; everything else is alone on its slide (section 3.2).
    media_per_slide=2,
    clashes=frozenset(
        {
            frozenset({"image", "video"}),
            frozenset({"audio", "video"}),
            *(frozenset({medium, thing}) for medium in MEDIA for thing in OBJECTS),
            *(frozenset({one, other}) for one in OBJECTS for other in OBJECTS if one < other),
        }
    ),
    types={
        "image": frozenset({"image/jpg", "image/jpeg", "image/png", "image/gif"}),
        "audio": frozenset({"audio/mp3", "audio/mpeg", "audio/wav", "audio/x-wav"}),
        "video": frozenset({"video/3gpp", "video/mp4", "video/mpeg", "video/x-msvideo", "video/x-ms-wmv"}),
        "contact": frozenset({"text/vcard", "text/v-card", "text/x-vcard"}),
        "calendar": frozenset({"text/calendar"}),
        "pdf": frozenset({"application/pdf", "application/x-pdf"}),
        "passbook": frozenset({"application/vnd.apple.pkpass"}),
    },
    total_bytes=LIMIT,
    part_bytes={
        "image": LIMIT,
        "audio": 740_000,
        "video": 740_000,
        "contact": CARD,
        "calendar": CARD,
        "pdf": 740_000,
        "passbook": 740_000,
    },
    text_limit=5000,
    text_advice=5000,
    subject_limit=80,
    subject_advice=40,
    fallback_limit=1024,
    fallback_advice=110,
    fallback_required=True,
    name_limit=200,
    shortest=1,
    longest=30,
    codes={
        "slides_missing": "E312",
        "too_many_slides": "E225",
        "slide_empty": "E313",
        "several_objects": "E223",
        "object_with_media": "E224",
        "audio_with_video": "E226",
        "image_with_video": "E227",
        "type_not_supported": "E629",
        "part_too_large image": "E331",
        "part_too_large audio": "E332",
        "part_too_large video": "E333",
        "part_too_large contact": "E335",
        "part_too_large calendar": "E336",
        "part_too_large pdf": "E337",
        "part_too_large passbook": "E338",
        "media_url_query audio": "E352",
        "media_url_query video": "E353",
        "media_url_not_public image": "E351",
        "media_url_not_public audio": "E352",
        "media_url_not_public video": "E353",
        "media_url_not_public contact": "E355",
        "media_url_not_public calendar": "E356",
        "media_url_not_public pdf": "E357",
        "media_url_not_public passbook": "E358",
        "duration_out_of_range": "E230",
        "text_too_long": "E334",
        "control_characters": "E108",
        "subject_too_long": "E228",
        "fallback_missing": "E622",
        "link_expires_late": "E617",
        "link_expires_wrong": "E617",
        "campaign_missing": "E718",
        "sender_kind_not_carried": "E111",
    },
    carries_expiry=False,
    plain_text_only=True,
    fallback_optional=False,
    subject_is_fallback=True,
    link_days=365,
    drops_query=frozenset({"audio", "video"}),
    # A right type and a right extension (skycore.md, section 3.3).
    wants_extension=True,
    total_advice=EVERY_CARRIER,
    # The types that phones play themselves; without transcoding nobody makes one of the others.
    plays=frozenset(
        {
            *("image/jpg", "image/jpeg", "image/png", "image/gif"),
            *("audio/mp3", "audio/mpeg"),
            *("video/mp4", "video/3gpp"),
        }
    ),
    seconds_advice={"video": 30},
    sender_kinds=frozenset({"short_code"}),
)
# With transcoding on, larger sources will do and every type plays.
TRANSCODED = replace(
    PROFILE,
    part_bytes={**PROFILE.part_bytes, "image": STILL_SOURCE},
    total_bytes=STILL_SOURCE,
    total_advice=None,
    plays=frozenset(),
    encodes=frozenset({"audio", "video"}),
)
STORED = replace(TRANSCODED, shared_part_bytes={"video": VIDEO_SOURCE})


def profile_for(options: Mapping[str, bool]) -> Profile:
    """The limits of an account with these switches."""
    made = PROFILE
    if options.get("transcoding", False):
        made = STORED if options.get("save_first", True) else TRANSCODED
    # "Enforce Campaign Check" of the account (section 3).
    return replace(made, campaign_required=True) if options.get("enforce_campaign", False) else made
