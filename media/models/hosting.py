"""What the public media host offers, and who came for it."""

from django.db import models
from django.utils import timezone

from media.models.assets import Asset, new_token
from media.models.renditions import Rendition


class PublicLink(models.Model):
    """An address of a file for one audience, so that it is known who came for it.

    `audience` is a label that means nothing here ("account:<id>"). Exactly one of asset and rendition lies behind it.
    """

    token = models.CharField(max_length=22, unique=True, default=new_token, editable=False)
    asset = models.ForeignKey(Asset, null=True, on_delete=models.CASCADE, related_name="links")
    rendition = models.ForeignKey(Rendition, null=True, on_delete=models.CASCADE, related_name="links")
    audience = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "audience"], name="link_once_of_asset", condition=models.Q(asset__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["rendition", "audience"],
                name="link_once_of_rendition",
                condition=models.Q(rendition__isnull=False),
            ),
            models.CheckConstraint(
                name="link_to_one_file",
                condition=models.Q(asset__isnull=True, rendition__isnull=False)
                | models.Q(asset__isnull=False, rendition__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.audience


class MediaFetch(models.Model):
    """One request for a file at its public address: when, by whom, what was answered and how much left.

    `client` is the start of the program's name; no address of a caller is kept. `size` is the bytes that left.
    """

    link = models.ForeignKey(PublicLink, on_delete=models.CASCADE, related_name="fetches")
    at = models.DateTimeField(default=timezone.now)
    method = models.CharField(max_length=4)
    status = models.PositiveSmallIntegerField()
    size = models.PositiveIntegerField(default=0)
    client = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["link", "at"], name="fetch_of_link"),
            models.Index(fields=["at"], name="fetch_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.status}"
