"""REST: files that an integration sends straight to the storage: announced, put, finished."""

from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from media import direct_uploads, uploads
from media.api import AssetSerializer, owner_of
from media.api_reading import MediaRefused, read_announcement, read_query, refuse_body
from media.direct_uploads import LONGEST_NAME, NotArrived
from media.inspection import LARGEST_UPLOAD, Refused
from media.models import Upload

EXAMPLE = {"name": "tour.mp4", "size": 412_345, "alt": "A tour of the shop"}


class NotYet(MediaRefused):
    status_code = 409
    default_code = "not_arrived"
    default_detail = "The file has not arrived."


class StorageAway(MediaRefused):
    status_code = 503
    default_code = "storage_unavailable"
    default_detail = "The storage for files does not answer right now."
    headers = {"Retry-After": "30"}


class AnnouncementSerializer(serializers.Serializer[Any]):
    """A file to come, as the schema shows it; `read_announcement` reads it."""

    name = serializers.CharField(help_text=f"As it is to be called; the last {LONGEST_NAME} characters count.")
    size = serializers.IntegerField(min_value=1, max_value=LARGEST_UPLOAD, help_text="Bytes, exactly.")
    alt = serializers.CharField(required=False, allow_blank=True, max_length=uploads.ALT_LENGTH)


class BegunSerializer(serializers.Serializer[Any]):
    """Where and how the file is to be put."""

    id = serializers.UUIDField()
    url = serializers.URLField(help_text="Post a multipart form there: the fields, then the file as `file`.")
    fields = serializers.DictField(child=serializers.CharField(), help_text="What goes before the file, unchanged.")  # type: ignore[assignment]
    seconds = serializers.IntegerField(help_text="How long the form is good for.")
    finish = serializers.URLField(help_text="Post {} there once the file is put.")


class UploadCollection(APIView):
    http_method_names = ["post"]
    required_scopes = {"POST": "media:write"}

    @extend_schema(
        operation_id="media_upload_start",
        request={"application/json": AnnouncementSerializer},
        responses={
            201: BegunSerializer,
            422: OpenApiResponse(description="A file like that is not taken; `errors` says why and what to do."),
        },
        examples=[OpenApiExample("A film", EXAMPLE, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Announce a file, and be told where to put it: straight into the storage where that can be reached."""
        read_query(request, ())
        name, size, alt = read_announcement(request)
        try:
            upload = direct_uploads.start(owner=owner_of(request), name=name, size=size, alt=alt)
        except Refused as reason:
            raise MediaRefused("/alt" if reason.code == "alt_too_long" else "/size", reason) from reason
        form = direct_uploads.form(upload, _address("media:upload-put", upload))
        answer = {
            "id": str(upload.pk),
            "url": form.url,
            "fields": dict(form.fields),
            "seconds": form.seconds,
            "finish": _address("api-upload-finish", upload),
        }
        return Response(answer, status=201)


class UploadFinish(APIView):
    http_method_names = ["post"]
    required_scopes = {"POST": "media:write"}

    @extend_schema(
        operation_id="media_upload_finish",
        request={"application/json": {"type": "object", "additionalProperties": False}},
        responses={
            200: AssetSerializer,
            409: OpenApiResponse(description="The file has not arrived, or not all of it."),
            422: OpenApiResponse(description="The file is refused; `errors` says why and what to do."),
        },
    )
    def post(self, request: Request, upload_id: UUID) -> Response:
        """Inspect what was put, and keep it. Again answers the same file, or the same refusal."""
        read_query(request, ())
        refuse_body(request)
        try:
            asset = direct_uploads.finish(upload_id, owner=owner_of(request))
        except Upload.DoesNotExist:
            raise NotFound from None
        except NotArrived:
            reason = Refused("not_arrived", "The file has not arrived.", fix="Put it, or start the upload again.")
            raise NotYet("", reason) from None
        except Refused as reason:
            raise _refused(reason) from reason
        return Response(AssetSerializer(asset).data)


def _refused(reason: Refused) -> APIException:
    return (StorageAway if reason.code == "storage_unavailable" else MediaRefused)("", reason)


def _address(name: str, upload: Upload) -> str:
    return urljoin(settings.PUBLIC_BASE_URL, reverse(name, args=[upload.pk]))
