"""Rules about the files of a message: their kinds, types, sizes, addresses and how long they play."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from messaging.content import Content, Part
from messaging.slide_rules.findings import Finding, Mend, advises, blocks, mend
from messaging.slide_rules.findings import gettext_noop as _
from messaging.slide_rules.naming import A_KIND, THE_KIND, file_name, kilobytes
from messaging.slide_rules.profiles import Profile
from messaging.slide_rules.slides import removed

# What a file is made into where its own type is not taken: the first that the provider does take.
BEST = {
    "image": ("image/jpeg", "image/png", "image/gif"),
    "video": ("video/mp4", "video/3gpp"),
    "audio": ("audio/mpeg", "audio/amr"),
}
# Pictures say something only to those who see them.
SEEN = frozenset({"image", "video"})


def _types(content: Content, profile: Profile) -> Iterator[Finding]:
    for pointer, part in content.parts():
        allowed = profile.types.get(part.kind)
        if allowed is None:
            yield blocks(
                "kind_not_supported",
                pointer,
                _("{provider} does not carry {kind}."),
                {"provider": profile.label, "kind": A_KIND[part.kind], "it": THE_KIND[part.kind]},
                fix=_("Remove {it} or choose another sender."),
                mends=(removed(pointer),),
            )
        elif part.mime_type and part.mime_type not in allowed:
            yield blocks(
                "type_not_supported",
                pointer,
                _("{file} is {type}; {provider} takes {types}."),
                {
                    "file": file_name(part),
                    "type": part.mime_type,
                    "provider": profile.label,
                    "types": ", ".join(sorted(allowed)),
                },
                fix=_("Convert the file or choose another."),
                mends=(*_converted(pointer, part, profile), removed(pointer)),
            )
        elif part.mime_type and profile.plays and part.mime_type not in profile.plays:
            yield advises(
                "type_plays_rarely",
                pointer,
                _("{file} is {type}; {provider} passes it on as it is, and few phones show that."),
                {"file": file_name(part), "type": part.mime_type, "provider": profile.label},
                fix=_("Convert the file or choose another."),
                mends=_converted(pointer, part, profile),
            )


def _converted(pointer: str, part: Part, profile: Profile) -> tuple[Mend, ...]:
    """The change of a file of ours into a type that the provider takes and phones play."""
    taken = profile.types.get(part.kind, frozenset())
    fit = [one for one in BEST.get(part.kind, ()) if one in taken and (not profile.plays or one in profile.plays)]
    if not part.asset or not fit:
        return ()
    return (mend("convert_media", pointer, _("Convert to {type}"), type=fit[0]),)


def sizes(content: Content, profile: Profile, text_bytes: int, *, same_for_all: bool) -> Iterator[Finding]:
    """What is too large. `text_bytes` is what the slides' texts weigh at most; `same_for_all` says that everybody gets
    the same, so that a provider that stores and shrinks contents first can do so."""
    limits = {**profile.part_bytes, **(profile.shared_part_bytes if same_for_all else {})}
    media = 0
    for pointer, part in content.parts():
        limit = limits.get(part.kind, profile.total_bytes)
        # A file that is shrunk at the provider counts as much as it may have then.
        media += min(part.size, profile.part_bytes.get(part.kind, part.size)) if part.size <= limit else part.size
        if part.size > limit and part.kind in profile.types:
            yield _too_large(pointer, part, limit)
    yield from _total(media + text_bytes, profile, text_bytes)


def _too_large(pointer: str, part: Part, limit: int) -> Finding:
    return blocks(
        "part_too_large",
        pointer,
        _("{file} is {size}; one file may have {most}."),
        {"file": file_name(part), "size": kilobytes(part.size), "most": kilobytes(limit)},
        limit=limit,
        actual=part.size,
        fix=_("Choose a smaller file."),
        mends=(*_shrunk(pointer, part, limit), removed(pointer)),
    )


def _shrunk(pointer: str, part: Part, limit: int) -> tuple[Mend, ...]:
    if not part.asset or part.kind not in BEST:
        return ()
    return (mend("shrink_media", pointer, _("Shrink it to fit"), budget=limit),)


def _total(total: int, profile: Profile, text_bytes: int) -> Iterator[Finding]:
    limit, advice = profile.total_bytes, profile.total_advice
    values = {"size": kilobytes(total), "provider": profile.label}
    if total > limit:
        yield blocks(
            "message_too_large",
            "/slides",
            _("The message is {size}; {provider} carries {most} in all."),
            {**values, "most": kilobytes(limit), "more": kilobytes(total - limit)},
            limit=limit,
            actual=total,
            fix=_("Save {more}: smaller files or fewer slides."),
            mends=_lightened(limit - text_bytes),
        )
    elif advice is not None and total > advice:
        yield advises(
            "message_large",
            "/slides",
            _("The message is {size}; with {most} every network takes it."),
            {**values, "most": kilobytes(advice), "more": kilobytes(total - advice)},
            limit=advice,
            actual=total,
            fix=_("Save {more}: smaller files or fewer slides."),
            mends=_lightened(advice - text_bytes),
        )


def _lightened(budget: int) -> tuple[Mend, ...]:
    return (mend("shrink_message", "/slides", _("Shrink the media to fit"), budget=budget),) if budget > 0 else ()


def _urls(content: Content, profile: Profile) -> Iterator[Finding]:
    for pointer, part in content.parts():
        if not part.url or part.kind not in profile.types:
            continue
        try:
            address = urlsplit(part.url)
            whole = address.scheme in {"http", "https"} and bool(address.hostname)
        except ValueError:
            whole = False
        if not whole:
            yield blocks(
                "media_url_not_public",
                pointer + "/url",
                _("The address is not a full public http or https address."),
                fix=_("Give the whole address, such as https://media.example.org/a/tour.mp4."),
                mends=(removed(pointer),),
            )
        elif address.query and part.host == "caller":
            yield _query(part, pointer, profile)


def _query(part: Part, pointer: str, profile: Profile) -> Finding:
    values = {"provider": profile.label, "kind": A_KIND[part.kind]}
    fix = _("Use an address without a query, or let us host the file.")
    mends = (mend("host_media", pointer, _("Let us host the file")), removed(pointer))
    if part.kind in profile.drops_query:
        words = _("{provider} drops what follows the “?” in the address of {kind} and then cannot find the file.")
        return blocks("media_url_query", pointer + "/url", words, values, fix=fix, mends=mends)
    words = _("{provider} may drop what follows the “?” and then not find the file.")
    return advises("media_url_query", pointer + "/url", words, values, fix=fix, mends=mends)


def _playing(content: Content, profile: Profile) -> Iterator[Finding]:
    for pointer, part in content.parts():
        most = profile.seconds_advice.get(part.kind)
        if most is not None and part.seconds is not None and part.seconds > most:
            yield advises(
                "media_long",
                pointer,
                _("{file} plays for {seconds} s; {most} s still look and sound good in a message."),
                {"file": file_name(part), "seconds": round(part.seconds), "most": most},
                limit=most,
                actual=round(part.seconds),
                fix=_("Choose a shorter one, or link to it."),
                mends=(removed(pointer),),
            )
        if part.kind in profile.encodes:
            yield advises(
                "encoded_first",
                pointer,
                _("{provider} encodes {kind} before it sends; the message goes out when that is done."),
                {"provider": profile.label, "kind": A_KIND[part.kind]},
                fix=_("Nothing to do; allow some minutes."),
            )


def undescribed(content: Content) -> Iterator[Finding]:
    """Advice about pictures and videos of ours that nobody has put into words, whoever carries them."""
    for pointer, part in content.parts():
        if part.kind in SEEN and part.sha256 and not part.alt.strip():
            yield advises(
                "alt_missing",
                pointer,
                _("{file} has no description for people who cannot see it."),
                {"file": file_name(part)},
                fix=_("Say in one sentence what it shows, and which words stand in it."),
                mends=(mend("write_alt", pointer, _("Describe it")),),
            )


RULES = (_types, _urls, _playing)
