"""The library pages: who may do what, and what they answer."""

import pytest
import samples
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.translation import override

from media import renditions, uploads
from media.fitting import Target
from media.models import Asset

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def person():
    def make(name: str, *permissions: str) -> tuple[Client, str]:
        user = User.objects.create_user(name, password="x", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(content_type__app_label="media", codename__in=permissions))
        client = Client()
        client.force_login(user)
        return client, f"user:{user.pk}"

    return make


@pytest.fixture
def writer(person) -> tuple[Client, str]:
    return person("wanda", "view_asset", "add_asset")


def file(data: bytes, name: str = "sea.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "application/octet-stream")


def test_good_and_bad_files_of_one_upload_are_answered_each(writer):
    client, owner = writer
    given = [file(samples.png(), "sea.png"), file(samples.HTML, "evil.jpg"), file(samples.sound(), "song.mp3")]
    response = client.post("/media/upload", {"file": given}, headers=JSON)
    answer = response.json()
    assert response.status_code == 201
    assert [(one["name"], one["kind"], one["type"]) for one in answer["assets"]] == [
        ("sea.png", "image", "image/png"),
        ("song.mp3", "audio", "audio/mpeg"),
    ]
    assert [(one["name"], one["code"]) for one in answer["refused"]] == [("evil.jpg", "media_type_unsupported")]
    assert answer["refused"][0]["fix"]
    assert set(Asset.objects.values_list("owner", flat=True)) == {owner}


def test_the_answer_holds_what_the_composer_needs(writer, settings):
    client, _ = writer
    [one] = client.post("/media/upload", {"file": file(samples.png(80, 60)), "alt": "Sea"}, headers=JSON).json()[
        "assets"
    ]
    asset = Asset.objects.get()
    assert one == {
        "id": str(asset.pk),
        "kind": "image",
        "type": "image/png",
        "size": asset.size,
        "width": 80,
        "height": 60,
        "seconds": None,
        "name": "sea.png",
        "alt": "Sea",
        "status": "ready",
        "url": f"{settings.MEDIA_PUBLIC_BASE_URL}/m/{asset.token}/sea.png",
        "preview": f"/m/{asset.token}/sea.png",
    }


def test_only_bad_files_are_422(writer):
    response = writer[0].post("/media/upload", {"file": file(samples.png()[:100])}, headers=JSON)
    assert response.status_code == 422
    assert response.json()["refused"][0]["code"] == "media_corrupt"


def test_no_file_at_all_is_422_and_says_so(writer):
    response = writer[0].post("/media/upload", {}, headers=JSON)
    assert (response.status_code, response.json()["refused"][0]["code"]) == (422, "file_missing")


def test_too_many_files_are_refused_one_by_one(writer):
    response = writer[0].post("/media/upload", {"file": [file(b"x", f"{n}.png") for n in range(22)]}, headers=JSON)
    codes = [one["code"] for one in response.json()["refused"]]
    assert codes.count("too_many_files") == 2
    assert len(codes) == 22


def test_htmx_gets_cards_and_reasons(writer):
    response = writer[0].post(
        "/media/upload", {"file": [file(samples.png()), file(b"x", "<b>.png")]}, headers={"HX-Request": "true"}
    )
    page = response.content.decode()
    assert response.status_code == 201
    assert f'id="asset-{Asset.objects.get().pk}"' in page
    assert "&lt;b&gt;.png" in page
    assert 'hx-swap-oob="true"' in page


@pytest.mark.parametrize(
    ("permissions", "method", "path", "status"),
    [
        ([], "get", "/media/", 403),
        ([], "get", "/media/picker", 403),
        (["view_asset"], "post", "/media/upload", 403),
        (["view_asset"], "get", "/media/picker", 200),
        (["view_asset", "add_asset"], "get", "/media/upload", 405),
        (["view_asset"], "post", "/media/", 405),
    ],
)
def test_each_page_asks_for_its_permission(person, permissions, method, path, status):
    client, _ = person("peter", *permissions)
    assert getattr(client, method)(path).status_code == status


@pytest.mark.parametrize("path", ["/media/", "/media/picker"])
def test_strangers_are_sent_to_the_login(client, path):
    response = client.get(path)
    assert response.status_code == 302
    assert "login" in response["Location"]


def test_an_upload_needs_the_token_of_the_form(person):
    client, _ = person("carl", "view_asset", "add_asset")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.post("/media/upload", {"file": file(samples.png())}).status_code == 403


def listed(response) -> set[str]:
    return {one["row"].name for one in response.context["assets"]}


def test_the_page_shows_whose_files_ever_and_not_the_archived(writer, make_asset):
    make_asset(name="theirs.png", owner="key:1")
    make_asset(name="gone.png", status=Asset.Status.ARCHIVED)
    response = writer[0].get("/media/")
    assert listed(response) == {"theirs.png"}
    assert b"theirs.png" in response.content


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=SEA", {"sea.png"}),
        ("?kind=audio", {"song.mp3"}),
        ("?kind=audio&q=sea", set()),
        ("?kind=nonsense", {"sea.png", "song.mp3"}),
        ("?q=%25", set()),
        ("?q=%00", {"sea.png", "song.mp3"}),
        ("?q=" + "x" * 10_000, set()),
        ("?before=nonsense", {"sea.png", "song.mp3"}),
        ("?before=00000000-0000-0000-0000-000000000000", set()),
    ],
)
@pytest.mark.parametrize("path", ["/media/", "/media/picker"])
def test_search_and_filters(writer, make_asset, path, query, found):
    make_asset(name="sea.png")
    make_asset(name="song.mp3", data=samples.sound())
    assert listed(writer[0].get(path + query)) == found


