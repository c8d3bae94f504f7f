"""`python -m tests.faults.shifted HOURS WORD...`: manage.py in a process whose clock is so many hours ahead of the
host's; behind it where they are negative. How long it sleeps and waits stays as it is."""

import os
import sys
from datetime import timedelta

import time_machine
from django.core.management import execute_from_command_line


def main() -> None:
    """Until the command ends."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsportal.settings")
    with time_machine.travel(timedelta(hours=float(sys.argv[1])), tick=True):
        execute_from_command_line(["manage.py", *sys.argv[2:]])


if __name__ == "__main__":
    main()
