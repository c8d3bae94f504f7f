from importlib import import_module

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"
    verbose_name = "Messaging"

    def ready(self) -> None:
        import_module("messaging.checks")
        # Files know nothing of messages; whoever waits for one listens.
        import_module("media.renditions").settled.connect(import_module("messaging.tasks").ring_encoding)
