"""From a body in the inbox to facts on a timeline: read, match, fold (reliability, 3.3 and 2.4).

Many bodies at a time, in one commit; what is out of the ordinary, and whatever breaks, body by body.
"""

from messaging.receipts.claiming import MOST_FAILURES, PATIENCE, replay
from messaging.receipts.draining import drain
from messaging.receipts.reading import QUERY, entry_of
from messaging.receipts.turns import asked_again, turn

__all__ = ["MOST_FAILURES", "PATIENCE", "QUERY", "asked_again", "drain", "entry_of", "replay", "turn"]
