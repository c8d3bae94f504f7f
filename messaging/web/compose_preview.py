"""The fallback SMS as the handset shows it, and what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from messaging.addresses import SenderKind
from messaging.content import FallbackSms, substitute
from messaging.slide_rules import Profile
from messaging.sms import SAMPLE_LINK, Run, Segments, plain, runs, segments

# What a person sees of each kind of sender, and whether they can answer.
KINDS = {
    SenderKind.SHORT_CODE: gettext_noop("Short code"),
    SenderKind.TEN_DLC: gettext_noop("Local number"),
    SenderKind.LONG: gettext_noop("Local number"),
    SenderKind.TOLL_FREE: gettext_noop("Toll-free number"),
    SenderKind.ALPHANUMERIC: gettext_noop("A name: nobody can answer it"),
}


@dataclass(frozen=True, slots=True)
class Sms:
    """The fallback as received: its text in runs by cost, the link behind it ("" for none), how it is cut.

    `plainer` is the text as written with plain punctuation, where that saves segments (`saved` of them), else "".
    """

    runs: list[Run]
    link: str
    cut: Segments
    plainer: str
    saved: int


def sms(fallback: FallbackSms, profile: Profile, values: Mapping[str, str], subject: str = "") -> Sms:
    """What a handset gets instead of the slides, with `values` filled in. Counts include the link.

    Where a provider sends the subject in place of a missing text, that is what is shown.
    """
    written = fallback.text or (subject if profile.subject_is_fallback else "")
    text = substitute(written, values)
    link = SAMPLE_LINK if fallback.link and profile.carries_link and not fallback.disabled else ""
    cut = segments(_whole(text, link))
    plainer = plain(fallback.text)
    saved = cut.segments - segments(_whole(substitute(plainer, values), link)).segments
    return Sms(runs(text), link, cut, plainer if saved > 0 and fallback.text else "", max(0, saved))


def _whole(text: str, link: str) -> str:
    return f"{text} {link}" if link else text
