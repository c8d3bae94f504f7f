"""Films and recordings opened for decoding: only the bytes given, whatever other files or hosts they name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError

# What decoders raise for damage.
DAMAGE = (FFmpegError, ValueError, EOFError, OSError, IndexError)


@contextmanager
def opened(given: Path) -> Iterator[InputContainer]:
    """A file's container, closed afterwards. Raises one of DAMAGE."""
    with (
        given.open("rb") as file,
        av.open(file, "r", container_options={"protocol_whitelist": "none"}) as container,
    ):
        yield container
