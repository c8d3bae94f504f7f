"""The shop's pictures, drawn: gradients and plain shapes at twice the size, then scaled down for smooth edges."""

import io
import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
WIDTH, HEIGHT = 720, 540
TWICE = 2
NIGHT, SKY, PEACH = (28, 32, 84), (126, 190, 236), (255, 222, 186)
INDIGO, TEAL, CORAL, CREAM = (79, 70, 229), (20, 128, 124), (240, 98, 88), (255, 246, 230)
WOOD, LEAF, GOLD, WHITE = (148, 98, 62), (62, 140, 86), (246, 184, 60), (255, 255, 255)


class Sheet:
    """A picture being drawn, in units of its final pixels."""

    def __init__(self, top: Colour, bottom: Colour, size: tuple[int, int] = (WIDTH, HEIGHT)) -> None:
        self.size = size
        ramp = Image.linear_gradient("L").resize((size[0] * TWICE, size[1] * TWICE))
        self._image = Image.composite(Image.new("RGB", ramp.size, bottom), Image.new("RGB", ramp.size, top), ramp)
        self._draw = ImageDraw.Draw(self._image)

    def box(self, x: float, y: float, width: float, height: float, fill: Colour, radius: float = 0) -> None:
        """A rectangle, with round corners if wanted."""
        corners = (x * TWICE, y * TWICE, (x + width) * TWICE, (y + height) * TWICE)
        self._draw.rounded_rectangle(corners, radius * TWICE, fill)

    def disc(self, x: float, y: float, radius: float, fill: Colour, flat: float = 1.0) -> None:
        """A circle around x, y; `flat` below 1 makes it lower than wide."""
        up = radius * flat
        self._draw.ellipse([TWICE * v for v in (x - radius, y - up, x + radius, y + up)], fill)

    def shape(self, points: Sequence[tuple[float, float]], fill: Colour) -> None:
        """A filled polygon."""
        self._draw.polygon([(x * TWICE, y * TWICE) for x, y in points], fill)

    def arc(self, x: float, y: float, radius: float, start: int, end: int, fill: Colour, width: int) -> None:
        """A stroke along a circle, angles in degrees clockwise from the right."""
        corners = [TWICE * v for v in (x - radius, y - radius, x + radius, y + radius)]
        self._draw.arc(corners, start, end, fill, width * TWICE)

    def words(self, x: float, y: float, text: str, size: int, fill: Colour) -> None:
        """A line of text, centred on x, y."""
        font = ImageFont.load_default(size * TWICE)
        self._draw.text((x * TWICE, y * TWICE), text, fill, font, anchor="mm")

    def finished(self) -> Image.Image:
        """The picture at its final size."""
        return self._image.resize(self.size, Image.Resampling.LANCZOS)


