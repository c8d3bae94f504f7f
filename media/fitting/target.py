"""What a copy must be, in one canonical line such as `image/jpeg,image/png:300000`."""

import re
from dataclasses import dataclass

# The types that can be written, for each kind of file, what is to be preferred first.
MAKES = {
    "image": ("image/gif", "image/jpeg", "image/png"),
    "video": ("video/mp4", "video/3gpp"),
    "audio": ("audio/mpeg", "audio/mp4", "audio/amr"),
}
_LINE = re.compile(r"([a-z0-9/,]+):(\d{1,9})((?:;(?:side|seconds)=\d{1,5})*)")


@dataclass(frozen=True, slots=True)
class Target:
    """One of `types`, in `budget` bytes at most.

    `side` is the most pixels of the longer side, `seconds` cuts what plays longer. Raises ValueError for types that
    are not made, or not of one kind.
    """

    types: tuple[str, ...]
    budget: int
    side: int | None = None
    seconds: int | None = None

    def __post_init__(self) -> None:
        known = MAKES.get(self.kind, ())
        if not self.types or any(one not in known for one in self.types) or self.budget < 1:
            raise ValueError(f"no such target: {self.types} in {self.budget} bytes")
        object.__setattr__(self, "types", tuple(one for one in known if one in self.types))

    @property
    def kind(self) -> str:
        """image, video or audio."""
        return self.types[0].partition("/")[0] if self.types else ""

    def __str__(self) -> str:
        more = (("side", self.side), ("seconds", self.seconds))
        return f"{','.join(self.types)}:{self.budget}" + "".join(f";{name}={value}" for name, value in more if value)

    @classmethod
    def parse(cls, line: str) -> "Target":
        """Read a line. Raises ValueError."""
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"not a target: {line[:120]}")
        types, budget, rest = match.groups()
        more = dict(pair.split("=") for pair in rest.split(";") if pair)
        side, seconds = (int(more[name]) if name in more else None for name in ("side", "seconds"))
        return cls(tuple(types.split(",")), int(budget), side, seconds)
