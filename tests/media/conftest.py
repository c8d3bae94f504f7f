"""Files on a disk of each test's own, and the samples."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.files.storage import default_storage

sys.path.insert(0, str(Path(__file__).parent))

import samples

from media import uploads
from media.models import Asset


@pytest.fixture(autouse=True)
def _storage_of_its_own(settings, tmp_path: Path) -> Iterator[None]:
    if "s3" in settings.STORAGES["default"]["BACKEND"]:
        # Taken first: behind a test with a storage of its own that one is still in the settings.
        bucket = default_storage.bucket
        yield
        bucket.objects.all().delete()
        return
    place = {"location": tmp_path / "media"}
    settings.STORAGES = settings.STORAGES | {"default": settings.STORAGES["default"] | {"OPTIONS": place}}
    settings.MEDIA_PUBLIC_BASE_URL = "https://media.example.com"
    yield


@pytest.fixture
def asset(db) -> Asset:
    return uploads.store(samples.png(), name="Sea view.png", owner="user:999")


@pytest.fixture
def make_asset(db) -> Callable[..., Asset]:
    """An asset whose content is small and real, of any owner, kind or name."""

    def make(
        *, owner: str = "user:999", name: str = "Sea view.png", data: bytes | None = None, **more: object
    ) -> Asset:
        asset = uploads.store(data or samples.png(), name=name, owner=owner)
        for field, value in more.items():
            setattr(asset, field, value)
        asset.save()
        return asset

    return make