def test_a_long_library_is_shown_page_by_page_without_a_query_per_file(writer, asset, django_assert_max_num_queries):
    def copy(n: int) -> Asset:
        return Asset(
            kind="pdf",
            mime_type="application/pdf",
            size=1,
            sha256="0" * 64,
            name=f"{n}.pdf",
            storage_key="k",
            owner="u",
        )

    Asset.objects.bulk_create([copy(n) for n in range(60)])
    with django_assert_max_num_queries(9):
        first = writer[0].get("/media/")
    second = writer[0].get(f"/media/?{first.context['following']}", headers={"HX-Request": "true"})
    assert (len(listed(first)), len(listed(second)), second.context["following"]) == (48, 13, "")
    assert listed(first) | listed(second) == {f"{n}.pdf" for n in range(60)} | {"Sea view.png"}
    assert b"<html" not in second.content


def test_the_picker_offers_buttons_with_what_the_composer_reads(writer, asset):
    page = writer[0].get("/media/picker?kind=image").content.decode()
    for words in (f'data-asset-id="{asset.pk}"', 'data-kind="image"', 'data-name="Sea view.png"', 'type="button"'):
        assert words in page


def test_names_and_descriptions_are_escaped(writer, make_asset):
    make_asset(name='"><script>alert(1)</script>.png', alt='"><img onerror=x>')
    for path in ("/media/", "/media/picker"):
        page = writer[0].get(path).content
        assert b"<script>alert" not in page
        assert b"<img onerror" not in page


def test_the_description_of_an_own_file_is_changed_in_place(writer, make_asset):
    client, owner = writer
    asset = make_asset(owner=owner)
    response = client.post(f"/media/{asset.pk}/describe", {"alt": " The sea "})
    asset.refresh_from_db()
    assert (response.status_code, asset.alt) == (200, "The sea")
    assert b'value="The sea"' in response.content


def test_a_description_too_long_is_422_with_the_reason(writer, make_asset):
    client, owner = writer
    asset = make_asset(owner=owner)
    response = client.post(f"/media/{asset.pk}/describe", {"alt": "x" * 501})
    assert response.status_code == 422
    assert b"at most 500" in response.content


@pytest.mark.parametrize("action", ["describe", "remove"])
def test_others_files_need_the_right_over_all(writer, person, asset, action):
    assert writer[0].post(f"/media/{asset.pk}/{action}", {"alt": "x"}).status_code == 403
    boss, _ = person("boss", "view_asset", "change_asset", "delete_asset")
    assert boss.post(f"/media/{asset.pk}/{action}", {"alt": "x"}, headers={"HX-Request": "true"}).status_code == 200


