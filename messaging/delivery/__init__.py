"""From queue to provider: claim under a lease, mark for the wire, call, record (reliability, 3.1)."""

from messaging.delivery.pumping import pump
from messaging.delivery.sweeping import sweep

__all__ = ["pump", "sweep"]
