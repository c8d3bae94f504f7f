"""Files of recipients, and lists read from them."""

import io
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from messaging.lists import import_file
from messaging.models import RecipientList

PEOPLE = """Mobile,Town,Order
+16475550142,Paris,A1
(647) 555-0143,Leeds,A2
nobody,Bath,A3
+16475550142,York,A4
+16475550145,,A5
+441134960999,Hull,A6
+16475550147,=1+1,A7
"""


@pytest.fixture
def read(composer) -> Callable[..., RecipientList]:
    def read(text: str = PEOPLE, owner: User = composer, **more: str) -> RecipientList:
        data = text.encode()
        return import_file(io.BytesIO(data), size=len(data), name="people.csv", owner=owner, **more)

    return read
