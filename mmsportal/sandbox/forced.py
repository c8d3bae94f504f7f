"""Codes that a message asks for in its own texts: "sandbox:answer=E229", "sandbox:receipt=E102_Expired".

"_" stands for a blank where the code as written is none of the provider's.
"""

import re
from collections.abc import Iterator

from messaging.content import Content

ASKED = re.compile(r"sandbox:(answer|receipt|encoding)=(\S+)")
# What may follow a code in a sentence.
ENDINGS = ".,;:!?)\"'"


def codes(content: Content, where: str) -> list[str]:
    """The codes asked for in the answer ("answer"), in receipts ("receipt") or for a stored content ("encoding")."""
    texts = (text for _, text in content.texts())
    return list(dict.fromkeys(code for text in texts for place, code in ASKED.findall(text) if place == where))


def spellings(code: str) -> Iterator[str]:
    """The readings of a code as somebody wrote it, the most literal first."""
    trimmed = code.rstrip(ENDINGS)
    yield from dict.fromkeys((code, trimmed, code.replace("_", " "), trimmed.replace("_", " ")))
