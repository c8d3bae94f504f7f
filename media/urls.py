from django.urls import path

from media import hosting, library, uploading

app_name = "media"

urlpatterns = [
    path("m/<str:token>/<str:name>", hosting.serve, name="file"),
    path("media/", library.library, name="library"),
    path("media/upload", library.upload, name="upload"),
    path("media/uploads/", uploading.start, name="upload-start"),
    path("media/uploads/<uuid:upload_id>/put", uploading.put, name="upload-put"),
    path("media/uploads/<uuid:upload_id>/finish", uploading.finish, name="upload-finish"),
    path("media/picker", library.picker, name="picker"),
    path("media/<uuid:asset_id>/describe", library.describe, name="describe"),
    path("media/<uuid:asset_id>/remove", library.remove, name="remove"),
]
