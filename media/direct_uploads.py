"""Files that a browser sends straight to the storage: announced, put, then inspected and kept or refused.

Where browsers reach the S3 server they get a signed form for exactly one key, size and type. Elsewhere the portal has a
door that takes the same form. Nothing that arrives is served before `finish` has inspected it.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

import boto3
from botocore.config import Config
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.signing import BadSignature, TimestampSigner
from django.db.transaction import atomic
from django.utils import timezone

from media import storage, uploads
from media.inspection import LARGEST_UPLOAD, Refused
from media.models import Asset, Upload
from media.words import gettext_noop as _

logger = logging.getLogger(__name__)
Status = Upload.Status
# How long a file may begin to arrive, and how long it waits to be finished.
PUT_WITHIN = timedelta(minutes=15)
KEPT = timedelta(hours=1)
MOST_OPEN = 100
LONGEST_NAME = 255
TYPE = "application/octet-stream"
ARRIVING = "arriving/"
_signer = TimestampSigner(salt="media.direct_uploads")


class NotArrived(Exception):
    """The file has not been put yet, or not all of it."""


@dataclass(frozen=True, slots=True)
class Form:
    """Where to post a file, and the fields that go before it; valid for `seconds`."""

    url: str
    fields: Mapping[str, str]
    seconds: int


def start(*, owner: str, name: str, size: int, alt: str = "") -> Upload:
    """Announce a file of `size` bytes. Raises Refused."""
    if not 0 < size <= LARGEST_UPLOAD:
        raise Refused(
            "media_too_large" if size > 0 else "media_empty",
            _("The file has {size} KB; at most {limit} KB are taken.") if size > 0 else _("The file is empty."),
            {"size": -(-size // 1000), "limit": LARGEST_UPLOAD // 1000},
            limit=LARGEST_UPLOAD,
            actual=size,
            fix=_("Make the file smaller.") if size > 0 else _("Choose a file that is not empty."),
        )
    now = timezone.now()
    under_way = Upload.objects.filter(owner=owner, status=Status.STARTED, expires_at__gt=now).count()
    if under_way >= MOST_OPEN:
        raise Refused(
            "too_many_uploads",
            _("{actual} of your uploads are under way; at most {limit} may be."),
            {"actual": under_way, "limit": MOST_OPEN},
            limit=MOST_OPEN,
            actual=under_way,
            fix=_("Wait until some of them have ended."),
        )
    uploads.check_quota(owner, size)
    upload = Upload(owner=owner, name=_storable(name), alt=uploads.clean_alt(alt), size=size, expires_at=now + KEPT)
    upload.storage_key = f"{ARRIVING}{upload.pk.hex}"
    upload.save(force_insert=True)
    return upload


def form(upload: Upload, door: str) -> Form:
    """The form to post the file with: the storage's own, or that of `door`, our address for it. No call is made."""
    seconds = int(PUT_WITHIN.total_seconds())
    if not direct():
        # In the address, so that a stranger is sent away before his file is read.
        signed = urlencode({"signature": _signer.sign(upload.storage_key)})
        return Form(f"{door}?{signed}", {"key": upload.storage_key, "Content-Type": TYPE}, seconds)
    bucket = storage.bucket_of()
    given = _browser_client().generate_presigned_post(
        bucket.name,
        upload.storage_key,
        Fields={"Content-Type": TYPE},
        Conditions=[{"Content-Type": TYPE}, ["content-length-range", upload.size, upload.size]],
        ExpiresIn=seconds,
    )
    return Form(given["url"], given["fields"], seconds)


def direct() -> bool:
    """Whether browsers reach the storage themselves."""
    return bool(settings.S3_BROWSER_URL) and storage.bucket_of() is not None


def _browser_client() -> Any:
    """Signs for the storage's address as browsers know it; makes no calls."""
    options = cast(Any, default_storage)
    return boto3.client(
        "s3",
        endpoint_url=settings.S3_BROWSER_URL,
        region_name=options.region_name,
        aws_access_key_id=options.access_key,
        aws_secret_access_key=options.secret_key,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )


def admitted(upload_id: UUID, signature: str) -> Upload | None:
    """The upload that a form at our own door is for; None when it is not signed for this one, too late, or done."""
    try:
        key = _signer.unsign(signature, max_age=PUT_WITHIN)
    except BadSignature:
        return None
    return Upload.objects.filter(pk=upload_id, storage_key=key, status=Status.STARTED).first()


