"""The files that inspection has to judge, made on the spot: good, damaged, hostile and disguised ones.

`CORPUS` names each with the verdict it must get: a MIME type for what is taken, a code for what is refused.
`python -m tests.media.corpus FOLDER` writes them out, to be looked at or fed to something else.
"""

import io
import sys
import zipfile
import zlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import samples

HTML = samples.HTML
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
CORRUPT, OTHER, COMPLEX = "media_corrupt", "media_type_unsupported", "media_too_complex"
Make = Callable[[], bytes]

film = cache(samples.film)
GOOD: dict[str, tuple[Make, str]] = {
    "jpeg": (samples.jpeg, "image/jpeg"),
    "jpeg progressive": (lambda: samples.photo("JPEG", progressive=True), "image/jpeg"),
    "jpeg grey": (lambda: samples.grey("JPEG"), "image/jpeg"),
    "jpeg with a place": (lambda: samples.jpeg_with_place(1), "image/jpeg"),
    "jpeg lying": (lambda: samples.jpeg_with_place(6), "image/jpeg"),
    "jpeg mirrored": (lambda: samples.jpeg_with_place(2), "image/jpeg"),
    "png": (samples.png, "image/png"),
    "png with a text": (lambda: samples.png(text=True), "image/png"),
    "png grey": (lambda: samples.grey("PNG"), "image/png"),
    "gif": (lambda: samples.gif(1), "image/gif"),
    "gif moving": (samples.gif, "image/gif"),
    "webp": (lambda: samples.photo("WEBP"), "image/webp"),
    "webp without loss": (lambda: samples.photo("WEBP", lossless=True), "image/webp"),
    "webp lying": (lambda: samples.photo_with_place("WEBP", 6), "image/webp"),
    "heic": (lambda: samples.photo("HEIF"), "image/heic"),
    "heic with a place": (lambda: samples.photo_with_place("HEIF"), "image/heic"),
    "heic under the general brand": (lambda: samples.photo("HEIF").replace(b"ftypheic", b"ftypmif1", 1), "image/heic"),
    "avif": (lambda: samples.photo("AVIF", speed=10), "image/avif"),
    "mp4": (film, "video/mp4"),
    "mp4 with its index at the end": (lambda: samples.film(faststart=False), "video/mp4"),
    "mp4 of mpeg-4": (lambda: samples.film(codec="mpeg4"), "video/mp4"),
    "m4v": (samples.m4v, "video/mp4"),
    "3gp": (lambda: samples.film("3gp"), "video/3gpp"),
    "mov": (lambda: samples.film("mov"), "video/quicktime"),
    "mp3": (samples.sound, "audio/mpeg"),
    "mp3 with a title": (lambda: samples.sound(title="A Title"), "audio/mpeg"),
    "m4a": (samples.m4a, "audio/mp4"),
    "sound in mp4": (lambda: samples.sound("mp4", "aac"), "audio/mp4"),
    "sound in 3gp": (lambda: samples.sound("3gp", "aac"), "audio/3gpp"),
    "amr": (samples.amr, "audio/amr"),
    "wav": (samples.wav, "audio/wav"),
    "vcard": (samples.vcard, "text/vcard"),
    "vcard after a mark of order": (lambda: b"\xef\xbb\xbf" + samples.vcard(), "text/vcard"),
    "icalendar": (samples.calendar, "text/calendar"),
    "pdf": (samples.pdf, "application/pdf"),
    "pdf with a link": (lambda: samples.pdf_with("A", S="/URI", URI="https://example.org/"), "application/pdf"),
    "pass": (samples.pkpass, "application/vnd.apple.pkpass"),
    "pass with a web service": (
        lambda: samples.pkpass(webServiceURL="https://passes.example.org/", authenticationToken="x" * 16),
        "application/vnd.apple.pkpass",
    ),
}


def cut(make: Make, share: float = 0.6) -> bytes:
    """The first part of a file."""
    data = make()
    return data[: int(len(data) * share)]


def flipped(make: Make, at: int) -> bytes:
    data = bytearray(make())
    data[at % len(data)] ^= 0xFF
    return bytes(data)


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def pdf_bomb() -> bytes:
    """A page tree that is its own child."""
    return samples.pdf().replace(b"/Kids [ 4 0 R ]", b"/Kids [ 2 0 R ]")


def png_with_text_bomb() -> bytes:
    """A compressed text of 200 MB in 200 KB."""
    body = b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9)
    chunk = len(body).to_bytes(4) + b"zTXt" + body + zlib.crc32(b"zTXt" + body).to_bytes(4)
    data = samples.png()
    return data[:33] + chunk + data[33:]


