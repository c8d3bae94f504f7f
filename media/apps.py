from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MediaConfig(AppConfig):
    name = "media"
    verbose_name = _("Media")

    def ready(self) -> None:
        # Whatever asks for a copy rings for a worker, without knowing of tasks.
        import_module("media.renditions").asked.connect(import_module("media.tasks").ring)
