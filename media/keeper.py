"""The warm process: keeps decoders loaded, opens no file itself, and forks one limited child for each piece of work.

Usage: python -m media.keeper SOCKET. A fresh interpreter for each file would spend more time on its imports than on
the file. Nothing of one piece reaches the next: each child is a copy of a process that has read no file yet.
"""

import importlib
import json
import os
import resource
import signal
import socket
import sys
import warnings
from typing import Any

MEMORY_BYTES = 1_500_000_000
CPU_SECONDS = 30
WRITTEN_BYTES = 128_000_000
LONGEST_REQUEST = 65_536


def serve(door: socket.socket) -> None:
    """Answer each request with the process id of its child, until the other end closes.

    A request is one line of JSON and the end of a pipe for the child's answer: `module` has `warm`, called here, and
    `work`, called in the child, both with `args`; `work` gives the dictionary that is written to the pipe.
    """
    # Children are forgotten as they end; nobody here asks how they did.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # Ctrl-C at a terminal reaches the whole group; who asks decides when this ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        request, pipes, _flags, _address = socket.recv_fds(door, LONGEST_REQUEST, 1)
        if not request or not pipes:
            return
        job = json.loads(request)
        module = importlib.import_module(job["module"])
        module.warm(*job["args"])
        child = os.fork()
        if child == 0:
            door.close()
            _work(module, job, pipes[0])
        os.close(pipes[0])
        door.sendall(f"{child}\n".encode())


def _work(module: Any, job: dict[str, Any], pipe: int) -> None:
    """What the child does; it never comes back."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _limit(job["cpu_seconds"])
        # A warning of a decoder (a decompression bomb is one) must never stand in the way of the verdict.
        warnings.simplefilter("ignore")
        answer = json.dumps(module.work(*job["args"])).encode() + b"\n"
        with open(pipe, "wb") as out:
            out.write(answer)
        status = 0
    finally:
        # Not sys.exit: the loop of the parent stands on this stack.
        os._exit(status)


def _limit(cpu_seconds: int) -> None:
    """Cap memory, processor time, written bytes and open files of this process; forbid core dumps."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (WRITTEN_BYTES, WRITTEN_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
