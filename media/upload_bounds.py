"""How much a form may carry, told before a byte of it is read."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

LARGEST_FORM = 200_000_000


class BoundedForm(FileUploadHandler):
    """Refuses a form by its declared length. The check of its token reads all of it, whoever sends it: without a
    bound, strangers could fill the disk through the login page."""

    def handle_raw_input(
        self,
        input_data: Any,  # noqa: ARG002 (Django's signature)
        META: Mapping[str, Any],  # noqa: N803, ARG002
        content_length: int,
        boundary: Any,  # noqa: ARG002
        encoding: str | None = None,  # noqa: ARG002
    ) -> None:
        if content_length > LARGEST_FORM:
            raise RequestDataTooBig(f"A form has at most {LARGEST_FORM:,} bytes.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:  # noqa: ARG002
        return raw_data

    def file_complete(self, file_size: int) -> None:  # noqa: ARG002
        return None
