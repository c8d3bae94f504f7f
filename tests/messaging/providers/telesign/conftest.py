"""Telesign's own payloads, as its page gives them (seed-*), and made-up ones for the rest."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent / "payloads"


@pytest.fixture(scope="session")
def payload() -> Callable[[str], Any]:
    """The JSON value of a payload file, by its name without the ending."""
    return lambda name: json.loads((FOLDER / f"{name}.json").read_bytes())


@pytest.fixture(scope="session")
def raw() -> Callable[[str], bytes]:
    """The bytes of a payload file."""
    return lambda name: (FOLDER / f"{name}.json").read_bytes()
