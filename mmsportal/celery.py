"""The Celery application: `celery -A mmsportal`."""

import os

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsportal.settings")
TRANSPORT_ALIASES["filesystem"] = "mmsportal.broker:Transport"
app = Celery("mmsportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
