from importlib import import_module

from django.apps import AppConfig


class MediaConfig(AppConfig):
    name = "media"
    verbose_name = "Media"

    def ready(self) -> None:
        # Whatever asks for a copy rings for a worker, without knowing of tasks.
        import_module("media.renditions").asked.connect(import_module("media.tasks").ring)
