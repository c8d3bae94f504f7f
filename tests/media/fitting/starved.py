"""The fitting child with far too little memory: its codec fails where a bomb would make it fail."""

import resource
import sys

from media.fitting import child

if __name__ == "__main__":
    child.MEMORY_BYTES = 45_000_000
    resource.setrlimit(resource.RLIMIT_AS, (child.MEMORY_BYTES, child.MEMORY_BYTES))
    child.main(*sys.argv[1:])
