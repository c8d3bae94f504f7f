"""Work for a limited child that goes wrong in one way or another."""

import os
import signal
import time
from pathlib import Path


def warm(*_args: str) -> None:
    pass


def work(how: str, place: str = "") -> dict[str, object]:
    match how:
        case "well":
            return {"process": os.getpid(), "environment": sorted(os.environ)}
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "hang":
            Path(place).write_text(str(os.getpid()))
            time.sleep(60)
        case "spin":
            while True:
                pass
        case "swell":
            return {"bytes": len(bytearray(3_000_000_000))}
        case "flood":
            Path(place).write_bytes(bytes(200_000_000))
        case "raise":
            raise RuntimeError
    return {}
