"""Celery's broker of the embedded form: kombu's files, written so that no reader meets half a message.

kombu opens a message under its final name before it writes it; a worker that polls meanwhile reads nothing, and ends
(kombu issue 1551). Here a file gets its name when it is whole.
"""

import os
from contextlib import suppress
from pathlib import Path
from queue import Empty
from time import monotonic_ns
from typing import Any
from uuid import uuid4

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """kombu's channel, with whole files only."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]  # kombu disagrees with itself
        """Add a message. Raises ChannelError when the folder cannot take it."""
        name = Path(self.data_folder_out, f"{monotonic_ns() // 1_000_000}_{uuid4()}.{queue}.msg")
        unfinished = name.with_name(f"{name.name}.part")
        try:
            unfinished.write_text(dumps(payload))
            unfinished.replace(name)
        except OSError as error:
            raise ChannelError(f"The broker's folder takes no message: {error.strerror}") from error

    def _get(self, queue: str, timeout: float | None = None) -> Any:  # noqa: ARG002 (kombu's own, unused there too)
        """The oldest message. Raises Empty when there is none; one that is no message is dropped as if it were not."""
        try:
            return super()._get(queue)
        except ValueError as error:
            raise Empty from error

    def _queue_bind(self, exchange: str, *rest: Any) -> None:
        file = Path(self.control_folder, f"{exchange}.exchange")
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            blank = file.with_name(f"{uuid4()}.part")
            blank.write_text("[]")
            # Another process may be first: a link, unlike a rename, leaves what is there.
            with suppress(FileExistsError):
                os.link(blank, file)
            blank.unlink()
        super()._queue_bind(exchange, *rest)


class Transport(filesystem.Transport):
    """Stands in for kombu's transport of the name "filesystem" (mmsportal.celery)."""

    Channel = Channel
