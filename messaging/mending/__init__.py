"""One click that does away with a finding: content + mend -> content. Pure, like the rules whose mends it carries out.

What needs more than the content (fitting a medium, another sender, a recipient less) is done by who asked.
"""

from collections.abc import Callable, Mapping

from messaging.content import Content
from messaging.mending import slides, words
from messaging.mending.terms import Terms
from messaging.slide_rules import Mend

__all__ = ["CHANGES", "Terms", "mended"]

CHANGES: Mapping[str, Callable[[Content, Mend, Terms], Content]] = {
    "split_text": slides.split_text,
    "move_part": slides.move_part,
    "remove_part": slides.remove_part,
    "remove_slide": slides.remove_slide,
    "merge_slides": slides.merge_slides,
    "text_to_fallback": slides.text_to_fallback,
    "set_duration": slides.set_duration,
    "shorten": words.shorten,
    "clear_field": words.clear_field,
    "clean_text": words.clean_text,
    "drop_placeholder": words.drop_placeholder,
    "write_fallback": words.write_fallback,
    "write_subject": words.write_subject,
    "fallback_on": words.fallback_on,
    "fallback_off": words.fallback_off,
    "drop_link": words.drop_link,
    "set_link_expiry": words.set_link_expiry,
    "clear_link_expiry": words.clear_link_expiry,
}


def mended(content: Content, mend: Mend, terms: Terms) -> Content:
    """The content with a mend carried out; as it was where there is nothing (left) to do.

    Raises KeyError for an action that is not one of `CHANGES`.
    """
    return CHANGES[mend.action](content, mend, terms)