def test_a_removed_file_leaves_the_library_and_stays_fetchable(writer, make_asset):
    client, owner = writer
    asset = make_asset(owner=owner)
    assert client.post(f"/media/{asset.pk}/remove", headers={"HX-Request": "true"}).content == b""
    assert listed(client.get("/media/")) == set()
    assert client.get(asset.public_path).status_code == 200
    assert client.post(f"/media/{asset.pk}/remove").status_code == 404


def test_the_admin_deletes_for_good(admin_client, asset, client):
    admin_client.post(f"/admin/media/asset/{asset.pk}/delete/", {"post": "yes"})
    assert not Asset.objects.exists()
    assert client.get(asset.public_path).status_code == 404


@pytest.mark.parametrize("path", ["/admin/media/asset/", "/admin/media/asset/{}/change/", "/admin/media/asset/?q=sea"])
def test_the_admin_pages_open(admin_client, asset, path):
    assert admin_client.get(path.format(asset.pk)).status_code == 200


def test_the_admin_adds_nothing(admin_client):
    assert admin_client.get("/admin/media/asset/add/").status_code == 403


def test_a_form_beyond_all_bounds_is_refused_before_it_is_read(monkeypatch) -> None:
    stranger = Client(enforce_csrf_checks=True)
    stranger.get("/admin/login/")
    monkeypatch.setattr("media.upload_bounds.LARGEST_FORM", 50_000)
    answers = [
        stranger.post("/admin/login/", {"file": SimpleUploadedFile("a.jpg", b"x" * size)}) for size in (10, 60_000)
    ]
    # The small one was read, and found without the token of a page; the large one was not.
    assert [answer.status_code for answer in answers] == [403, 400]


def test_tags_are_put_on_suggested_searched_and_taken_off(writer, make_asset):
    client, owner = writer
    asset = make_asset(owner=owner, name="sea.png")
    make_asset(owner=owner, name="song.mp3", data=samples.sound())
    page = client.post(f"/media/{asset.pk}/tags", {"add": " Summer  Sale, BLUE"})
    assert page.context["tags"] == ["blue", "summer sale"]
    for query in ("?tag=blue", "?q=summer", "?q=SALE&kind=image"):
        assert listed(client.get(f"/media/{query}")) == {"sea.png"}
    assert client.get("/media/").context["known"] == ["blue", "summer sale"]
    assert client.post(f"/media/{asset.pk}/tags", {"drop": "blue"}).context["tags"] == ["summer sale"]
    assert client.get("/media/").context["known"] == ["summer sale"]


@pytest.mark.parametrize("words", ["", " , ", "x" * 41, ",".join(f"tag{number}" for number in range(21))])
def test_tags_that_are_none_are_422_with_the_reason(writer, make_asset, words):
    client, owner = writer
    asset = make_asset(owner=owner)
    answer = client.post(f"/media/{asset.pk}/tags", {"add": words})
    assert (answer.status_code, answer.context["tags"]) == (422, [])
    assert b'role="alert"' in answer.content


def test_an_archived_file_is_found_and_brought_back(writer, make_asset):
    client, owner = writer
    asset = make_asset(owner=owner, name="sea.png")
    client.post(f"/media/{asset.pk}/remove")
    assert listed(client.get("/media/?archived=1")) == {"sea.png"}
    page = client.get(f"/media/{asset.pk}/").content.decode()
    assert "In the archive." in page
    assert "data-replaces" not in page
    assert client.post(f"/media/{asset.pk}/bring-back").status_code == 302
    assert client.post(f"/media/{asset.pk}/bring-back").status_code == 404
    asset.refresh_from_db()
    assert (asset.status, asset.expires_at) == (Asset.Status.READY, None)


