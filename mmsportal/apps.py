from django.apps import AppConfig

from mmsportal import naming


class PortalConfig(AppConfig):
    name = "mmsportal"

    def ready(self) -> None:
        naming.translated()
        naming.site()
