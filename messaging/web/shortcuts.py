"""The composer's keys, in one table: the sheet lists them, and the page's script reads them from the sheet.

Each has a modifier or is a function key, so that none writes a letter, and none is taken by a browser (tabs, bookmarks,
history) or by a screen reader (Insert and CapsLock, Control+Option, letters alone, Alt+arrows, Control+Alt+arrows).
"?" alone is for the sheet itself; it can be switched off there, for whoever speaks to the machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# A key as the browser calls it: the word on the keyboard.
CAPS: dict[str, str | Promise] = {
    "Control": _("Ctrl"),
    "Alt": _("Alt"),
    "Shift": _("Shift"),
    "Enter": _("Enter"),
    "PageUp": _("Page up"),
    "PageDown": _("Page down"),
}


@dataclass(frozen=True, slots=True)
class Shortcut:
    """What is done, by which keys (as in "Control+Shift+Enter"), and in which words the sheet says so."""

    does: str
    keys: str
    words: str | Promise

    @property
    def caps(self) -> Sequence[str | Promise]:
        return [CAPS.get(key, key) for key in self.keys.split("+")]


SHORTCUTS = (
    Shortcut("send", "Control+Enter", _("Look it over before sending; there, send")),
    Shortcut("next-problem", "F8", _("Next thing to fix or consider")),
    Shortcut("previous-problem", "Shift+F8", _("The one before")),
    Shortcut("add-slide", "Control+Shift+Enter", _("Add a slide")),
    Shortcut("duplicate", "Alt+Shift+D", _("Duplicate this slide")),
    Shortcut("move-up", "Alt+PageUp", _("Move this slide up")),
    Shortcut("move-down", "Alt+PageDown", _("Move this slide down")),
    Shortcut("undo", "Control+Z", _("Undo, outside of text fields")),
    Shortcut("redo", "Control+Shift+Z", _("Do it again, outside of text fields")),
    Shortcut("play", "Alt+Shift+P", _("Play the preview, or stop it")),
    Shortcut("sheet", "?", _("This sheet, outside of text fields")),
)
