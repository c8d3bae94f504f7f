"""The files that a content carries, as their ids; a file is the fitted copy that goes out, else the asset."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from messaging.content import Content, Part

FILE_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def file_of(part: Part) -> str:
    """The id of the file that goes out; "" for a caller's address."""
    return part.rendition or part.asset


def files(content: Content) -> set[UUID]:
    """The ids of the files that go out, each once."""
    return {UUID(file_of(part)) for _where, part in content.parts() if FILE_ID.fullmatch(file_of(part))}


def hosted_at(content: Content, addresses: Mapping[str, str]) -> Content:
    """The content with the address of each file that `addresses` knows by its id."""
    if not addresses:
        return content
    slides = (
        replace(slide, parts=tuple(replace(one, url=addresses.get(file_of(one), one.url)) for one in slide.parts))
        for slide in content.slides
    )
    return replace(content, slides=tuple(slides))


def named_in(content: Mapping[str, Any]) -> set[str]:
    """The ids of the assets that a content in its JSON form names."""
    return {
        value["asset"]
        for slide in content.get("slides", ())
        for value in slide.values()
        if isinstance(value, dict) and FILE_ID.fullmatch(str(value.get("asset", "")))
    }


def exchanged(content: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A content in its JSON form with other assets in the place of those that `names` knows; their copies are left."""
    slides = [
        {key: _other(value, names) if isinstance(value, dict) else value for key, value in slide.items()}
        for slide in content.get("slides", ())
    ]
    return {**content, "slides": slides}


def _other(part: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    new = names.get(part.get("asset", ""))
    # What is known of the old file, and its fitted copy, is not so of the new one.
    return {"asset": new, "host": part.get("host", "ours")} if new else part