def jpeg(image: Image.Image, quality: int = 84) -> bytes:
    """A picture as JPEG."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def shop_front() -> Image.Image:
    """The shop from the street, on a bright morning."""
    sheet = Sheet(SKY, PEACH)
    sheet.disc(610, 96, 46, (255, 240, 190))
    for x, y, radius in ((120, 90, 34), (160, 78, 44), (206, 92, 32), (420, 60, 24), (450, 52, 32), (482, 62, 22)):
        sheet.disc(x, y, radius, (250, 252, 255))
    sheet.box(0, 455, WIDTH, 85, (176, 166, 160))
    sheet.box(0, 455, WIDTH, 8, (204, 196, 190))
    sheet.box(110, 140, 500, 318, (244, 236, 224), 6)
    sheet.box(110, 140, 500, 66, INDIGO, 6)
    sheet.words(360, 173, "NORTHWIND", 40, WHITE)
    for index in range(10):
        fill = CORAL if index % 2 else CREAM
        left = 100 + index * 52
        sheet.shape([(left + 8, 206), (left + 52, 206), (left + 52, 256), (left, 256)], fill)
        sheet.disc(left + 26, 256, 26, fill, 0.5)
    sheet.box(140, 290, 190, 130, (140, 200, 214), 4)
    sheet.shape([(150, 300), (210, 300), (160, 410), (150, 410)], (186, 226, 234))
    sheet.box(150, 396, 170, 24, WOOD)
    for x, fill, tall in ((178, CORAL, 44), (222, GOLD, 60), (270, LEAF, 36), (302, INDIGO, 52)):
        sheet.box(x - 14, 396 - tall, 28, tall, fill, 8)
    sheet.box(378, 280, 96, 176, WOOD, 4)
    sheet.box(390, 292, 72, 98, (196, 230, 236), 4)
    sheet.disc(462, 420, 6, GOLD)
    sheet.box(394, 318, 64, 26, WHITE, 4)
    sheet.words(426, 331, "OPEN", 16, CORAL)
    for x in (520, 572):
        sheet.shape([(x - 22, 412), (x + 22, 412), (x + 15, 458), (x - 15, 458)], CORAL)
        for lean in (-18, 0, 18):
            sheet.disc(x + lean, 386 - (18 - abs(lean)), 22, LEAF, 1.3)
    return sheet.finished()


def backpack() -> Image.Image:
    """This week's offer: a backpack on a table, with its price flag."""
    sheet = Sheet((92, 84, 240), (196, 176, 255))
    sheet.disc(360, 270, 226, (150, 138, 250))
    sheet.box(0, 446, WIDTH, 94, (64, 56, 168))
    sheet.disc(360, 452, 172, (50, 44, 140), 0.12)
    sheet.arc(360, 128, 52, 180, 360, (10, 92, 92), 16)
    sheet.box(236, 122, 248, 330, TEAL, 74)
    sheet.box(258, 146, 204, 120, (30, 158, 150), 54)
    sheet.box(262, 300, 196, 128, (12, 104, 102), 30)
    sheet.box(262, 330, 196, 8, GOLD, 4)
    sheet.box(352, 326, 16, 44, GOLD, 6)
    sheet.box(208, 250, 34, 170, (12, 104, 102), 16)
    sheet.box(478, 250, 34, 170, (12, 104, 102), 16)
    sheet.disc(360, 206, 26, CREAM)
    sheet.words(360, 206, "N", 30, TEAL)
    sheet.disc(566, 130, 78, CORAL)
    sheet.words(566, 114, "20%", 44, WHITE)
    sheet.words(566, 156, "OFF", 30, WHITE)
    return sheet.finished()


def parcel() -> Image.Image:
    """An order that waits at the desk."""
    sheet = Sheet((214, 240, 234), (250, 252, 246))
    sheet.box(0, 400, WIDTH, 140, (150, 206, 192))
    sheet.disc(360, 440, 210, (124, 186, 170), 0.14)
    sheet.shape([(190, 200), (360, 250), (360, 460), (190, 400)], (204, 148, 92))
    sheet.shape([(530, 200), (360, 250), (360, 460), (530, 400)], (182, 126, 76))
    sheet.shape([(190, 200), (360, 156), (530, 200), (360, 250)], (226, 174, 118))
    sheet.shape([(258, 220), (300, 232), (300, 438), (258, 424)], CORAL)
    sheet.shape([(258, 220), (300, 232), (472, 185), (428, 174)], (250, 128, 114))
    sheet.shape([(440, 300), (512, 276), (512, 340), (440, 366)], CREAM)
    sheet.shape([(450, 314), (500, 297), (500, 304), (450, 321)], (120, 110, 104))
    sheet.shape([(450, 332), (486, 320), (486, 327), (450, 339)], (170, 160, 152))
    sheet.disc(590, 130, 66, LEAF)
    for points in ([(560, 132), (572, 120), (592, 142), (580, 154)], [(580, 154), (568, 142), (612, 98), (624, 110)]):
        sheet.shape(points, WHITE)
    sheet.words(360, 70, "Ready for you", 46, TEAL)
    return sheet.finished()


def autumn_hills() -> Image.Image:
    """Evening hills for the season's campaign."""
    sheet = Sheet((250, 178, 110), (255, 230, 190))
    sheet.disc(500, 190, 76, (255, 244, 214))
    for base, lift, phase, fill in (
        (300, 34, 0.0, (222, 132, 88)),
        (350, 40, 1.7, (188, 92, 76)),
        (410, 30, 3.1, (128, 62, 78)),
        (470, 18, 4.4, (74, 42, 72)),
    ):
        ridge = [(x, base + lift * math.sin(x / 105 + phase)) for x in range(0, WIDTH + 12, 12)]
        sheet.shape([*ridge, (WIDTH, HEIGHT), (0, HEIGHT)], fill)
    for x, y, tall in ((90, 470, 96), (140, 480, 70), (610, 468, 110), (664, 478, 80)):
        sheet.shape([(x, y - tall), (x + tall * 0.3, y + 16), (x - tall * 0.3, y + 16)], (44, 28, 58))
    sheet.words(300, 96, "Autumn at Northwind", 48, (96, 42, 60))
    return sheet.finished()


