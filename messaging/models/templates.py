"""Saved messages with ordered slides, and what a composer is working on."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from uuid6 import uuid7

from media.models import Asset
from messaging.content import KINDS
from messaging.models.senders import Sender


class Template(models.Model):
    """A saved MMS. `version` counts its changes; what was sent from it keeps a frozen copy."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200, unique=True)
    subject = models.CharField(max_length=80, blank=True, default="")
    fallback_text = models.TextField(blank=True, default="")
    fallback_link = models.BooleanField(default=False)
    fallback_disabled = models.BooleanField(default=False)
    # What its placeholders mean: {"area": {"sample": "EC1M 4BH", "about": "post code"}}.
    variables = models.JSONField(default=dict, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TemplateVersion(models.Model):
    """A template as it was at one version: its content in JSON form, its name and variables."""

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    content = models.JSONField()
    variables = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["template", "version"], name="template_version_once")]

    def __str__(self) -> str:
        return f"version {self.version}"


class Slide(models.Model):
    """One page of a template; `duration` is in seconds."""

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="slides")
    position = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True, default="", max_length=5000)
    duration = models.PositiveSmallIntegerField(default=5)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["template", "position"], name="slide_position_once", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(condition=Q(duration__gte=1, duration__lte=60), name="slide_duration_range"),
        ]

    def __str__(self) -> str:
        return f"Slide {self.position + 1}"


class Part(models.Model):
    """One media object of a slide."""

    slide = models.ForeignKey(Slide, on_delete=models.CASCADE, related_name="parts")
    kind = models.CharField(max_length=10, choices=[(kind, kind) for kind in KINDS])
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["slide", "kind"], name="part_kind_once_per_slide"),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="part_kind_known"),
        ]

    def __str__(self) -> str:
        return self.kind


class Draft(models.Model):
    """What a composer is working on, saved as it is typed.

    `content` has the JSON form of `messaging.content`; `recipients` is the text as pasted; `version` grows with each
    save, so that two tabs cannot overwrite one another unseen.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    sender = models.ForeignKey(Sender, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # Whichever sender suits the message; `sender` is empty then.
    any_sender = models.BooleanField(default=False)
    content = models.JSONField(default=dict)
    recipients = models.TextField(blank=True, default="")
    # Beside the numbers typed: a list imported or saved.
    recipient_list = models.ForeignKey(
        "messaging.RecipientList", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    template = models.ForeignKey(Template, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    template_version = models.PositiveIntegerField(null=True, blank=True)
    # How it is to be sent, as chosen so far (JSON form of `messaging.plans.Plan`): purpose, time, expiry, canary.
    plan = models.JSONField(default=dict, blank=True)
    substitutions = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)
    # The open page that saved last, and how many times it had asked by then: a page whose answer was lost on the way
    # is no second one.
    page = models.CharField(max_length=16, blank=True, default="", editable=False)
    turn = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-updated_at"]
        indexes = [models.Index(fields=["owner", "-updated_at"], name="draft_of_owner")]

    def __str__(self) -> str:
        return str(self.content.get("subject") or "Untitled")


class DraftVersion(models.Model):
    """A draft as it was at one version, so that nothing typed is lost when two tabs write. Kept for the last few."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    # The fields of the draft that a person changes, by their names.
    state = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-version", "-id"]
        constraints = [models.UniqueConstraint(fields=["draft", "version"], name="draft_version_once")]

    def __str__(self) -> str:
        return f"version {self.version}"
