import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsportal.settings")
application = get_wsgi_application()

from messaging.watching import stand_guard  # noqa: E402 (models can be imported only now)

stand_guard()
