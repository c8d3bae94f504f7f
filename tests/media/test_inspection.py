"""What files truly are: good ones with their facts, bad ones with a coded reason."""

import io
import threading
from pathlib import Path

import pytest
import samples
from PIL import Image

from media.inspection import Refused, inspect

GOOD = {
    "jpeg": (samples.jpeg, "image", "image/jpeg", "jpg"),
    "png": (samples.png, "image", "image/png", "png"),
    "gif": (samples.gif, "image", "image/gif", "gif"),
    "mp4": (samples.film, "video", "video/mp4", "mp4"),
    "mp4 with its index at the end": (lambda: samples.film(faststart=False), "video", "video/mp4", "mp4"),
    "m4v": (samples.m4v, "video", "video/mp4", "mp4"),
    "3gp": (lambda: samples.film("3gp"), "video", "video/3gpp", "3gp"),
    "mpeg-4 in 3gp": (lambda: samples.film("3gp", codec="mpeg4"), "video", "video/3gpp", "3gp"),
    "mp3": (samples.sound, "audio", "audio/mpeg", "mp3"),
    "m4a": (samples.m4a, "audio", "audio/mp4", "m4a"),
    "sound in mp4": (lambda: samples.sound("mp4", "aac"), "audio", "audio/mp4", "m4a"),
    "sound in 3gp": (lambda: samples.sound("3gp", "aac"), "audio", "audio/3gpp", "3gp"),
    "amr": (samples.amr, "audio", "audio/amr", "amr"),
    "wav": (samples.wav, "audio", "audio/wav", "wav"),
    "vcard": (samples.vcard, "contact", "text/vcard", "vcf"),
    "icalendar": (samples.calendar, "calendar", "text/calendar", "ics"),
    "pdf": (samples.pdf, "pdf", "application/pdf", "pdf"),
}


def refusal(data: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        inspect(data)
    assert caught.value.message
    assert caught.value.fix
    return caught.value


@pytest.mark.parametrize(("make", "kind", "mime_type", "extension"), GOOD.values(), ids=GOOD)
def test_the_type_is_told_from_the_content(make, kind, mime_type, extension):
    found = inspect(make())
    assert (found.kind, found.mime_type, found.extension) == (kind, mime_type, extension)
    assert found.size == len(found.data) > 0
    assert (found.width is not None) is (kind in ("image", "video"))
    assert (found.seconds is not None) is (kind in ("audio", "video"))


@pytest.mark.parametrize(("make", "kind", "mime_type", "extension"), GOOD.values(), ids=GOOD)
def test_what_was_cleaned_is_clean_and_of_the_same_type(make, kind, mime_type, extension):
    once = inspect(make())
    twice = inspect(once.data)
    assert (twice.mime_type, twice.width, twice.height) == (mime_type, once.width, once.height)
    # A JPEG cannot be written twice with the very same bytes.
    assert twice.data == once.data or mime_type == "image/jpeg"


@pytest.mark.parametrize("make", [entry[0] for entry in GOOD.values()], ids=GOOD)
def test_a_file_cut_short_is_refused(make):
    data = make()
    assert refusal(data[: len(data) * 6 // 10]).code == "media_corrupt"


@pytest.mark.parametrize("make", [entry[0] for entry in GOOD.values() if entry[1] not in ("contact", "calendar")])
def test_nothing_hung_on_behind_the_end_is_kept(make):
    hidden = bytes(range(256)) * 8 + samples.HTML
    try:
        kept = inspect(make() + hidden).data
    except Refused:
        kept = b""
    assert samples.HTML not in kept


def test_a_path_is_read_as_the_bytes_are(tmp_path: Path):
    path = tmp_path / "whatever.txt"
    path.write_bytes(samples.png())
    assert inspect(path).data == inspect(samples.png()).data


def test_sizes_and_lengths_are_measured():
    film = inspect(samples.film(seconds=2))
    assert (film.width, film.height) == (96, 64)
    assert film.seconds == pytest.approx(2, abs=0.1)
    assert inspect(samples.wav(0.5)).seconds == pytest.approx(0.5, abs=0.05)


def test_place_and_camera_leave_a_photo_and_it_is_turned_upright():
    given = samples.jpeg_with_place(orientation=6)
    found = inspect(given)
    with Image.open(io.BytesIO(given)) as before, Image.open(io.BytesIO(found.data)) as after:
        assert before.getexif().get_ifd(0x8825)
        assert (before.size, after.size) == ((64, 48), (48, 64))
        assert not after.getexif()
    assert (found.width, found.height) == (48, 64)
    assert b"Example Camera" not in found.data
    assert {finding.code for finding in found.findings} == {"metadata_removed", "image_turned"}


def test_a_photo_written_anew_looks_the_same():
    given = samples.jpeg(320, 240)
    with Image.open(io.BytesIO(given)) as before, Image.open(io.BytesIO(inspect(given).data)) as after:
        pairs = zip(before.convert("L").tobytes(), after.convert("L").tobytes(), strict=True)
        assert max(abs(a - b) for a, b in pairs) <= 12


def test_an_animation_keeps_its_frames_and_loses_its_comment():
    found = inspect(samples.gif(frames=5, comment=b"by A. Example"))
    with Image.open(io.BytesIO(found.data)) as image:
        assert image.n_frames == 5
        assert image.info["loop"] == 0
    assert b"A. Example" not in found.data


def test_the_place_a_film_was_taken_at_is_blanked():
    given = samples.film(place="+40.7128-074.0060/")
    assert b"loci" in given
    found = inspect(given)
    assert b"loci" not in found.data
    assert len(found.data) == len(given)
    assert "metadata_removed" in {finding.code for finding in found.findings}


def test_the_title_of_a_song_is_taken_out():
    given = samples.sound(title="A Title")
    assert b"A Title" in given
    assert b"A Title" not in inspect(given).data


def test_the_author_of_a_pdf_is_taken_out():
    given = samples.pdf(author="Ann Example")
    assert b"Ann Example" in given
    assert b"Ann Example" not in inspect(given).data


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b'\n <svg onload="alert(1)"/>', "SVG"),
        (samples.HTML, "web page"),
        (b"\xef\xbb\xbf<!DOCTYPE html>", "web page"),
        (b"#!/bin/sh\nrm -rf /\n", "script"),
        (b"#EXTM3U\n#EXTINF:1,\nhttp://10.0.0.1/secret\n", "playlist"),
        (b"PK\x03\x04" + bytes(40), "ZIP"),
        (b"MZ" + bytes(80), "program"),
        (b"OggS" + bytes(40), "Ogg"),
        (b"#!AMR-WB\n" + bytes(40), "AMR"),
        (b"\0" * 500, "no media file"),
    ],
)
def test_other_types_are_refused_whatever_they_are_called(data, words):
    refused = refusal(data)
    assert refused.code == "media_type_unsupported"
    assert words in refused.message