def receive(upload: Upload, fields: Mapping[str, str], file: "File[bytes]") -> None:
    """Put a file that came through our own door where the storage's own form would. Again is the same.

    Raises Refused for another key, type or size than was announced, or while the storage is away.
    """
    if fields.get("key") != upload.storage_key or fields.get("Content-Type") != TYPE:
        raise Refused("form_changed", _("The form is not as it was given out."), fix=_("Start the upload again."))
    if file.size != upload.size:
        raise Refused(
            "size_differs",
            _("The file has {actual} bytes; {limit} were announced."),
            {"actual": file.size or 0, "limit": upload.size},
            limit=upload.size,
            actual=file.size,
            fix=_("Start the upload again."),
        )
    try:
        storage.replace(upload.storage_key, file)
    except storage.Unavailable as error:
        logger.error("an upload cannot be put: %s", error)
        raise uploads.storage_away() from error


def finish(upload_id: UUID, *, owner: str, apart: bool = False) -> Asset:
    """Inspect what has arrived and keep it. Again gives the same asset, or the same refusal. `apart` as in `store`.

    Raises Upload.DoesNotExist, NotArrived, and Refused.
    """
    upload = Upload.objects.select_related("asset").get(pk=upload_id, owner=owner)
    if (known := _ended(upload)) is not None:
        return known
    if upload.expires_at <= timezone.now():
        raise Refused("upload_expired", _("This upload was begun too long ago."), fix=_("Upload the file again."))
    try:
        asset = _inspected(upload, apart)
    except NotArrived:
        # Somebody else may have finished it since it was looked up.
        if (known := _ended(Upload.objects.select_related("asset").get(pk=upload.pk))) is not None:
            return known
        raise
    except Refused as reason:
        if reason.code != "storage_unavailable":
            _end(upload, status=Status.REFUSED, refusal=reason.kept())
        raise
    return _keep(upload, asset)


def _ended(upload: Upload) -> Asset | None:
    if upload.refusal:
        raise Refused.again(upload.refusal)
    return upload.asset if upload.status == Status.DONE else None


def _inspected(upload: Upload, apart: bool) -> Asset:
    with TemporaryDirectory(prefix="arrived-") as folder:
        path = Path(folder, "file")
        try:
            if storage.size(upload.storage_key) != upload.size:
                raise NotArrived
            with path.open("wb") as copy:
                copy.writelines(storage.stream(upload.storage_key, 0, upload.size))
        except FileNotFoundError:
            raise NotArrived from None
        except storage.Unavailable as error:
            logger.error("an upload cannot be read: %s", error)
            raise uploads.storage_away() from error
        return uploads.store(path, name=upload.name, owner=upload.owner, alt=upload.alt, apart=apart)


def _keep(upload: Upload, asset: Asset) -> Asset:
    """Write down the asset of an upload. Of two that finished it at once the first counts."""
    with atomic():
        row = Upload.objects.select_for_update(of=("self",)).get(pk=upload.pk)
        first = row.asset_id
        if first is None:
            Upload.objects.filter(pk=upload.pk).update(status=Status.DONE, asset=asset)
    _clear(upload.storage_key)
    if first is not None and first != asset.pk:
        uploads.purge(asset)
        return Asset.objects.get(pk=first)
    return asset


def _end(upload: Upload, **values: object) -> None:
    Upload.objects.filter(pk=upload.pk, status=Status.STARTED).update(**values)
    _clear(upload.storage_key)


def clear_expired(now: datetime, *, most: int) -> int:
    """Forget uploads whose time is over, and what arrived of them. Out: how many."""
    rows = list(Upload.objects.filter(expires_at__lte=now).order_by("expires_at")[:most])
    for row in rows:
        _clear(row.storage_key)
    Upload.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def _clear(key: str) -> None:
    try:
        storage.delete(key)
    except storage.Unavailable as error:
        logger.warning("an upload is left to the clean-up: %s", error)


def _storable(name: str) -> str:
    """The name as told, shortened from the front: its end says most; `uploads.clean_name` does the rest."""
    return "".join(c for c in name if c.isprintable())[-LONGEST_NAME:]
