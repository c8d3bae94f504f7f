"""The addresses below /compat/: what becomes of calls, and the doors, a provider's name before its own paths."""

from django.urls import path

from messaging.compat import aid, doors

app_name = "compat"
urlpatterns = [
    path("", aid.FormatsPage.as_view(), name="formats"),
    path("<slug:dialect>/<path:path>", doors.door, name="door"),
]