def leaflet() -> Image.Image:
    """A page with the opening hours, for the PDF."""
    sheet = Sheet(CREAM, (255, 255, 252), (620, 877))
    sheet.box(0, 0, 620, 150, INDIGO)
    sheet.words(310, 62, "NORTHWIND", 54, WHITE)
    sheet.words(310, 116, "Outdoor and travel goods", 22, (214, 212, 255))
    sheet.words(310, 220, "Autumn opening hours", 36, NIGHT)
    hours = ("Monday to Friday   9:00 - 19:00", "Saturday   10:00 - 18:00", "Sunday   11:00 - 16:00")
    for row, line in enumerate(hours):
        sheet.box(70, 270 + row * 84, 480, 64, (236, 232, 255) if row % 2 == 0 else (250, 240, 224), 14)
        sheet.words(310, 302 + row * 84, line, 24, NIGHT)
    sheet.words(310, 590, "Bring this page: free waxing", 28, CORAL)
    sheet.words(310, 634, "for any jacket bought with us", 28, CORAL)
    sheet.words(310, 800, "100 Example Street, Springfield   +1 416 555 0100", 20, (110, 104, 130))
    return sheet.finished()


def flickering_sign(frames: int = 8) -> list[Image.Image]:
    """A neon sign whose lamps run around it: the frames of the animation."""
    return [_sign(step) for step in range(frames)]


def _sign(step: int) -> Image.Image:
    sheet = Sheet(NIGHT, (70, 40, 110), (360, 270))
    sheet.box(34, 64, 292, 142, (50, 30, 92), 26)
    lamps = [(50 + 26 * n, 80) for n in range(11)] + [(310, 106), (310, 135), (310, 164)]
    lamps += [(310 - 26 * n, 190) for n in range(11)] + [(50, 164), (50, 135), (50, 106)]
    for index, (x, y) in enumerate(lamps):
        lit = (index - step) % 4 == 0
        sheet.disc(x, y, 7 if lit else 5, (255, 232, 140) if lit else (150, 96, 60))
    glow = (255, 120, 150) if step % 4 else (255, 176, 190)
    sheet.words(180, 135, "SALE", 70, glow)
    return sheet.finished()


def delivery(moment: float) -> Image.Image:
    """A van on its way through the evening; `moment` runs from 0 to 1."""
    sheet = Sheet((86, 110, 200), (252, 196, 160), (480, 360))
    sheet.disc(380, 110 + 40 * moment, 40, (255, 236, 190))
    for n in range(9):
        tall, x = 60 + 46 * ((n * 7) % 4), n * 86 - 180 * moment
        sheet.box(x, 270 - tall, 62, tall, (92, 84, 150))
        for row in range(tall // 28):
            sheet.box(x + 12, 280 - tall + row * 28, 12, 12, GOLD)
            sheet.box(x + 38, 280 - tall + row * 28, 12, 12, (128, 120, 186))
    sheet.box(0, 268, 480, 92, (66, 62, 88))
    for n in range(8):
        sheet.box(n * 96 - (moment * 480) % 96, 312, 50, 6, CREAM)
    left = -150 + 470 * moment
    sheet.box(left, 188, 130, 92, CORAL, 12)
    sheet.shape([(left + 128, 208), (left + 158, 208), (left + 182, 242), (left + 182, 280), (left + 128, 280)], CORAL)
    sheet.shape([(left + 136, 216), (left + 154, 216), (left + 170, 242), (left + 136, 242)], (200, 232, 244))
    sheet.words(left + 64, 232, "NORTHWIND", 18, WHITE)
    for wheel in (34, 146):
        sheet.disc(left + wheel, 282, 19, (36, 34, 48))
        sheet.disc(left + wheel, 282, 8, (200, 198, 210))
    return sheet.finished()
