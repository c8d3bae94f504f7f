"""The Celery application: `celery -A mmsportal`."""

import os
from importlib import import_module

from celery import Celery
from celery.signals import beat_embedded_init, beat_init
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsportal.settings")
TRANSPORT_ALIASES["filesystem"] = "mmsportal.broker:Transport"
app = Celery("mmsportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@beat_init.connect
@beat_embedded_init.connect
def guard(**_signal: object) -> None:
    """The beat looks after the workers: whether they hear cannot be found out through the broker."""
    import_module("messaging.watching").stand_guard()
