"""What Telesign takes (seed, "Send an MMS with SMS as backup"; telesign.md, sections 3 and 4)."""

from messaging.slide_rules import Profile

# The seed names no limit, though a code for going over it exists; this is what telesign.md takes it to be.
LIMIT = 1_000_000
# Beyond this a client should warn (section 4).
ADVISED = 600_000
# What the vendor's SMS product takes.
SMS = 1600

PROFILE = Profile(
    provider="telesign",
    label="Telesign",
    max_slides=1,
    media_per_slide=1,
    media_per_message=1,
    medium_required=True,
    carries_text=False,
    carries_subject=False,
    carries_duration=False,
    carries_link=False,
    carries_expiry=False,
    # Nothing can share a slide anyway.
    clashes=frozenset(),
    types={
        "image": frozenset({"image/jpg", "image/jpeg", "image/png", "image/gif"}),
        "video": frozenset({"video/mp4", "video/3gpp"}),
        "audio": frozenset({"audio/mp3", "audio/mpeg", "audio/amr", "audio/wav", "audio/x-wav"}),
    },
    total_bytes=LIMIT,
    total_advice=ADVISED,
    part_bytes=dict.fromkeys(("image", "video", "audio"), LIMIT),
    # Texts beside the media and subjects are not carried at all; these bounds are the portal's own.
    text_limit=SMS,
    text_advice=SMS,
    subject_limit=80,
    subject_advice=40,
    fallback_limit=SMS,
    fallback_advice=160,
    fallback_required=False,
    name_limit=200,
    shortest=1,
    longest=60,
    reference_limit=100,
    sender_kinds=frozenset({"short_code"}),
    sender_countries=frozenset({"US"}),
    codes={
        "slides_missing": "3305",
        "slide_empty": "3305",
        "medium_missing": "3305",
        "too_many_slides": "3108",
        "too_many_media": "3108",
        "too_many_media_in_message": "3108",
        "same_type_twice": "3108",
        "text_not_carried": "3112",
        "kind_not_supported": "3112",
        "type_not_supported": "3035",
        "part_too_large": "3061",
        "message_too_large": "3061",
        "media_url_not_public": "3045",
        "fallback_too_long": "3045",
        "texts_too_long": "3116",
        "reference_too_long": "3103",
        "reference_characters": "3103",
        "sender_kind_not_carried": "3057",
    },
)
