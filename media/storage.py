"""Keys, bytes and addresses of stored files: the only module that touches a storage or knows of S3.

Two things can be wrong with a stored file, and everything here says which: FileNotFoundError, it is not there;
Unavailable, nobody can tell or read it now (down, slow, refused), and asking again later may help.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, BinaryIO, cast

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

from media.models import Asset, Rendition

CHUNK = 128 * 1024
GONE = ("404", "NoSuchKey", "NotFound")


class Unavailable(Exception):
    """The storage does not answer, is too slow or refuses us. The text is for the log, not for people."""


def key_for(sha256: str, extension: str) -> str:
    """Where content lies: the same content always under the same key."""
    return f"assets/{sha256[:2]}/{sha256}.{extension}"


def put(data: bytes, *, sha256: str, extension: str, mime_type: str) -> str:
    """Store content and answer its key; content that is there already is not written again. Raises Unavailable."""
    key = key_for(sha256, extension)
    with _told_apart(key):
        if default_storage.exists(key):
            return key
        content = ContentFile(data)
        content.content_type = mime_type  # type: ignore[attr-defined]  # django-storages sends it to S3
        saved = default_storage.save(key, content)
        if saved != key:  # somebody stored the same bytes between the question and the write
            default_storage.delete(saved)
    return key


def replace(key: str, content: "File[bytes]") -> None:
    """Store a file under exactly this key, whatever lay there. Raises Unavailable."""
    with _told_apart(key):
        if bucket_of() is not None:  # a disk puts one file in the place of another in a single step
            default_storage.delete(key)
        saved = default_storage.save(key, content)
        if saved != key:  # two arrive at once: whoever stored first has it
            default_storage.delete(saved)


def open(key: str) -> BinaryIO:  # noqa: A001 (the module is used as `storage.open`)
    """The stored file for reading. Raises FileNotFoundError and Unavailable."""
    with _told_apart(key):
        return cast(BinaryIO, default_storage.open(key, "rb"))


def size(key: str) -> int:
    """The bytes of a stored file, read from where it lies. Raises FileNotFoundError and Unavailable."""
    with _told_apart(key):
        bucket = bucket_of()
        if bucket is None:
            # Asking for the size alone succeeds on a file that may not be read.
            with open(key) as file:
                return file.seek(0, 2)
        return int(bucket.meta.client.head_object(Bucket=bucket.name, Key=key)["ContentLength"])


def stream(key: str, start: int, length: int) -> Iterator[bytes]:
    """`length` bytes from byte `start`, in chunks, never the whole file in memory.

    Raises FileNotFoundError and Unavailable, the latter while it is read as well.
    """
    with _told_apart(key):
        bucket = bucket_of()
        if bucket is None:
            return _guarded(key, _slices(open(key), start, length))
        # S3File would fetch the whole object first; a ranged request streams only what was asked for.
        wanted = f"bytes={start}-{start + length - 1}"
        body = bucket.meta.client.get_object(Bucket=bucket.name, Key=key, Range=wanted)["Body"]
        return _guarded(key, body.iter_chunks(CHUNK))


def _slices(file: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        while length > 0 and (chunk := file.read(min(CHUNK, length))):
            length -= len(chunk)
            yield chunk


def _guarded(key: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    with _told_apart(key):
        yield from chunks


def copy(key: str, to: str) -> None:
    """Lay the same content under another key too. Raises FileNotFoundError and Unavailable."""
    with _told_apart(key):
        bucket = bucket_of()
        if bucket is not None:
            source = {"Bucket": bucket.name, "Key": key}
            bucket.meta.client.copy_object(Bucket=bucket.name, Key=to, CopySource=source)
            return
        with open(key) as file:
            replace(to, File(file))


def delete(key: str) -> None:
    """Remove stored content; nothing happens when it is gone already. Raises Unavailable."""
    with _told_apart(key):
        default_storage.delete(key)


def walk(prefix: str, *, after: str = "") -> Iterator[tuple[str, datetime]]:
    """The keys below a folder ("assets/") that follow `after`, in their order, each with the time it was written.

    Raises Unavailable, also while it is walked.
    """
    with _told_apart(prefix):
        bucket = bucket_of()
        if bucket is not None:
            pages = bucket.meta.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=bucket.name, Prefix=prefix, StartAfter=after):
                yield from ((entry["Key"], entry["LastModified"]) for entry in page.get("Contents", ()))
        else:
            yield from _walk_folder(prefix.rstrip("/"), after)


def _walk_folder(folder: str, after: str) -> Iterator[tuple[str, datetime]]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted([*(f"{one}/" for one in folders), *files]):
        path = f"{folder}/{name}"
        if name.endswith("/") and not after.startswith(path) and path < after:
            continue
        if name.endswith("/"):
            yield from _walk_folder(path.rstrip("/"), after)
        elif path > after:
            yield path, default_storage.get_modified_time(path)


def bucket_of() -> Any:
    """The bucket that files lie in; None where they lie on a disk."""
    return getattr(default_storage, "bucket", None)


@contextmanager
def _told_apart(key: str) -> Iterator[None]:
    """Whatever the storage raises as FileNotFoundError or Unavailable."""
    try:
        yield
    except FileNotFoundError:
        raise
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in GONE:
            raise FileNotFoundError(key) from None
        raise Unavailable(f"the storage answers {code}") from error
    except (BotoCoreError, HTTPClientError, OSError) as error:
        raise Unavailable(f"the storage does not answer: {type(error).__name__}") from error


def public_url(file: Asset | Rendition) -> str:
    """The address a file is fetched from by nobody in particular. It never carries a query, which some drop."""
    return f"{settings.MEDIA_PUBLIC_BASE_URL}{file.public_path}"
