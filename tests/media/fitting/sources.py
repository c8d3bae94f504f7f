"""Files that are hard to make small: noise and motion, as large as asked for, made on the spot."""

import io
import math
import wave
from array import array
from pathlib import Path

import av
import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()


def photo(width: int, height: int, *, noise: int = 60) -> Image.Image:
    """A picture with as much detail as a busy photograph."""
    grain, shade = Image.effect_noise((width, height), noise), Image.radial_gradient("L").resize((width, height))
    turned = shade.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return Image.merge("RGB", [Image.blend(one, grain, 0.4) for one in (shade, turned, shade)])


def jpeg(width: int = 900, height: int = 600, *, quality: int = 95, **options: object) -> bytes:
    return saved(photo(width, height), "JPEG", quality=quality, **options)


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def gif(frames: int = 12, width: int = 160, height: int = 120) -> bytes:
    """A red square crosses a grainy picture that turns."""
    background, pictures = photo(width, height, noise=40), []
    for number in range(frames):
        picture = background.rotate(number)
        picture.paste((255, 40, 40), (number * 8 % width, height // 3, number * 8 % width + height // 4, height // 2))
        pictures.append(picture)
    return saved(pictures[0], "GIF", save_all=True, append_images=pictures[1:], duration=80, loop=0)


def film(path: Path, seconds: float = 2, width: int = 480, height: int = 270, *, bits: int = 2_000_000) -> Path:
    """A camera that wanders over a picture full of detail, with a tone that swells."""
    with av.open(path, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = width, height, "yuv420p", bits
        stream.options = {"preset": "ultrafast"}
        sound = container.add_stream("aac", rate=22_050, layout="mono")
        scenery = photo(width + 160, height + 90)
        for number in range(round(seconds * 30)):
            x, y = number * 2 % 160, number % 90
            picture = scenery.crop((x, y, x + width, y + height))
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode())
        tone = tones(seconds, 22_050)
        for start in range(0, len(tone) - 1023, 1024):
            frame = av.AudioFrame(format="s16", layout="mono", samples=1024)
            frame.rate, frame.pts = 22_050, start
            frame.planes[0].update(tone[start : start + 1024].tobytes())
            container.mux(sound.encode(frame))
        container.mux(sound.encode())
    return path


def tones(seconds: float, rate: int) -> "array[int]":
    """A tone that swells and fades."""
    count = round(seconds * rate)
    return array("h", (int(9000 * math.sin(n * 0.1) * (1.2 + math.sin(n * 8 / rate))) for n in range(count)))


def wav(seconds: float = 3, rate: int = 22_050) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(tones(seconds, rate).tobytes())
    return out.getvalue()
