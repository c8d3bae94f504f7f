"""A process that queues messages at a steady rate, reading before it writes: `writing SECONDS RATE NUMBER`."""

import json
import sys
import time

import django


def main() -> None:
    """Prints how long each took, and what went wrong."""
    seconds, rate, number = (int(word) for word in sys.argv[1:])
    django.setup()
    from django.db import OperationalError  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from messaging.models import Sender  # noqa: PLC0415
    from messaging.queueing import Order, RecipientOrder, queue  # noqa: PLC0415
    from tests.faults.orders import AREAS  # noqa: PLC0415
    from tests.working import HELLO  # noqa: PLC0415

    took, errors, began = [], [], time.monotonic()
    for turn in range(seconds * rate):
        time.sleep(max(0, began + turn / rate - time.monotonic()))
        start = time.monotonic()
        try:
            sender = Sender.objects.get(account__provider="webex", address="34343")
            people = [RecipientOrder(f"+1{AREAS[number]}{570 + turn // 100}{turn % 100:02d}00")]
            queue(Order(sender, HELLO, people), now=timezone.now())
        except OperationalError as error:
            errors.append(str(error))
        took.append(time.monotonic() - start)
    print(json.dumps({"took": took, "errors": errors}))


if __name__ == "__main__":
    main()
