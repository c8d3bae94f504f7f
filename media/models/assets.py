"""Files of the library: what the portal knows about each, and where each is used."""

import secrets
from pathlib import PurePath

import uuid6
from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.text import slugify

from media.inspection import KINDS

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/heic": "heic",
    "image/avif": "avif",
    "video/mp4": "mp4",
    "video/3gpp": "3gp",
    "video/quicktime": "mov",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/3gpp": "3gp",
    "audio/amr": "amr",
    "audio/wav": "wav",
    "text/vcard": "vcf",
    "text/calendar": "ics",
    "application/pdf": "pdf",
    "application/vnd.apple.pkpass": "pkpass",
}


def new_token() -> str:
    """A path token that cannot be guessed: 128 random bits in 22 characters."""
    return secrets.token_urlsafe(16)


class Tag(models.Model):
    """A word that files are found by: lower case, no spaces at its ends."""

    name = models.CharField(max_length=40, unique=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.CheckConstraint(name="tag_named", condition=~models.Q(name=""))]

    def __str__(self) -> str:
        return self.name


class AssetQuerySet(models.QuerySet["Asset"]):
    def usable(self) -> "AssetQuerySet":
        """Assets that may go into a new message."""
        return self.filter(status=Asset.Status.READY)

    def of(self, owner: str) -> "AssetQuerySet":
        return self.filter(owner=owner)


class Asset(models.Model):
    """One uploaded file of one owner. Equal content lies once in the storage, with a row per owner.

    `size` is bytes, `width` and `height` pixels, `seconds` the playing time. `token` is the secret of its public
    address. Past `expires_at` the address answers 410; null means that it does not expire.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        READY = "ready"
        REFUSED = "refused"
        ARCHIVED = "archived"

    id = models.UUIDField(primary_key=True, default=uuid6.uuid7, editable=False)
    kind = models.CharField(max_length=10, choices=[(kind, kind.capitalize()) for kind in KINDS])
    mime_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField()
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=120)
    alt = models.CharField("description", max_length=500, blank=True, default="")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.READY)
    token = models.CharField(max_length=22, unique=True, default=new_token, editable=False)
    storage_key = models.CharField(max_length=120, db_index=True)
    owner = models.CharField(max_length=80)
    tags = models.ManyToManyField("media.Tag", blank=True, related_name="assets")
    # The file whose place this one took; who used the old one uses this one from then on.
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="replaced_by")
    # What inspection took out or noticed, as `media.words.kept` writes sentences.
    noted = models.JSONField(default=list, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = AssetQuerySet.as_manager()

    class Meta:
        # The ids are UUIDv7: the newest is the largest, and one column is both the order and the cursor.
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["status", "-id"], name="asset_recent"),
            models.Index(fields=["owner", "sha256"], name="asset_owner_content"),
        ]
        constraints = [
            models.CheckConstraint(name="asset_kind_known", condition=models.Q(kind__in=KINDS)),
            models.CheckConstraint(
                name="asset_status_known",
                condition=models.Q(status__in=["pending", "ready", "refused", "archived"]),
            ),
            models.CheckConstraint(name="asset_not_empty", condition=models.Q(size__gt=0)),
            models.CheckConstraint(name="asset_owned", condition=~models.Q(owner="")),
            models.CheckConstraint(name="asset_hashed", condition=Exact(Length("sha256"), 64)),
            models.CheckConstraint(
                name="asset_pixels_in_pairs",
                condition=models.Q(width__isnull=True, height__isnull=True)
                | models.Q(width__isnull=False, width__gt=0, height__isnull=False, height__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def public_name(self) -> str:
        """The last part of the public address: plain ASCII, with the extension of the true type."""
        return f"{self.public_stem}.{EXTENSIONS.get(self.mime_type, 'bin')}"

    @property
    def public_stem(self) -> str:
        """The name of the file in plain ASCII, without an extension."""
        return slugify(PurePath(self.name).stem)[:60].strip("-_") or self.kind

    @property
    def public_path(self) -> str:
        """Where this portal serves the file, on whatever host: for previews on the same origin."""
        return f"/m/{self.token}/{self.public_name}"


class AssetUse(models.Model):
    """Somebody needs a file: `label` says who ("template:<id>"), `until` how long; null is for good.

    A file with a use that has not ended is neither purged nor taken from its public address.
    """

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="uses")
    label = models.CharField(max_length=80)
    until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["asset", "label"], name="use_once")]
        indexes = [models.Index(fields=["label"], name="use_by_label")]

    def __str__(self) -> str:
        return self.label