def test_an_empty_file_is_refused():
    assert refusal(b"").code == "media_empty"


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff\xe0" + samples.HTML * 20,
        b"GIF89a/*" + b"\0" * 6 + b"*/=1;alert(1);",
        b"\x89PNG\r\n\x1a\n" + samples.HTML,
        b"%PDF-1.7\n" + samples.HTML,
        b"#!AMR\n" + samples.HTML * 20,
        b"ID3\x04\0\0\0\0\0\0" + samples.HTML * 10,
        b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + samples.HTML * 10,
        b"RIFF\x24\0\0\0WAVE" + samples.HTML,
        b"RIFF\x24\0\0\0WEBPVP8 " + samples.HTML,
        b"\0\0\0\x18ftypheic\0\0\0\0" + samples.HTML,
        b"\0\0\0\x14ftypqt  \0\0\0\0" + samples.HTML,
        b"BEGIN:VCARD\r\n<script>alert(1)</script>\r\nEND:VCARD\r\n",
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
    ],
)
def test_the_right_first_bytes_alone_are_not_enough(data):
    assert refusal(data).code == "media_corrupt"


@pytest.mark.parametrize("at", [200, 400, 700])
def test_flipped_bytes_in_a_png_are_found(at):
    data = bytearray(samples.png(200, 150))
    data[at % len(data)] ^= 0xFF
    assert refusal(bytes(data)).code == "media_corrupt"


@pytest.mark.parametrize("side", [5_100, 20_000, 60_000])
def test_a_small_file_with_too_many_pixels_is_refused_before_it_is_decoded(side):
    data = samples.png_claiming(side, side)
    assert len(data) < 10_000
    assert refusal(data).code == "image_too_many_pixels"


def test_an_animation_with_too_many_frames_is_refused():
    assert refusal(samples.gif(frames=501, width=8, height=8)).code == "image_too_many_frames"


def test_a_film_with_two_heads_or_none_is_refused():
    film = samples.film()
    assert refusal(film.replace(b"moov", b"mooo")).code == "media_corrupt"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: samples.pdf(script="app.alert(1)"), "pdf_active_content"),
        (samples.pdf_with_hidden_script, "pdf_active_content"),
        (lambda: samples.pdf(attached="inside.txt"), "pdf_active_content"),
        (lambda: samples.pdf(launched="calc"), "pdf_active_content"),
        (lambda: samples.pdf(password="secret"), "pdf_encrypted"),
        (lambda: samples.pdf(pages=101), "pdf_pages"),
    ],
)
def test_a_pdf_that_does_things_is_refused(make, code):
    assert refusal(make()).code == code


