from mmsportal.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.growing"]  # noqa: F405
