from django.urls import path

from media import file_page, hosting, library, uploading

app_name = "media"

urlpatterns = [
    path("m/<str:token>/<str:name>", hosting.serve, name="file"),
    path("media/", library.library, name="library"),
    path("media/upload", library.upload, name="upload"),
    path("media/uploads/", uploading.start, name="upload-start"),
    path("media/uploads/<uuid:upload_id>/put", uploading.put, name="upload-put"),
    path("media/uploads/<uuid:upload_id>/finish", uploading.finish, name="upload-finish"),
    path("media/picker", library.picker, name="picker"),
    path("media/<uuid:asset_id>/describe", file_page.describe, name="describe"),
    path("media/<uuid:asset_id>/remove", file_page.remove, name="remove"),
    path("media/<uuid:asset_id>/", file_page.file, name="file-page"),
    path("media/<uuid:asset_id>/card", file_page.card, name="card"),
    path("media/<uuid:asset_id>/tags", file_page.tag, name="tags"),
    path("media/<uuid:asset_id>/bring-back", file_page.bring_back, name="bring-back"),
]