def test_what_browsers_cannot_show_is_shown_by_a_copy_made_when_somebody_looks(writer, make_asset):
    client, owner = writer
    asset = make_asset(owner=owner, mime_type="image/heic")
    assert not asset.renditions.exists()
    page = client.get(f"/media/{asset.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert asset.public_path not in page.partition('class="told"')[0]
    assert 'hx-trigger="load delay:2s"' in page
    assert renditions.work()
    assert not renditions.due()
    copy = asset.renditions.get()
    page = client.get(f"/media/{asset.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert copy.public_path in page.partition('class="told"')[0]
    assert "load delay" not in page
    assert client.get(copy.public_path).status_code == 200
    # It is no copy that somebody asked for.
    assert "Copies made to fit" not in page


def test_copies_of_a_file_are_shown_with_what_they_saved(writer, make_asset):
    client, owner = writer
    asset = make_asset(owner=owner, data=samples.png(80, 60))
    renditions.ask(asset, Target(("image/jpeg",), 20_000))
    renditions.work()
    copy = asset.renditions.get()
    [shown] = client.get(f"/media/{asset.pk}/").context["copies"]
    assert shown["row"] == copy
    assert shown["alike"] == round(100 * copy.measured["ssim"])


def finished(client: Client, data: bytes, **more: str):
    answer = client.post("/media/uploads/", {"name": "new.png", "size": len(data)}).json()
    client.post(answer["url"], {**answer["fields"], "file": file(data)})
    return client.post(answer["finish"], more)


def test_an_upload_takes_the_place_of_a_file(writer, make_asset):
    client, owner = writer
    asset = make_asset(owner=owner, alt="The sea")
    client.post(f"/media/{asset.pk}/tags", {"add": "blue"})
    answer = finished(client, samples.png(90, 60), replaces=str(asset.pk))
    new = Asset.objects.get(pk=answer.json()["asset"]["id"])
    assert (new.name, new.alt, new.width, new.replaces) == ("Sea view.png", "The sea", 90, asset)
    assert [tag.name for tag in new.tags.all()] == ["blue"]
    assert listed(client.get("/media/?archived=1")) == {"Sea view.png"}
    assert f"/media/{new.pk}/" in client.get(f"/media/{asset.pk}/").content.decode()


@pytest.mark.parametrize("what", ["another kind", "another's file", "nonsense"])
def test_a_place_that_cannot_be_taken_leaves_nothing_behind(writer, make_asset, what):
    client, owner = writer
    asset = make_asset(owner=owner if what != "another's file" else "user:0", data=samples.sound(), name="song.mp3")
    answer = finished(client, samples.png(90, 60), replaces="x" if what == "nonsense" else str(asset.pk))
    wanted = {"another kind": 422, "another's file": 403, "nonsense": 404}
    assert answer.status_code == wanted[what]
    assert list(Asset.objects.all()) == [asset]


def test_the_space_that_is_taken_is_told(writer, make_asset, monkeypatch):
    client, owner = writer
    asset = make_asset(owner=owner)
    make_asset(owner="user:0", name="theirs.png")
    monkeypatch.setattr(uploads, "MAX_BYTES_PER_OWNER", 2 * asset.size)
    assert client.get("/media/").context["space"]["percent"] == 50
    assert client.get("/media/").context["space"]["count"] == 1


def test_a_file_is_refused_in_the_readers_language(writer):
    client, _ = writer
    with override("fr"):
        answer = client.post(
            "/media/upload", {"file": file(samples.HTML, "evil.jpg")}, headers=JSON | {"Accept-Language": "fr"}
        )
    [one] = answer.json()["refused"]

    assert one["message"].startswith("C’est une page web, un document SVG ou XML, quoi que dise son nom.")
    assert one["fix"] == "Exportez-le en PNG ou en JPEG."


def test_what_was_changed_in_a_file_is_said_on_its_page_and_what_was_lost_on_its_card(writer):
    client, _ = writer
    photo, card = (
        samples.photo_with_place("JPEG"),
        samples.vcard().replace(b"END:", b"X-TRACK:https://a.example\r\nEND:"),
    )
    client.post("/media/upload", {"file": [file(photo, "sea.jpg"), file(card, "ann.vcf")]})
    library = client.get("/media/").content.decode()
    pages = {one.name: client.get(f"/media/{one.pk}/").content.decode() for one in Asset.objects.all()}

    assert "data, comments and whatever else is no picture were taken out" in pages["sea.jpg"]
    assert "Taken out, as they lead outside" in pages["ann.vcf"]
    assert "X-TRACK" in library
    assert "whatever else is no picture" not in library