def deep(opening: bytes, closing: bytes, times: int) -> bytes:
    return opening * times + closing * times


DAMAGED: dict[str, tuple[Make, str]] = {
    **{f"{name}, cut short": (partial(cut, GOOD[name][0]), CORRUPT) for name in GOOD if "pass" not in name},
    "pass, cut short": (lambda: cut(samples.pkpass), CORRUPT),
    "png with a flipped byte": (lambda: flipped(samples.png, 60), CORRUPT),
    "mp4 without its index": (lambda: film().replace(b"moov", b"mooo"), CORRUPT),
    "pdf without its end": (lambda: samples.pdf().partition(b"trailer")[0][:200], CORRUPT),
    "vcard without an end": (lambda: samples.vcard().replace(b"END:VCARD", b""), CORRUPT),
    "vcard without a name": (lambda: b"BEGIN:VCARD\r\nVERSION:3.0\r\nTEL:1\r\nEND:VCARD\r\n", CORRUPT),
    "icalendar without an entry": (lambda: b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", CORRUPT),
    "nothing": (lambda: b"", "media_empty"),
    "pass that was changed": (lambda: samples.pkpass(unlisted={"pass.json": b"{}"}), "pass_invalid"),
}
DISGUISED: dict[str, tuple[Make, str]] = {
    "html": (lambda: HTML, OTHER),
    "html after a mark of order": (lambda: b"\xef\xbb\xbf<!DOCTYPE html>", OTHER),
    "svg": (lambda: SVG, OTHER),
    "xml": (lambda: b'<?xml version="1.0"?>' + SVG, OTHER),
    "svg after blanks": (lambda: b"\n\t  " + SVG, OTHER),
    "playlist": (lambda: b"#EXTM3U\n#EXTINF:1,\nhttp://10.0.0.1/secret\n", OTHER),
    "script": (lambda: b"#!/bin/sh\nexit\n", OTHER),
    "program": (lambda: b"MZ" + bytes(80), OTHER),
    "another program": (lambda: b"\x7fELF" + bytes(80), OTHER),
    "zip": (lambda: zipped({"photo.jpg": samples.jpeg()}), OTHER),
    "office document": (lambda: zipped({"[Content_Types].xml": HTML, "word/document.xml": HTML}), OTHER),
    "bitmap": (lambda: samples.photo("BMP"), OTHER),
    "tiff": (lambda: samples.photo("TIFF"), OTHER),
    "ogg": (lambda: b"OggS" + bytes(100), OTHER),
    "matroska": (lambda: b"\x1aE\xdf\xa3" + bytes(100), OTHER),
    "wide-band amr": (lambda: b"#!AMR-WB\n" + bytes(100), OTHER),
    "zeros": (lambda: bytes(500), OTHER),
    "text": (lambda: "Grüße from the sea, see you soon".encode(), "text_not_media"),
    "html in a jpeg's first bytes": (lambda: b"\xff\xd8\xff\xe0" + HTML * 20, CORRUPT),
    "html in a png's first bytes": (lambda: b"\x89PNG\r\n\x1a\n" + HTML, CORRUPT),
    "script in a gif's first bytes": (lambda: b"GIF89a/*" + b"\0" * 6 + b"*/=1;alert(1);", CORRUPT),
    "html in a webp's first bytes": (lambda: b"RIFF\x64\0\0\0WEBPVP8 " + HTML * 5, CORRUPT),
    "html in a heic's first bytes": (lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + HTML, CORRUPT),
    "html in an avif's first bytes": (lambda: b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + HTML, CORRUPT),
    "html in an mp4's first bytes": (lambda: b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + HTML * 10, CORRUPT),
    "html in a mov's first bytes": (lambda: b"\0\0\0\x14ftypqt  \0\0\0\0qt  " + HTML, CORRUPT),
    "html in an mp3's first bytes": (lambda: b"ID3\x04\0\0\0\0\0\0" + HTML * 10, CORRUPT),
    "html in an amr's first bytes": (lambda: b"#!AMR\n" + HTML * 20, CORRUPT),
    "html in a wav's first bytes": (lambda: b"RIFF\x24\0\0\0WAVE" + HTML, CORRUPT),
    "html in a pdf's first bytes": (lambda: b"%PDF-1.7\n" + HTML, CORRUPT),
    "html in a vcard": (lambda: b"BEGIN:VCARD\r\n" + HTML + b"\r\nEND:VCARD\r\n", CORRUPT),
    "a film called a photo": (lambda: film().replace(b"ftypisom", b"ftypheic", 1), CORRUPT),
    "a photo called a film": (lambda: samples.photo("HEIF").replace(b"ftypheic", b"ftypisom", 1), CORRUPT),
    "a quicktime recording": (lambda: samples.sound("mov", "aac"), OTHER),
}
HOSTILE: dict[str, tuple[Make, str]] = {
    "png of 26 million pixels": (lambda: samples.png_claiming(5_100, 5_100), "image_too_many_pixels"),
    "png of 400 million pixels": (lambda: samples.png_claiming(20_000, 20_000), "image_too_many_pixels"),
    "png of 3,600 million pixels": (lambda: samples.png_claiming(60_000, 60_000), "image_too_many_pixels"),
    "png with a text bomb": (png_with_text_bomb, CORRUPT),
    "gif of too many frames": (lambda: samples.gif(frames=501, width=8, height=8), "image_too_many_frames"),
    "film in a codec nobody has": (lambda: samples.film(codec="mpeg2video"), "media_codec_unsupported"),
    "pdf with a script": (lambda: samples.pdf(script="app.alert(1)"), "pdf_active_content"),
    "pdf with a hidden script": (samples.pdf_with_hidden_script, "pdf_active_content"),
    "pdf with a file in it": (lambda: samples.pdf(attached="inside.txt"), "pdf_active_content"),
    "pdf that starts a program": (lambda: samples.pdf(launched="calc"), "pdf_active_content"),
    "pdf that opens an address": (
        lambda: samples.pdf_with("OpenAction", S="/URI", URI="https://example.org/"),
        "pdf_active_content",
    ),
    "pdf with a link to a script": (lambda: samples.pdf_with("A", S="/URI", URI="javascript:1"), "pdf_active_content"),
    "pdf with a link to a file": (lambda: samples.pdf_with("A", S="/URI", URI="file:///etc/x"), "pdf_active_content"),
    "pdf that sends a form": (
        lambda: samples.pdf_with("A", S="/SubmitForm", F="https://example.org/"),
        "pdf_active_content",
    ),
    "pdf with a password": (lambda: samples.pdf(password="secret"), "pdf_encrypted"),
    "pdf of 101 pages": (lambda: samples.pdf(pages=101), "pdf_pages"),
    "pdf without an end to its pages": (pdf_bomb, CORRUPT),
    "pdf of nested lists": (
        lambda: samples.pdf().replace(b"/Type /Catalog", b"/X " + deep(b"[", b"]", 50_000) + b"/Type /Catalog"),
        CORRUPT,
    ),
    "vcard in other letters": (lambda: samples.vcard().replace(b"Desk", b"D\xe9sk"), "text_not_utf8"),
    "vcard with a zero byte": (lambda: samples.vcard().replace(b"Desk", b"D\0"), CORRUPT),
    "too many contacts": (lambda: samples.vcard() * 51, COMPLEX),
    "too many lines": (lambda: samples.vcard("NOTE:x\r\n" * 5_000), COMPLEX),
    "icalendar every second": (lambda: samples.calendar("RRULE:FREQ=SECONDLY\r\n"), "calendar_rule_too_dense"),
    "too many entries": (lambda: samples.calendar() + samples.calendar() * 200, COMPLEX),
    "pass with a bomb": (lambda: samples.pkpass(files={"strip.png": bytes(30_000_000)}), COMPLEX),
    "pass of too many files": (lambda: samples.pkpass(files={f"{n}.png": b"" for n in range(201)}), COMPLEX),
    "pass with a path outside": (lambda: samples.pkpass(files={"../icon.png": b""}), "pass_invalid"),
    "pass with a page in it": (lambda: samples.pkpass(files={"index.html": HTML}), "pass_invalid"),
    "pass with a file nobody signed": (lambda: samples.pkpass(unlisted={"logo.png": b""}), "pass_invalid"),
    "pass without a signature": (lambda: zipped({"pass.json": b"{}", "manifest.json": b"{}"}), "pass_invalid"),
    "pass with a picture that is none": (lambda: samples.pkpass(files={"logo.png": HTML}), "pass_invalid"),
    "pass with nested data": (lambda: samples.pkpass(files={"pass.json": deep(b"[", b"]", 50_000)}), "pass_invalid"),
    "pass with an open line": (lambda: samples.pkpass(webServiceURL="http://10.0.0.1/"), "pass_invalid"),
    "pass that starts a script": (lambda: samples.pkpass(appLaunchURL="javascript:alert(1)"), "pass_invalid"),
    "too large a contact": (lambda: samples.vcard() + bytes(1_000_001), "media_too_large"),
}
CORPUS = GOOD | DAMAGED | DISGUISED | HOSTILE


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, (make, verdict) in CORPUS.items():
        Path(folder, f"{name}.{verdict.replace('/', '_')}").write_bytes(make())
