"""Small real files of every kind, made on the spot, and the broken and hostile ones made from them."""

import hashlib
import io
import json
import wave
import zipfile
import zlib
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import icalendar
import pillow_heif
import vobject
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, TextStringObject

HTML = b"<html><script>alert(1)</script></html>"


def picture(width: int = 64, height: int = 48, colour: str = "teal") -> Image.Image:
    image = Image.new("RGB", (width, height), colour)
    ImageDraw.Draw(image).ellipse((4, 4, width // 2, height // 2), fill="orange")
    return image


def jpeg(width: int = 64, height: int = 48, *, exif: Image.Exif | None = None, colour: str = "teal") -> bytes:
    out = io.BytesIO()
    picture(width, height, colour).save(out, "JPEG", quality=85, **({"exif": exif} if exif else {}))
    return out.getvalue()


def jpeg_with_place(orientation: int = 6) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Example Camera"
    exif.get_ifd(0x8825)[2] = (51.0, 30.0, 26.0)
    return jpeg(exif=exif)


def photo(form: str, width: int = 64, height: int = 48, **options: object) -> bytes:
    """A picture in one of the forms that only a computer or a phone's camera writes: WEBP, HEIF, AVIF, TIFF, BMP."""
    pillow_heif.register_heif_opener()
    out = io.BytesIO()
    picture(width, height).save(out, form, **options)
    return out.getvalue()


def grey(form: str) -> bytes:
    out = io.BytesIO()
    picture().convert("L").save(out, form)
    return out.getvalue()


def photo_with_place(form: str, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Example Camera"
    exif.get_ifd(0x8825)[2] = (51.0, 30.0, 26.0)
    return photo(form, exif=exif)


def png(width: int = 64, height: int = 48, *, text: bool = False) -> bytes:
    out, info = io.BytesIO(), PngInfo()
    if text:
        info.add_text("Author", "A. Example", zip=True)
    picture(width, height).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A few hundred bytes that unpack to width x height black pixels when they are few enough to be written."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4) + name + body + zlib.crc32(name + body).to_bytes(4)

    head = width.to_bytes(4) + height.to_bytes(4) + bytes([1, 0, 0, 0, 0])
    rows = zlib.compress(bytes(min((width // 8 + 1) * height, 4_000_000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def gif(frames: int = 3, width: int = 32, height: int = 24, comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    pictures = [picture(width, height, f"hsl({40 * n % 360},80%,50%)") for n in range(frames)]
    options = {"comment": comment} if comment else {}
    pictures[0].save(out, "GIF", save_all=True, append_images=pictures[1:], duration=80, loop=0, **options)
    return out.getvalue()


def film(
    form: str = "mp4", *, seconds: float = 1.0, codec: str = "libx264", place: str = "", faststart: bool = True
) -> bytes:
    options = {"movflags": "faststart"} if faststart else {}
    folder = TemporaryDirectory()
    path = Path(folder.name, "film")
    with folder, av.open(path, "w", format=form, options=options) as container:
        if place:
            container.metadata["location"] = place
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for n in range(round(seconds * 10)):
            frame = av.VideoFrame.from_image(picture(96, 64, f"hsl({36 * n % 360},70%,50%)"))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        container.close()
        return path.read_bytes()


def sound(form: str = "mp3", codec: str = "libmp3lame", *, rate: int = 16_000, title: str = "") -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=form) as container:
        if title:
            container.metadata["title"] = title
        stream = container.add_stream(codec, rate=rate, layout="mono")
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate, frame_size=0)
        raw = av.AudioFrame(format="s16", layout="mono", samples=rate)
        raw.sample_rate, raw.pts, raw.time_base = rate, 0, Fraction(1, rate)
        raw.planes[0].update(b"".join((n * 37 % 8000).to_bytes(2, "little") for n in range(rate)))
        fifo = av.AudioFifo()
        for frame in resampler.resample(raw):
            fifo.write(frame)
        size = stream.codec_context.frame_size or 1024
        while frame := fifo.read(size, partial=True):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def m4a() -> bytes:
    return sound("ipod", "aac")


def amr() -> bytes:
    return sound("amr", "libopencore_amrnb", rate=8_000)


def wav(seconds: float = 0.5) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(bytes(range(256)) * round(8_000 * seconds * 2 / 256))
    return out.getvalue()


def vcard(extra: str = "") -> bytes:
    card = vobject.vCard()
    card.add("fn").value = "Example Desk"
    card.add("n").value = vobject.vcard.Name(family="Desk", given="Example")
    card.add("tel").value = "+1 212 555 0100"
    card.add("url").value = "https://example.com/desk"
    return card.serialize().replace("END:VCARD", f"{extra}END:VCARD").encode()


def calendar(event_extra: str = "") -> bytes:
    event = icalendar.Event()
    event.add("uid", "1@example.com")
    event.add("dtstamp", icalendar.vDatetime.from_ical("20260101T090000Z"))
    event.add("dtstart", icalendar.vDatetime.from_ical("20260201T090000Z"))
    event.add("summary", "Example opening")
    whole = icalendar.Calendar()
    whole.add("prodid", "-//Example//EN")
    whole.add("version", "2.0")
    whole.add_component(event)
    return whole.to_ical().replace(b"END:VEVENT", event_extra.encode() + b"END:VEVENT")


def pdf(pages: int = 1, **options: str) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    if script := options.get("script"):
        start = DictionaryObject(
            {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject(script)}
        )
        writer.root_object[NameObject("/OpenAction")] = writer._add_object(start)
    if attached := options.get("attached"):
        writer.add_attachment(attached, b"inside")
    if launched := options.get("launched"):
        start = DictionaryObject(
            {NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject(launched)}
        )
        writer.root_object[NameObject("/OpenAction")] = writer._add_object(start)
    if author := options.get("author"):
        writer.add_metadata({"/Author": author})
    if password := options.get("password"):
        writer.encrypt(password)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pdf_with_hidden_script() -> bytes:
    """The script stands in an object that only a page's annotation leads to."""
    writer = PdfWriter()
    page = writer.add_blank_page(200, 200)
    body = DecodedStreamObject()
    body.set_data(b"app.alert(1)")
    action = DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): writer._add_object(body)}
    )
    note = DictionaryObject({NameObject("/Subtype"): NameObject("/Link"), NameObject("/A"): writer._add_object(action)})
    page[NameObject("/Annots")] = writer._add_object(note)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pkpass(
    *, files: dict[str, bytes] | None = None, unlisted: dict[str, bytes] | None = None, **facts: object
) -> bytes:
    """A Wallet pass whose signature nobody can check; `unlisted` files are not in its manifest."""
    described = {
        "formatVersion": 1,
        "description": "Example ticket",
        "organizationName": "Example",
        "passTypeIdentifier": "pass.org.example.ticket",
        "serialNumber": "1",
        "teamIdentifier": "EXAMPLE",
        "eventTicket": {"primaryFields": [{"key": "seat", "value": "12"}]},
    }
    packed = {"icon.png": png(29, 29), "pass.json": json.dumps(described | facts).encode()} | (files or {})
    listed = {name: hashlib.sha1(content).hexdigest() for name, content in packed.items()}
    packed |= {"manifest.json": json.dumps(listed).encode(), "signature": b"0\x82"} | (unlisted or {})
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in packed.items():
            archive.writestr(name, content)
    return out.getvalue()


def pdf_with(key: str, **action: str) -> bytes:
    """A PDF whose catalogue or page link has an action; values with a slash are names."""
    writer = PdfWriter()
    page = writer.add_blank_page(200, 200)
    members = {
        NameObject(f"/{name}"): NameObject(value) if value.startswith("/") else TextStringObject(value)
        for name, value in action.items()
    }
    what = DictionaryObject(members)
    if key == "OpenAction":
        writer.root_object[NameObject("/OpenAction")] = writer._add_object(what)
    else:
        link = DictionaryObject({NameObject("/Subtype"): NameObject("/Link"), NameObject("/A"): what})
        page[NameObject("/Annots")] = ArrayObject([writer._add_object(link)])
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def m4v() -> bytes:
    """The field's .m4v: an MP4 under Apple's brand."""
    return film().replace(b"ftypisom", b"ftypM4V ", 1)
