"""The addresses below /compat/: a provider's name, then its own paths."""

from django.urls import path

from messaging.compat import doors

app_name = "compat"
urlpatterns = [path("<slug:dialect>/<path:path>", doors.door, name="door")]