@pytest.mark.parametrize(
    "line",
    [
        "PHOTO;VALUE=uri:http://10.0.0.1/a.jpg",
        "PHOTO:https://example.com/a.jpg",
        "LOGO;VALUE=URL:http://example.com/a.png",
        "item1.SOUND;TYPE=wav:file:///etc/passwd",
        "URL:javascript:alert(1)",
        "SOURCE:http://example.com/me.vcf",
        "KEY;VALUE=uri:http://example.com/key",
        "AGENT;VALUE=uri:http://example.com/agent.vcf",
        "X-EVIL:http://example.com/",
        "PHOTO;VALUE=uri:data:image/svg+xml;base64,PHN2Zy8+",
    ],
)
def test_remote_references_leave_a_contact_and_it_is_said(line):
    found = inspect(samples.vcard(f"{line}\r\n"))
    assert line.encode() not in found.data
    assert b"FN:Example Desk" in found.data
    assert found.findings[0].code == "remote_references_removed"


def test_an_embedded_portrait_stays_in_a_contact():
    found = inspect(samples.vcard("PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ\r\n SkZJRg==\r\n"))
    assert b"PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ\r\n SkZJRg==\r\n" in found.data
    assert found.findings == ()


def test_an_old_contact_in_quoted_printable_is_taken():
    card = (
        b"BEGIN:VCARD\r\nVERSION:2.1\r\nN:Desk;Example\r\n"
        b"NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Caf=C3=A9 =\r\nround the corner\r\nEND:VCARD\r\n"
    )
    assert inspect(card).data == card


@pytest.mark.parametrize(
    "lines",
    [
        "ATTACH:file:///etc/passwd",
        "ATTACH;FMTTYPE=text/html:https://example.com/x.html",
        "URL:javascript:alert(1)",
        "X-ALT-DESC;FMTTYPE=text/html:<script>alert(1)</script>",
        "BEGIN:VALARM\r\nACTION:PROCEDURE\r\nTRIGGER:-PT5M\r\nATTACH:file:///bin/sh\r\nEND:VALARM",
        "BEGIN:VALARM\r\nACTION:AUDIO\r\nTRIGGER:-PT5M\r\nATTACH:http://10.0.0.1/a.wav\r\nEND:VALARM",
    ],
)
def test_what_leads_outside_leaves_a_calendar_entry(lines):
    found = inspect(samples.calendar(f"{lines}\r\n"))
    assert all(line.encode() not in found.data for line in lines.split("\r\n") if not line.startswith(("BEGIN", "END")))
    assert b"SUMMARY:Example opening" in found.data
    assert found.findings[0].code == "remote_references_removed"


def test_a_reminder_that_is_shown_stays_in_a_calendar_entry():
    alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Soon\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n"
    assert alarm.encode() in inspect(samples.calendar(alarm)).data


def test_entries_that_repeat_every_second_are_refused():
    assert refusal(samples.calendar("RRULE:FREQ=SECONDLY\r\n")).code == "calendar_rule_too_dense"


def test_a_flood_of_entries_is_refused():
    event = b"BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T090000Z\r\nEND:VEVENT\r\n"
    assert refusal(b"BEGIN:VCALENDAR\r\n" + event * 300 + b"END:VCALENDAR\r\n").code == "media_too_complex"


@pytest.mark.parametrize(
    "data", [samples.vcard().replace(b"Desk", b"D\xe9sk"), samples.vcard().replace(b"Desk", b"D\0")]
)
def test_text_that_is_not_clean_utf8_is_refused(data):
    assert refusal(data).code in ("text_not_utf8", "media_corrupt")


def test_the_size_limit_names_limit_and_size():
    refused = refusal(samples.png() + bytes(25_000_000))
    assert (refused.code, refused.limit) == ("media_too_large", 25_000_000)
    assert refused.actual > 25_000_000


def test_a_file_that_takes_too_long_is_refused():
    with pytest.raises(Refused) as caught:
        inspect(samples.film(), wall_seconds=0.001)
    assert caught.value.code == "media_unreadable"


def test_many_threads_may_inspect_at_once():
    data, found = samples.jpeg(), []
    threads = [threading.Thread(target=lambda: found.append(inspect(data).data)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 6
    assert len(set(found)) == 1
