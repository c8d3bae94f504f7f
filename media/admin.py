"""The asset in the admin: for looking things up, expiry and deletion. Files come in by the library."""

from collections.abc import Iterable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import display

from media import storage, uploads
from media.listing import GuardedList
from media.models import Asset
from media.shown import size_text

MOST_NAMED = 10
_CHANGEABLE = ("alt", "expires_at")
_SHOWN = ("name", "kind", "mime_type", "size", "width", "height", "seconds", "status", "owner")


@admin.register(Asset)
class AssetAdmin(GuardedList, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    list_display = ("name", "shown_status", "kind", "shown_size", "owner", "created_at", "expires_at")
    list_filter = ("kind", "status")
    search_fields = ("name", "alt", "owner", "sha256")
    ordering = ("-id",)
    list_per_page = 50
    show_full_result_count = False
    fields = (*_SHOWN, *_CHANGEABLE, "address", "sha256", "created_at")
    readonly_fields = (*_SHOWN, "address", "sha256", "created_at")

    @display(description="status", label={"ready": "success", "pending": "warning", "refused": "danger"})  # type: ignore[untyped-decorator]
    def shown_status(self, asset: Asset) -> str:
        return asset.status

    @display(description="size", ordering="size")  # type: ignore[untyped-decorator]
    def shown_size(self, asset: Asset) -> str:
        return size_text(asset.size)

    @display(description="public address")  # type: ignore[untyped-decorator]
    def address(self, asset: Asset) -> str:
        return storage.public_url(asset)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 (Django's signature)
        return False

    def delete_model(self, request: HttpRequest, obj: Asset) -> None:
        self._let_go(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Asset]) -> None:
        self._let_go(request, queryset)

    def _let_go(self, request: HttpRequest, assets: Iterable[Asset]) -> None:
        kept = [asset.name for asset in assets if not uploads.let_go(asset)]
        if kept:
            words = ngettext(
                "%(names)s is needed by a message on its way; it is archived, and deleted after that.",
                "%(names)s are needed by messages on their way; they are archived, and deleted after that.",
                len(kept),
            )
            messages.warning(request, words % {"names": ", ".join(kept[:MOST_NAMED])})
