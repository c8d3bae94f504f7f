"""Skycore's own payloads, as its page gives them (seed-*), and made-up ones for the rest."""

from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest

FOLDER = Path(__file__).parent / "payloads"


@pytest.fixture(scope="session")
def raw() -> Callable[[str], bytes]:
    """The bytes of a payload file, by its name; the ending of an XML file may be left out."""
    return lambda name: (FOLDER / (name if "." in name else f"{name}.xml")).read_bytes()


@pytest.fixture(scope="session")
def tree(raw: Callable[[str], bytes]) -> Callable[[str], Element]:
    """The root of an XML payload."""
    return lambda name: fromstring(raw(name))
