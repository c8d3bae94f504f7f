"""Where files are kept, as the setting of a storage: on a disk, or in a bucket."""

import os
from secrets import token_hex
from typing import Any

from botocore.config import Config
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from mmsportal import env


class Disk(FileSystemStorage):
    """Files on a disk, as a bucket keeps them: there whole or not at all, whoever looks meanwhile or dies over it.

    A name is never changed for another: what is written under one takes the place of what was there.
    """

    def get_available_name(self, name: str, max_length: int | None = None) -> str:  # noqa: ARG002
        return name

    def _save(self, name: str, content: "File[Any]") -> str:
        # Beside its place, so that the last step is a rename; what a death leaves is an orphan for the clean-up.
        part = super()._save(f"{name}.{token_hex(8)}.part", content)  # type: ignore[misc]  # unknown to the stubs
        os.replace(self.path(part), self.path(name))
        return name


def chosen() -> dict[str, object]:
    """The default storage, as the environment wants it."""
    if env.MEDIA_STORAGE != "s3":
        return {"BACKEND": "mmsportal.file_storage.Disk", "OPTIONS": {"location": env.VAR_DIR / "media"}}
    options: dict[str, object] = {
        "bucket_name": env.S3_BUCKET,
        "endpoint_url": env.S3_ENDPOINT_URL,
        "region_name": env.S3_REGION,
        "access_key": env.AWS_ACCESS_KEY_ID,
        "secret_key": env.AWS_SECRET_ACCESS_KEY,
        "default_acl": None,
        "file_overwrite": False,
        "querystring_auth": True,
        # A storage that does not answer must cost a fetch, or a look before a send, seconds and not minutes.
        "client_config": Config(
            signature_version="s3v4", connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2}
        ),
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
