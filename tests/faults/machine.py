"""A machine that believes the published document: thousands of requests made of it, and of what was answered to others.

`python -m tests.faults.machine` explores a whole portal in processes of its own; the suite a short while of a live one.
"""

import argparse
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.faults.world import ROOT, World, open_world, world

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
LEAST = 2000
# A bad request may also be refused by the web server, for the length of its address.
CONFIG = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 414, 415, 422, 429]
"""


@dataclass(frozen=True, slots=True)
class Explored:
    """What became of a run: requests made, operations reached, and what was wrong ("" if nothing)."""

    cases: int
    operations: int
    wrong: str


def explore(
    address: str, key: str, folder: Path, *, phases: str, examples: int, seconds: int, seed: int | None = None
) -> Explored:
    """Let schemathesis loose on the portal at `address`, for about so many seconds. In: a key with every scope."""
    report, config = folder / "report.json", folder / "schemathesis.toml"
    config.write_text(CONFIG)
    chosen = ["--generation-deterministic"] if seed is None else ["--seed", str(seed)]
    run = subprocess.run(
        [
            *(Path(sys.executable).with_name("schemathesis"), "--config-file", config),
            *("run", f"{address}/api/v1/schema?format=json"),
            *(f"--header=key:{key}", f"--checks={','.join(CHECKS)}", f"--phases={phases}"),
            *(f"--max-time={seconds}", f"--max-examples={examples}", *chosen, "--no-shrink", "--continue-on-failure"),
            *("--suppress-health-check=all", "--warnings=off", "--no-color", f"--report-json-path={report}"),
        ],
        capture_output=True,
        text=True,
        timeout=seconds * 4 + 60,
        cwd=folder,
        check=False,
    )
    cases = re.search(r"(\d+) generated", run.stdout)
    reached = re.search(r"Selected: (\d+)/(\d+)", run.stdout)
    if cases is None or reached is None:
        return Explored(0, 0, run.stdout[-8000:] + run.stderr[-2000:])
    return Explored(int(cases[1]), int(reached[1]), run.stdout[-12_000:] if run.returncode else "")


def main() -> int:
    """Explore each database for a while, and write var/machine.json. Exit code 1 for any finding, or too few cases."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.machine")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
    parser.add_argument("--seconds", type=int, default=400)
    parser.add_argument("--examples", type=int, default=80, help="for each operation and phase")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--write", type=Path, default=ROOT / "var" / "machine.json")
    options = parser.parse_args()
    with world(options.database) as place:
        open_world(place)
        found = explore(
            f"http://127.0.0.1:{place.web_port}",
            furnish(),
            place.directory,
            phases="examples,coverage,fuzzing,stateful",
            examples=options.examples,
            seconds=options.seconds,
            seed=options.seed,
        )
        troubles = _troubles(place)
    print(
        f"{found.cases} cases of {found.operations} operations on {options.database}: {found.wrong or 'nothing wrong'}"
    )
    print(troubles)
    row = {"database": options.database, "cases": found.cases, "operations": found.operations, "wrong": found.wrong}
    options.write.parent.mkdir(parents=True, exist_ok=True)
    options.write.write_text(json.dumps(row, indent=2) + "\n")
    return int(bool(found.wrong) or found.cases < LEAST)


def furnish() -> str:
    """Something of everything that can be listed, in the database that Django is pointed at. Out: a key."""
    from django.utils import timezone  # noqa: PLC0415  only once Django is set up

    from messaging import consent  # noqa: PLC0415
    from messaging.content import Content, Slide  # noqa: PLC0415
    from messaging.models import SCOPES, ApiKey, Message, Sender, issue_key  # noqa: PLC0415
    from messaging.queueing import Order, RecipientOrder, queue  # noqa: PLC0415
    from messaging.templates import save_template  # noqa: PLC0415
    from tests.working import HELLO  # noqa: PLC0415

    _row, whole, _secret = issue_key(name="Machine", scopes=list(SCOPES))
    key = ApiKey.objects.get(pk=_row.pk)
    sender = Sender.objects.order_by("pk").first()
    assert sender is not None
    people = [RecipientOrder("+14165550100"), RecipientOrder("+14165550101")]
    order = Order(sender=sender, content=HELLO, recipients=people, source=Message.Source.API, api_key=key)
    now = timezone.now()
    queue(order, now=now)
    save_template(Content(subject="Spring", slides=(Slide("Hello"),)), name="Spring", user=None)
    consent.opt_out("+16475550142", sender, source="api", evidence="By telephone", now=now, api_key=key)
    return whole


def _troubles(place: World) -> str:
    """What the web processes have to say of themselves, if anything went wrong in them."""
    log = (place.directory / "web.log").read_text(errors="replace")
    return "\n".join(line for line in log.splitlines() if "Traceback" in line or " ERROR " in line)[-4000:]


if __name__ == "__main__":
    sys.exit(main())
