"""The longer examples of the documentation page: one file to a subject and language, run as they stand by a test."""

from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings

FOLDER = settings.BASE_DIR / "templates" / "messaging" / "api" / "examples"
# What the files call the portal; the page names the real one.
EXAMPLE_BASE = "https://portal.example"
SUFFIXES = {"curl": ".sh", "Python": ".py", "JavaScript": ".mjs"}


@dataclass(frozen=True, slots=True)
class Guide:
    """One subject: the name of its files, its title, and what there is to know before."""

    name: str
    title: str
    about: str


GUIDES = (
    Guide(
        "send",
        "Send a message",
        "One transaction comes back for each recipient. With an Idempotency-Key the request can be repeated safely.",
    ),
    Guide(
        "dry_run",
        "Look before you send",
        "A dry run says what would come of a message: what speaks against it, and who would carry it.",
    ),
    Guide(
        "follow",
        "Follow a message",
        "Its progress in counts, then each recipient: where it stands, and what to do about those it did not reach.",
    ),
    Guide(
        "cancel",
        "Cancel a message",
        "What is not on the wire yet is taken back; what has left is past recall. A pause can be resumed.",
    ),
    Guide(
        "media",
        "Upload media",
        "Small files in one post; large ones straight into the storage. The id goes into a slide as an asset.",
    ),
    Guide(
        "callbacks",
        "Check that a callback is ours",
        "News comes to your notify_url, signed as Standard Webhooks say. Check the body before you parse it.",
    ),
    Guide(
        "events",
        "Ask for events instead",
        "The same news as a feed, for those who cannot be called: resumable at any place.",
    ),
)


@lru_cache(maxsize=64)
def _text(name: str, language: str) -> str:
    text: str = (FOLDER / f"{name}{SUFFIXES[language]}").read_text()
    return text.strip()


def texts(guide: Guide, base: str) -> dict[str, str]:
    """The example of a guide in each language; `base` is the portal's own address."""
    return {language: _text(guide.name, language).replace(EXAMPLE_BASE, base) for language in SUFFIXES}
