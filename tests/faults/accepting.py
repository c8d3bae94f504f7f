"""kill -9 of a process at a line while it accepts a message; then its client repeats the request twenty times at once
(reliability, section 4, row 41).

`python -m tests.faults.accepting STEP` prints one line of JSON for each line it died at, on an empty database.
"""

import copy
import json
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django

# Lines that a request runs through before its answer; a run ends with the first at which nobody died.
LAST = 900
COPIES = 20
BODY = {
    "from": "34343",
    "to": ["+14165550100", "+14165550101"],
    "content": {"subject": "Hello", "slides": [{"text": "Hello"}], "fallback": {"text": "Hello"}},
}


def main() -> None:
    """On an empty database, given by the environment."""
    django.setup()
    for row in died_at(int(sys.argv[1])):
        print(json.dumps(row), flush=True)


def died_at(step: int) -> Iterator[dict[str, Any]]:
    """What became of the request, at every so many-th line that a process died at while it answered it."""
    from messaging.models import ProviderAccount, Sender, issue_key  # noqa: PLC0415

    account = ProviderAccount.objects.create(name="Nobody", provider="webex", base_url="http://127.0.0.1:9/webex")
    Sender.objects.create(address="34343", kind="short_code", account=account)
    key = issue_key(name="Test", scopes=["messages:send"])[1]
    for number in range(1, LAST, step):
        killed = _killed_at(number, key)
        yield {"line": number, "killed": killed, **_repeated(number, key)}
        if not killed:
            return


def wrong(row: dict[str, Any]) -> bool:
    """Whether the request is anything but one message, and one answer to all."""
    return (row["statuses"], row["answers"], row["messages"], row["transactions"]) != ([201], 1, 1, 2)


def _killed_at(number: int, key: str) -> bool:
    """Whether a process of its own died there, rather than come to its end."""
    from django.db import connections  # noqa: PLC0415

    from tests.messaging.api.dying import at_line  # noqa: PLC0415

    connections.close_all()
    child = os.fork()
    if child == 0:
        at_line(number, lambda: _post(number, key), lambda: os.kill(os.getpid(), signal.SIGKILL))
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _repeated(number: int, key: str) -> dict[str, object]:
    from messaging.models import Message  # noqa: PLC0415

    before = Message.objects.filter(callback_data=f"line {number}").count()
    with ThreadPoolExecutor(COPIES) as threads:
        answers = list(threads.map(lambda _copy: _post(number, key), range(COPIES)))
    sent = Message.objects.filter(callback_data=f"line {number}")
    return {
        "before": before,
        "statuses": sorted({status for status, _answer in answers}),
        "answers": len({answer for _status, answer in answers}),
        "messages": sent.count(),
        "transactions": sum(message.transactions.count() for message in sent),
    }


def _post(number: int, key: str) -> tuple[int, bytes]:
    from django.db import connections  # noqa: PLC0415
    from rest_framework.test import APIClient  # noqa: PLC0415

    body = {**copy.deepcopy(BODY), "callback_data": f"line {number}"}
    headers = {"key": key, "Idempotency-Key": f"line {number}", "Host": "127.0.0.1"}
    try:
        answer = APIClient().post("/api/v1/messages", body, format="json", headers=headers)
        return answer.status_code, answer.content
    finally:
        connections.close_all()


if __name__ == "__main__":
    main()
