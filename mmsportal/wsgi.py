import os

from django.core.wsgi import get_wsgi_application

from mmsportal import collector
from mmsportal.stack import with_room

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsportal.settings")
# People and callers wait here: a statement that takes longer is given up (reliability 3.6).
os.environ.setdefault("DATABASE_STATEMENT_SECONDS", "15")

application = with_room(get_wsgi_application())

from messaging.watching import stand_guard  # noqa: E402 (models can be imported only now)

stand_guard()

collector.spare()
