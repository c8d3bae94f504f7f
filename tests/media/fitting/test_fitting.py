"""A copy keeps to its target, is what it says, and is as good as the bytes allow."""

import io
import threading
from pathlib import Path

import av
import pytest
from PIL import Image, ImageCms, ImageDraw

from media.fitting import Target, Unfit, fit, quality
from tests.media import samples
from tests.media.fitting import sources

PICTURE = ("image/gif", "image/jpeg", "image/png")


def written(folder: Path, data: bytes) -> Path:
    path = folder / "given"
    path.write_bytes(data)
    return path


def test_a_photo_becomes_the_best_jpeg_that_fits(tmp_path):
    given = written(tmp_path, sources.jpeg(700, 500))
    told: list[int] = []

    small, large = (fit(given, Target(PICTURE, budget), told=told.append) for budget in (12_000, 40_000))

    assert small.mime_type == large.mime_type == "image/jpeg"
    assert 6_000 < small.size <= 12_000 < large.size <= 40_000
    assert 0 < small.measured["ssim"] < large.measured["ssim"] <= 1
    assert small.measured["psnr"] < large.measured["psnr"]
    with Image.open(io.BytesIO(large.data)) as copy:
        assert copy.size == (large.width, large.height)
        assert not copy.getexif()


def test_a_turned_photo_stands_upright_and_keeps_its_colours(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    given = written(tmp_path, sources.jpeg(300, 200, exif=exif, icc_profile=profile))

    copy = fit(given, Target(("image/jpeg",), 30_000, side=150))

    assert (copy.width, copy.height) == (100, 150)
    with Image.open(io.BytesIO(copy.data)) as shown:
        assert "icc_profile" not in shown.info
        assert not shown.getexif()


def test_a_drawing_stays_free_of_loss_where_it_fits(tmp_path):
    drawing = Image.new("RGBA", (400, 300), (0, 0, 0, 0))
    ImageDraw.Draw(drawing).ellipse((40, 40, 300, 200), fill=(200, 0, 0, 255))
    given = written(tmp_path, sources.saved(drawing, "PNG", compress_level=0))

    copy = fit(given, Target(("image/jpeg", "image/png"), 20_000))

    assert (copy.mime_type, copy.width) == ("image/png", 400)
    assert copy.measured["ssim"] == pytest.approx(1)
    with Image.open(io.BytesIO(copy.data)) as shown:
        assert shown.convert("RGBA").getpixel((0, 0))[3] == 0


def test_what_was_transparent_is_white_in_a_jpeg(tmp_path):
    given = written(tmp_path, sources.saved(Image.new("RGBA", (80, 80), (0, 0, 0, 0)), "PNG"))

    copy = fit(given, Target(("image/jpeg",), 20_000))

    with Image.open(io.BytesIO(copy.data)) as shown:
        assert shown.getpixel((40, 40)) == (255, 255, 255)


@pytest.mark.parametrize("form", ["WEBP", "HEIF"])
def test_photos_of_phones_and_of_the_web_become_jpegs(tmp_path, form):
    given = written(tmp_path, sources.saved(sources.photo(320, 240), form))

    copy = fit(given, Target(("image/jpeg", "image/png"), 15_000))

    assert copy.mime_type == "image/jpeg"
    assert copy.size <= 15_000


def test_an_animation_goes_on_moving_at_its_pace(tmp_path):
    data = sources.gif(frames=16)
    given = written(tmp_path, data)

    copy = fit(given, Target(PICTURE, len(data) // 5))

    assert copy.mime_type == "image/gif"
    assert copy.size <= len(data) // 5
    assert 0 < copy.measured["ssim"] <= 1
    with Image.open(io.BytesIO(copy.data)) as shown:
        assert shown.n_frames > 1
        assert shown.info["loop"] == 0
        durations = []
        for index in range(shown.n_frames):
            shown.seek(index)
            durations.append(shown.info["duration"])
        assert sum(durations) == 16 * 80


def test_an_animation_is_shown_by_its_first_picture_where_none_are_taken(tmp_path):
    copy = fit(written(tmp_path, sources.gif(frames=4)), Target(("image/jpeg", "image/png"), 30_000))

    assert copy.mime_type in {"image/jpeg", "image/png"}


@pytest.mark.parametrize(("mime_type", "form"), [("video/mp4", "mov"), ("video/3gpp", "mov")])
def test_a_film_becomes_baseline_h264_with_aac(tmp_path, mime_type, form):
    given = sources.film(tmp_path / "film", seconds=2)
    told: list[int] = []

    copy = fit(given, Target((mime_type,), 90_000), told=told.append)

    assert copy.mime_type == mime_type
    assert copy.size <= 90_000 < given.stat().st_size
    assert 0 < copy.measured["ssim"] <= 1
    with av.open(io.BytesIO(copy.data), format=form) as shown:
        film, sound = shown.streams.video[0], shown.streams.audio[0]
        assert (film.codec_context.name, sound.codec_context.name) == ("h264", "aac")
        assert "Baseline" in film.profile
        assert film.pix_fmt == "yuv420p"
        assert (film.width, film.height) == (copy.width, copy.height)
        assert shown.duration / av.time_base == pytest.approx(2, abs=0.2)
    # The index stands in front, so that a phone can begin before it has everything.
    assert copy.data.index(b"moov") < copy.data.index(b"mdat")


def test_a_film_is_cut_where_that_is_asked_for(tmp_path):
    copy = fit(sources.film(tmp_path / "film", seconds=2), Target(("video/mp4",), 90_000, seconds=1))

    assert copy.seconds == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize(
    ("types", "budget", "codec"),
    [
        (("audio/mpeg", "audio/amr"), 20_000, "mp3"),
        (("audio/mpeg", "audio/amr"), 7_000, "amrnb"),
        (("audio/mp4",), 20_000, "aac"),
    ],
)
def test_sound_takes_the_codec_that_suits_the_bytes(tmp_path, types, budget, codec):
    copy = fit(written(tmp_path, sources.wav(3)), Target(types, budget))

    assert copy.size <= budget
    assert copy.seconds == pytest.approx(3, abs=0.2)
    assert copy.measured["envelope"] > 0.9
    with av.open(io.BytesIO(copy.data)) as shown:
        assert shown.streams.audio[0].codec_context.name.startswith(codec)


@pytest.mark.parametrize(
    ("data", "target", "code"),
    [
        (samples.jpeg(), Target(("image/jpeg",), 100), "media_cannot_fit"),
        (samples.gif(), Target(("image/gif",), 100), "media_cannot_fit"),
        (samples.film(seconds=2), Target(("video/mp4",), 2_000), "media_too_long"),
        (samples.wav(2), Target(("audio/mpeg",), 1_500), "media_too_long"),
        (samples.jpeg()[:400], Target(("image/jpeg",), 9_000), "media_unreadable"),
        (b"no film", Target(("video/mp4",), 9_000), "media_unreadable"),
        (samples.jpeg(), Target(("audio/mpeg",), 9_000), "media_unreadable"),
    ],
)
def test_what_cannot_fit_says_why(tmp_path, data, target, code):
    with pytest.raises(Unfit) as unfit:
        fit(written(tmp_path, data), target)

    assert unfit.value.code == code
    assert unfit.value.message


def test_a_child_past_its_time_is_ended_and_leaves_the_worker_healthy(tmp_path):
    given = sources.film(tmp_path / "film", seconds=1)
    before = threading.active_count()

    with pytest.raises(Unfit) as unfit:
        fit(given, Target(("video/mp4",), 60_000), wall_seconds=0.05)

    assert unfit.value.code == "media_fitting_failed"
    assert threading.active_count() == before
    assert fit(written(tmp_path, sources.jpeg(300, 200)), Target(("image/jpeg",), 9_000)).size <= 9_000


def test_a_child_that_dies_costs_a_copy_and_not_the_worker(tmp_path, monkeypatch):
    # 45 MB of address space: the interpreter starts, a codec cannot.
    monkeypatch.setattr("media.fitting.runner._CHILD", "tests.media.fitting.starved")

    with pytest.raises(Unfit) as unfit:
        fit(written(tmp_path, sources.jpeg(900, 600)), Target(("image/jpeg",), 9_000))

    assert unfit.value.code == "media_fitting_failed"


def test_equal_pictures_are_alike_and_noise_is_not():
    one, other = quality.luma(sources.photo(200, 150)), quality.luma(samples.picture(200, 150))

    assert quality.ssim(one, one) == pytest.approx(1)
    assert quality.psnr(one, one) == 99
    assert quality.ssim(one, other) < 0.5
    assert quality.psnr(one, other) < 20


@pytest.mark.parametrize(
    "line", ["image/jpeg,image/png:300000", "video/mp4:1;side=640;seconds=20", "audio/amr:5;seconds=3"]
)
def test_a_target_is_read_from_its_line(line):
    assert str(Target.parse(line)) == line


def test_a_target_has_one_line_whatever_the_order_of_its_types():
    assert str(Target(("image/png", "image/jpeg"), 5)) == str(Target(("image/jpeg", "image/png"), 5))


@pytest.mark.parametrize(
    "line", ["", "image/jpeg", "image/jpeg:0", "image/bmp:9", "image/jpeg,video/mp4:9", "image/jpeg:9;x=1"]
)
def test_what_is_no_target_is_refused(line):
    with pytest.raises(ValueError):
        Target.parse(line)
