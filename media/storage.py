"""Keys, bytes and addresses of stored files: the only module that touches a storage or knows of S3."""

from collections.abc import Iterator
from typing import BinaryIO, cast

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from media.models import Asset

CHUNK = 64 * 1024


def key_for(sha256: str, extension: str) -> str:
    """Where content lies: the same content always under the same key."""
    return f"assets/{sha256[:2]}/{sha256}.{extension}"


def put(data: bytes, *, sha256: str, extension: str, mime_type: str) -> str:
    """Store content and answer its key; content that is there already is not written again."""
    key = key_for(sha256, extension)
    if default_storage.exists(key):
        return key
    content = ContentFile(data)
    content.content_type = mime_type  # type: ignore[attr-defined]  # django-storages sends it to S3
    saved = default_storage.save(key, content)
    if saved != key:  # somebody stored the same bytes between the question and the write
        default_storage.delete(saved)
    return key


def open(key: str) -> BinaryIO:  # noqa: A001 (the module is used as `storage.open`)
    """The stored file for reading. Raises FileNotFoundError."""
    return cast(BinaryIO, default_storage.open(key, "rb"))


def stream(key: str, start: int, length: int) -> Iterator[bytes]:
    """`length` bytes from byte `start`, in chunks, never the whole file in memory. Raises FileNotFoundError."""
    bucket = getattr(default_storage, "bucket", None)
    if bucket is not None:
        # S3File would fetch the whole object first; a ranged request streams only what was asked for.
        wanted = f"bytes={start}-{start + length - 1}"
        try:
            body = bucket.Object(key).get(Range=wanted)["Body"]
        except bucket.meta.client.exceptions.NoSuchKey:
            raise FileNotFoundError(key) from None
        return cast(Iterator[bytes], body.iter_chunks(CHUNK))
    return _slices(open(key), start, length)


def _slices(file: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        while length > 0 and (chunk := file.read(min(CHUNK, length))):
            length -= len(chunk)
            yield chunk


def delete(key: str) -> None:
    """Remove stored content; nothing happens when it is gone already."""
    default_storage.delete(key)


def public_url(asset: Asset) -> str:
    """The address providers fetch the asset from. It never carries a query, which some of them drop."""
    return f"{settings.MEDIA_PUBLIC_BASE_URL}{asset.public_path}"
