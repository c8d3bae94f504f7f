"""The asset in the admin: for looking things up, expiry and deletion. Files come in by the library."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from unfold.admin import ModelAdmin
from unfold.decorators import display

from media import storage, uploads
from media.listing import GuardedList
from media.models import Asset

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
        return filesizeformat(asset.size)

    @display(description="public address")  # type: ignore[untyped-decorator]
    def address(self, asset: Asset) -> str:
        return storage.public_url(asset)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 (Django's signature)
        return False

    def delete_model(self, request: HttpRequest, obj: Asset) -> None:  # noqa: ARG002
        uploads.purge(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Asset]) -> None:  # noqa: ARG002
        for asset in queryset:
            uploads.purge(asset)
