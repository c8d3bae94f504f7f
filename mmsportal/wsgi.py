import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsportal.settings")
# People and callers wait here: a statement that takes longer is given up (reliability 3.6).
os.environ.setdefault("DATABASE_STATEMENT_SECONDS", "15")
application = get_wsgi_application()

from messaging.watching import stand_guard  # noqa: E402 (models can be imported only now)

stand_guard()

# What is loaded by now stays. A request makes some thousands of objects, hardly one of them in a circle: to look for
# those each time 700 are new cost a tenth of what accepting a message does.
gc.freeze()
gc.set_threshold(10_000)
