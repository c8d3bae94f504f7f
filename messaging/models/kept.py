"""Contents that integrations store with us in a provider's format, to send them later."""

from django.db import models

from messaging.models.senders import ApiKey


class KeptContent(models.Model):
    """A content that a key stored in one format; `ref` is what it was answered with.

    `media` are the files as the call named them: kind, address, slide (from 1).
    """

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    dialect = models.CharField(max_length=20)
    ref = models.CharField(max_length=40)
    content = models.JSONField()
    media = models.JSONField(default=list)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["api_key", "dialect", "ref"], name="kept_once")]

    def __str__(self) -> str:
        return f"{self.dialect} content {self.ref}"
