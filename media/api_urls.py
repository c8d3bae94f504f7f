from django.urls import path

from media import api

urlpatterns = [
    path("media", api.AssetCollection.as_view(), name="api-media"),
    path("media/<uuid:asset_id>", api.AssetDetail.as_view(), name="api-media-detail"),
]
