"""Reading and replacing one place of a content, named by its JSON pointer."""

from collections.abc import Callable
from dataclasses import replace

from messaging.content import Content, Part, Slide


def steps(pointer: str) -> tuple[str, ...]:
    """The names and numbers of a pointer, below /content."""
    found = tuple(pointer.strip("/").split("/"))
    return found[1:] if found[:1] == ("content",) else found


def slide_at(content: Content, pointer: str) -> int | None:
    """The slide that a pointer leads into, or None where there is none (any more)."""
    match steps(pointer):
        case ("slides", index, *_) if index.isdecimal() and int(index) < len(content.slides):
            return int(index)
    return None


def part_at(content: Content, pointer: str) -> tuple[int, Part] | None:
    """The slide and the medium that a pointer leads to."""
    index, names = slide_at(content, pointer), steps(pointer)
    if index is None or len(names) < 3:
        return None
    part = content.slides[index].part(names[2])
    return (index, part) if part else None


def text_at(content: Content, pointer: str) -> str:
    """The text at a pointer; "" where there is none."""
    wanted = "/" + "/".join(steps(pointer))
    return next((text for where, text in content.texts() if where == wanted), "")


def with_text(content: Content, pointer: str, text: str) -> Content:
    """The content with another text at a pointer."""
    index = slide_at(content, pointer)
    if index is not None:
        return with_slides(content, index, replace(content.slides[index], text=text))
    match steps(pointer):
        case ("name",):
            return replace(content, name=text)
        case ("subject",):
            return replace(content, subject=text)
        case ("fallback", "text"):
            return replace(content, fallback=replace(content.fallback, text=text))
    return content


def with_texts(content: Content, change: Callable[[str], str]) -> Content:
    """The content with every text changed alike."""
    for pointer, text in list(content.texts()):
        if (changed := change(text)) != text:
            content = with_text(content, pointer, changed)
    return content


def with_slides(content: Content, index: int, *slides: Slide) -> Content:
    """The content with others in the place of one slide; none remove it."""
    return replace(content, slides=(*content.slides[:index], *slides, *content.slides[index + 1 :]))


def with_part(content: Content, pointer: str, part: Part) -> Content:
    """The content with another medium in the place of the one at a pointer."""
    found = part_at(content, pointer)
    if found is None:
        return content
    index, old = found
    slide = content.slides[index]
    parts = tuple(part if other is old else other for other in slide.parts)
    return with_slides(content, index, replace(slide, parts=parts))
