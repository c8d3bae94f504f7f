from django.urls import path

from media import api, api_uploads

urlpatterns = [
    path("media", api.AssetCollection.as_view(), name="api-media"),
    path("media/<uuid:asset_id>", api.AssetDetail.as_view(), name="api-media-detail"),
    path("media/uploads", api_uploads.UploadCollection.as_view(), name="api-upload-start"),
    path("media/uploads/<uuid:upload_id>/finish", api_uploads.UploadFinish.as_view(), name="api-upload-finish"),
]
