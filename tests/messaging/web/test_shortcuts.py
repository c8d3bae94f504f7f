"""The keys of the composer: one for each thing, and none that a browser or a screen reader takes."""

import pytest

from messaging.web.shortcuts import SHORTCUTS

MODIFIERS = {"Control", "Alt", "Shift"}
BROWSERS = {f"Control+{key}" for key in "ADFGHJKLNOPRSTUW"} | {f"Control+Shift+{key}" for key in "ABCDIJKMNOPQRSTWY"}
BROWSERS |= {"Alt+D", "Alt+E", "Alt+F", "Alt+ArrowLeft", "Alt+ArrowRight", "Alt+Enter", "F1", "F3", "F5", "F6", "F7"}
BROWSERS |= {"F10", "F11", "F12", "Shift+F10", "Control+PageUp", "Control+PageDown"}


def test_no_two_things_have_the_same_keys() -> None:
    assert len({shortcut.keys for shortcut in SHORTCUTS}) == len({shortcut.does for shortcut in SHORTCUTS})
    assert len({shortcut.keys for shortcut in SHORTCUTS}) == len(SHORTCUTS)


@pytest.mark.parametrize("shortcut", SHORTCUTS, ids=lambda shortcut: shortcut.does)
def test_the_keys_are_free(shortcut) -> None:
    *held, key = shortcut.keys.split("+")
    assert set(held) <= MODIFIERS
    # Letters alone are how a screen reader walks a page; the sheet's own sign can be switched off.
    assert {"Control", "Alt"} & set(held) or key.startswith("F") or shortcut.does == "sheet"
    assert not {"Control", "Alt"} <= set(held), "AltGr writes letters"
    assert not ("Arrow" in key and "Alt" in held), "screen readers read sentences and tables by these"
    assert shortcut.keys not in BROWSERS
