from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_delete
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    name = "messaging"
    verbose_name = _("Messaging")

    def ready(self) -> None:
        import_module("messaging.checks")
        # Files know nothing of messages; whoever waits for one listens.
        import_module("media.renditions").settled.connect(import_module("messaging.tasks").ring_encoding)
        replacements = import_module("messaging.replacements")
        import_module("media.replacing").replaced.connect(replacements.follow)
        post_delete.connect(replacements.forget, sender=import_module("messaging.models").Draft)
        import_module("messaging.web.file_uses").register()
