"""How fast an account may be called from this process."""

from time import monotonic


class Pace:
    """A bucket that fills with `rate` calls a second and holds one second's worth."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._tokens = rate
        self._at = monotonic()

    def take(self, most: int) -> int:
        """How many of `most` calls may go now; they are taken from the bucket."""
        now = monotonic()
        self._tokens = min(self.rate, self._tokens + (now - self._at) * self.rate)
        self._at = now
        taken = min(most, int(self._tokens))
        self._tokens -= taken
        return taken

    def give_back(self, unused: int) -> None:
        """Return calls that were taken and not made."""
        self._tokens = min(self.rate, self._tokens + unused)
