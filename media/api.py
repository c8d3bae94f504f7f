"""REST: `/api/v1/media`. An integration sees what it uploaded and nothing else."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
    inline_serializer,
)
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from media import storage, uploads
from media.api_reading import (
    LARGEST_PAGE,
    MediaRefused,
    check_length,
    is_json,
    page,
    read_address,
    read_description,
    read_fields,
    read_form,
    read_query,
)
from media.inspection import KINDS, Refused
from media.models import Asset, AssetQuerySet
from media.targets import MAX_LENGTH, FetchRefused


class AssetSerializer(serializers.ModelSerializer[Asset]):
    type = serializers.CharField(source="mime_type", help_text="True MIME type, told from the content.")
    url = serializers.SerializerMethodField(help_text="Public address the providers fetch; it has no query.")

    class Meta:
        model = Asset
        fields = (
            "id",
            "kind",
            "type",
            "size",
            "width",
            "height",
            "seconds",
            "status",
            "url",
            "name",
            "alt",
            "created_at",
        )
        read_only_fields = fields

    def get_url(self, asset: Asset) -> str:
        return storage.public_url(asset)


class AddressSerializer(serializers.Serializer[Any]):
    """A file that we fetch, as the schema shows it; `read_address` reads it."""

    url = serializers.CharField(max_length=MAX_LENGTH, help_text="Public http or https address of the file itself.")
    alt = serializers.CharField(required=False, allow_blank=True, max_length=uploads.ALT_LENGTH)


class DescriptionSerializer(serializers.Serializer[Any]):
    """A change of the description; `read_description` reads it."""

    alt = serializers.CharField(allow_blank=True, max_length=uploads.ALT_LENGTH)


@extend_schema_field({"type": "string", "format": "binary"})
class BytesField(serializers.FileField):
    """The file itself; what is only read would be documented as its address."""


class UploadSerializer(serializers.Serializer[Any]):
    """The form of an upload as the schema shows it; `read_form` reads it."""

    file = BytesField(help_text="One file; its type is told from its content.")
    alt = serializers.CharField(required=False, allow_blank=True, max_length=uploads.ALT_LENGTH)


_LIST = inline_serializer(
    "MediaList", {"next": serializers.URLField(allow_null=True), "results": AssetSerializer(many=True)}
)
_MEMBERS = AssetSerializer.Meta.fields
_MEMBER = f"({'|'.join(_MEMBERS)})"
_FIELDS = OpenApiParameter(
    "fields",
    {"type": "string", "pattern": f"^{_MEMBER}(,{_MEMBER})*$", "maxLength": 200},
    description="Only these members of each file, by commas.",
)
_FILTERS = [
    _FIELDS,
    OpenApiParameter("kind", {"type": "string", "enum": list(KINDS)}, description="Only files of this kind."),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": 50}),
    OpenApiParameter("cursor", str, description="Opaque; follow `next` instead of making one."),
]


class AssetCollection(APIView):
    parser_classes: list[Any] = [MultiPartParser, *api_settings.DEFAULT_PARSER_CLASSES]
    required_scopes = {"GET": "media:read", "POST": "media:write"}

    @extend_schema(operation_id="media_list", parameters=_FILTERS, responses={200: _LIST})
    def get(self, request: Request) -> Response:
        """The files of this key, newest first."""
        values = read_query(request, ("kind", "limit", "cursor", "fields"))
        names = read_fields(values, _MEMBERS)
        found = _owned(request).usable()
        if "kind" in values:
            found = found.filter(kind=values["kind"])
        rows, following = page(found, request, values)
        return Response({"next": following, "results": [_answer(row, names) for row in rows]})

    @extend_schema(
        operation_id="media_create",
        parameters=[_FIELDS],
        request={"multipart/form-data": UploadSerializer, "application/json": AddressSerializer},
        responses={
            201: AssetSerializer,
            413: OpenApiResponse(description="The form is larger than the largest file that is taken."),
            422: OpenApiResponse(description="The file is refused; `errors` says why and what to do."),
        },
    )
    def post(self, request: Request) -> Response:
        """Upload one file, or give the address of one that is fetched here.

        The same content under the same name and description answers the same file again.
        """
        names = read_fields(read_query(request, ("fields",)), _MEMBERS)
        check_length(request)
        asset = _fetched(request) if is_json(request) else _uploaded(request)
        return Response(_answer(asset, names), status=201, headers={"Location": f"/api/v1/media/{asset.pk}"})


class AssetDetail(APIView):
    required_scopes = {"GET": "media:read", "PATCH": "media:write", "DELETE": "media:write"}

    @extend_schema(operation_id="media_retrieve", parameters=[_FIELDS], responses={200: AssetSerializer})
    def get(self, request: Request, asset_id: UUID) -> Response:
        """One file of this key."""
        names = read_fields(read_query(request, ("fields",)), _MEMBERS)
        return Response(_answer(get_object_or_404(_owned(request), pk=asset_id), names))

    @extend_schema(
        operation_id="media_describe",
        request={"application/json": DescriptionSerializer},
        responses={200: AssetSerializer, 422: OpenApiResponse(description="The description is refused.")},
        examples=[OpenApiExample("A description", {"alt": "The sea at noon"}, request_only=True)],
    )
    def patch(self, request: Request, asset_id: UUID) -> Response:
        """Set the description of a file; "" takes it away."""
        read_query(request, ())
        alt = _cleaned(read_description(request))
        asset = get_object_or_404(_owned(request).usable(), pk=asset_id)
        asset.alt = alt
        asset.save(update_fields=["alt"])
        return Response(AssetSerializer(asset).data)

    @extend_schema(operation_id="media_archive", responses={204: OpenApiResponse(description="Archived.")})
    def delete(self, request: Request, asset_id: UUID) -> Response:
        """Archive a file: no new message takes it, and its address answers for 30 days more. Again is the same."""
        read_query(request, ())
        asset = get_object_or_404(_owned(request), pk=asset_id)
        if asset.status == Asset.Status.READY:
            uploads.archive(asset)
        return Response(status=204)


def _uploaded(request: Request) -> Asset:
    file, alt = read_form(request)
    try:
        return uploads.store(file, name=file.name or "", owner=owner_of(request), alt=alt)
    except Refused as reason:
        raise MediaRefused("/alt" if reason.code == "alt_too_long" else "/file", reason) from reason


def _fetched(request: Request) -> Asset:
    url, alt = read_address(request)
    try:
        return uploads.store_from_url(url, owner=owner_of(request), alt=uploads.clean_alt(alt))
    except FetchRefused as refusal:
        fix = "Give an address that serves the file itself, or upload the file."
        raise MediaRefused("/url", Refused(refusal.code, refusal.message, fix=fix)) from refusal
    except Refused as reason:
        raise MediaRefused("/alt" if reason.code == "alt_too_long" else "/url", reason) from reason


def _cleaned(alt: str) -> str:
    try:
        return uploads.clean_alt(alt)
    except Refused as reason:
        raise MediaRefused("/alt", reason) from reason


def _answer(asset: Asset, names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in AssetSerializer(asset).data.items() if name in names}


def owner_of(request: Request) -> str:
    """Whose files this caller's are."""
    auth: Any = request.auth
    return str(auth.owner_label)


def _owned(request: Request) -> AssetQuerySet:
    return Asset.objects.of(owner_of(request))
