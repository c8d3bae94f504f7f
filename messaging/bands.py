"""The bands of the queue: what goes first where more is due than may leave.

A message's first recipients stand in a higher band than its later ones: a small send overtakes a bulk one there, and
the bands share what may leave, so that none of them starves.
"""

# A place in its message below the n-th of these is in the n-th band of its purpose; the others are in the last.
ENDS = (10, 100, 1_000, 10_000)
OF_PURPOSE = len(ENDS) + 1
TRANSACTIONAL, MARKETING = 0, OF_PURPOSE
ALL = range(2 * OF_PURPOSE)
# Of what may leave: a transactional message counts for four others, the first ten recipients for five of the last.
TRANSACTIONAL_WEIGHT = 4


def band_of(purpose: str, position: int) -> int:
    """The band of the recipient at a place (from 0) of a message. Low bands go first."""
    first = TRANSACTIONAL if purpose == "transactional" else MARKETING
    return first + sum(position >= end for end in ENDS)


def weight(band: int) -> int:
    """A band's share of what may leave, against the others that have something due."""
    own = OF_PURPOSE - band % OF_PURPOSE
    return own * TRANSACTIONAL_WEIGHT if band < MARKETING else own
