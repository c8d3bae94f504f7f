"""What all readers of posted forms share."""

from typing import Any, Protocol


class Fields(Protocol):
    """A posted form: Django's QueryDict, or anything alike."""

    def get(self, key: str, default: str) -> Any: ...

    def getlist(self, key: str) -> Any: ...


class UnreadableForm(ValueError):
    """A form that our own page cannot have sent. `message` says which field."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
