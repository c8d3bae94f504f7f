"""What Sinch takes (seed 002; sinch.md, sections 4 to 6)."""

from collections.abc import Mapping
from dataclasses import replace

from messaging.slide_rules import Profile

MEDIA = ("image", "audio", "video")
OBJECTS = ("contact", "calendar", "pdf")
# Images are made to fit the handset, audio and video go out as they are (sinch.md, section 3): files must fit already.
LIMIT = 750_000
AS_IT_IS = 740_000
SMALL_OBJECT = 100_000
# What transcoding takes as a source: images always, videos where the content is stored first (section 6).
STILL_SOURCE = 1_000_000
VIDEO_SOURCE = 10_000_000
# The least that carriers take by default (section 6).
EVERY_CARRIER = 600_000

PROFILE = Profile(
    provider="sinch",
    label="Sinch",
    max_slides=8,
    # An image and an audio may share a slide; nothing else may (sinch.md, section 5.1).
    media_per_slide=2,
    clashes=frozenset(
        {
            frozenset({"image", "video"}),
            frozenset({"audio", "video"}),
            *(frozenset({medium, thing}) for medium in MEDIA for thing in OBJECTS),
            frozenset({"contact", "calendar"}),
            frozenset({"contact", "pdf"}),
            frozenset({"calendar", "pdf"}),
        }
    ),
    types={
        "image": frozenset({"image/jpg", "image/jpeg", "image/png", "image/gif"}),
        "audio": frozenset({"audio/mp3", "audio/mpeg", "audio/wav", "audio/x-wav", "audio/amr"}),
        "video": frozenset({"video/mp4", "video/3gpp", "video/mpeg", "video/avi", "video/x-msvideo", "video/x-ms-wmv"}),
        "contact": frozenset({"text/vcard", "text/x-vcard"}),
        "calendar": frozenset({"text/calendar"}),
        "pdf": frozenset({"application/pdf"}),
    },
    total_bytes=LIMIT,
    # A still image may have 1 MB of its own; the whole message may not.
    part_bytes={
        "image": LIMIT,
        "audio": AS_IT_IS,
        "video": AS_IT_IS,
        "contact": SMALL_OBJECT,
        "calendar": SMALL_OBJECT,
        "pdf": AS_IT_IS,
    },
    text_limit=5000,
    text_advice=5000,
    subject_limit=80,
    subject_advice=40,
    # No hard limit is given; this many make the longest SMS that phones still put together.
    fallback_limit=1024,
    fallback_advice=110,
    fallback_required=True,
    name_limit=200,
    shortest=1,
    longest=60,
    carries_duration=False,
    plain_subject_advised=True,
    link_days=365,
    longest_validity=3 * 24 * 3600,
    total_advice=EVERY_CARRIER,
    # The types that phones play themselves; without transcoding nobody makes one of the others.
    plays=frozenset(
        {
            *("image/jpg", "image/jpeg", "image/png", "image/gif"),
            *("audio/mp3", "audio/mpeg", "audio/amr"),
            *("video/mp4", "video/3gpp"),
        }
    ),
    seconds_advice={"video": 30},
    reference_limit=64,
    sender_kinds=frozenset({"short_code", "toll_free", "10dlc", "long"}),
    # Without Content-Length, or in chunks, a file is not copied; octet-stream goes by the extension (sinch.md, 6).
    needs_length=True,
    type_by_extension=True,
    codes={
        "slides_missing": "E312",
        "too_many_slides": "E225",
        "slide_empty": "E313",
        "several_objects": "E223",
        "object_with_media": "E224",
        "audio_with_video": "E226",
        "image_with_video": "E227",
        "kind_not_supported": "E629",
        "type_not_supported": "E629",
        "part_too_large image": "E331",
        "part_too_large audio": "E332",
        "part_too_large video": "E333",
        "part_too_large contact": "E335",
        "part_too_large calendar": "E336",
        "part_too_large pdf": "E337",
        "media_url_not_public": "E100",
        "text_too_long": "E334",
        "subject_too_long": "E228",
        "fallback_missing": "E622",
        "link_expires_late": "E617",
        "link_expires_wrong": "E617",
        "expires_late": "E100",
        "reference_too_long": "E100",
        "sender_kind_not_carried": "E111",
    },
)
# With transcoding on, Sinch rewrites what does not fit (seed 002): larger sources, and every type plays.
TRANSCODED = replace(
    PROFILE,
    part_bytes={**PROFILE.part_bytes, "image": STILL_SOURCE},
    total_bytes=STILL_SOURCE,
    total_advice=None,
    plays=frozenset(),
    encodes=frozenset({"audio", "video"}),
)
# Only what is stored first is transcoded whole (section 3).
STORED = replace(TRANSCODED, shared_part_bytes={"video": VIDEO_SOURCE})


def profile_for(options: Mapping[str, bool]) -> Profile:
    """The limits of an account with these switches."""
    if not options.get("transcoding", False):
        return PROFILE
    return STORED if options.get("save_first", True) else TRANSCODED
