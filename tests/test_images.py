import io
import os
import struct
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageOps

from internvl_ui.errors import MediaError
from internvl_ui.media.images import image_size, open_image
from tests.vectors import MEDIA

ORIENTATION = 0x0112


def photo(width=24, height=16):
    """A colour ramp that looks different from every side."""
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([x, y, (x + y) / 4], axis=2).astype(np.uint8))


def saved(path, image, **options):
    image.save(path, **options)
    return path


def pixels(image):
    return np.asarray(image).astype(int)


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_header(width, height):
    """A PNG that promises ``width`` x ``height`` pixels and has next to none."""
    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", size)
    return start + png_chunk(b"IDAT", zlib.compress(bytes(100))) + png_chunk(b"IEND", b"")


@pytest.mark.parametrize("name", ["wide.png", "tall.png", "tiny.png", "rgba.png", "gray.png"])
def test_unoriented_is_the_model_cards(name):
    ours = open_image(MEDIA / name, orient=False)
    assert np.array_equal(pixels(ours), pixels(Image.open(MEDIA / name).convert("RGB")))


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "avif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_as_the_camera_noted(tmp_path, suffix, orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path = saved(tmp_path / f"turned.{suffix}", photo(), exif=exif)
    upright = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    ours = open_image(path)
    assert ours.size == upright.size == image_size(path)
    assert np.array_equal(pixels(ours), pixels(upright))


def test_a_turned_photo_stays_as_stored_for_the_model_card(tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    path = saved(tmp_path / "turned.jpg", photo(), exif=exif)
    assert open_image(path, orient=False).size == (24, 16)
    assert open_image(path).size == (16, 24)


def test_what_stands_behind_a_pngs_pixels_does_not_turn_it(tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    stored = io.BytesIO()
    photo().save(stored, "PNG")
    end = stored.getvalue().rindex(b"IEND") - 4
    late = png_chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    path = tmp_path / "late.png"
    path.write_bytes(stored.getvalue()[:end] + late + stored.getvalue()[end:])
    assert open_image(path).size == image_size(path) == (24, 16)


def test_a_broken_camera_note_does_not_spoil_the_picture(tmp_path):
    path = saved(tmp_path / "note.jpg", photo(), exif=b"Exif\0\0" + bytes(range(40)))
    assert open_image(path).size == (24, 16)


def test_heic(tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    path = tmp_path / "phone.heic"
    pillow_heif.from_pillow(photo(64, 48)).save(path, quality=90, exif=exif.tobytes())
    ours = open_image(path)
    assert image_size(path) == ours.size == (48, 64)
    assert (
        np.abs(pixels(ours) - pixels(photo(64, 48).transpose(Image.Transpose.ROTATE_270))).max()
        < 30
    )


@pytest.mark.parametrize(
    "suffix", ["bmp", "gif", "jp2", "jpg", "png", "ppm", "tif", "webp", "avif"]
)
def test_formats(tmp_path, suffix):
    path = saved(tmp_path / f"photo.{suffix}", photo(64, 48))
    ours = open_image(path)
    assert (ours.mode, ours.size, image_size(path)) == ("RGB", (64, 48), (64, 48))
    assert np.abs(pixels(ours) - pixels(photo(64, 48))).mean() < 8


def test_the_name_does_not_matter(tmp_path):
    path = saved(tmp_path / "photo.txt", photo(), format="PNG")
    assert np.array_equal(pixels(open_image(path)), pixels(photo()))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparency_is_seen_on_white_but_dropped_for_the_model_card(tmp_path, mode):
    suffix = "tif" if mode == "PA" else "png"
    alpha = Image.new("L", (24, 16), 0)
    alpha.paste(255, (0, 0, 12, 16))
    image = photo().convert("L").convert("P" if mode == "PA" else mode[:-1])
    image = image.convert(mode)
    image.putalpha(alpha)
    path = saved(tmp_path / f"half.{suffix}", image)
    seen, plain = pixels(open_image(path)), pixels(open_image(path, orient=False))
    assert np.array_equal(seen[:, :12], plain[:, :12])
    assert (seen[:, 12:] == 255).all()
    assert np.array_equal(plain, pixels(image.convert("RGB")))
    assert (plain[:, 12:] != 255).any()


@pytest.mark.parametrize("transparent", [0, bytes([0, 128, 255])])
def test_palette_with_transparency(tmp_path, transparent):
    image = Image.new("P", (3, 1))
    image.putpalette([200, 0, 0, 0, 200, 0, 0, 0, 200])
    image.putdata([0, 1, 2])
    path = saved(tmp_path / "palette.png", image, transparency=transparent)
    plain = pixels(open_image(path, orient=False))[0].tolist()
    assert plain == [[200, 0, 0], [0, 200, 0], [0, 0, 200]]
    seen = pixels(open_image(path))[0].tolist()
    assert seen[0] == [255, 255, 255]
    assert seen[1] == ([0, 200, 0] if transparent == 0 else [127, 227, 127])
    assert seen[2] == [0, 0, 200]


def test_a_transparent_colour_without_alpha(tmp_path):
    image = Image.new("RGB", (2, 1), (9, 8, 7))
    image.putpixel((1, 0), (1, 2, 3))
    path = saved(tmp_path / "key.png", image, transparency=(9, 8, 7))
    assert pixels(open_image(path))[0].tolist() == [[255, 255, 255], [1, 2, 3]]
    assert pixels(open_image(path, orient=False))[0].tolist() == [[9, 8, 7], [1, 2, 3]]


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bit_grey_is_scaled_not_clipped(tmp_path, suffix):
    values = np.array([[0, 257, 300, 32768, 65535]], np.uint16)
    path = saved(tmp_path / f"deep.{suffix}", Image.fromarray(values))
    assert pixels(open_image(path))[0, :, 0].tolist() == [0, 1, 1, 128, 255]


def test_sixteen_bit_grey_of_a_pgm(tmp_path):
    path = tmp_path / "deep.pgm"
    path.write_bytes(b"P5 3 1 65535\n" + np.array([0, 32768, 65535], ">u2").tobytes())
    assert pixels(open_image(path))[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize(
    "values",
    [
        np.array([[-1.0, 0.0, 1.0]], np.float32),
        np.array([[-70000, 0, 70000]], np.int32),
        np.array([[np.nan, 0.0, 5.0]], np.float32),
        np.array([[3.0, 3.0, 3.0]], np.float32),
    ],
)
def test_numbers_without_a_range_are_stretched(tmp_path, values):
    path = saved(tmp_path / "measured.tif", Image.fromarray(values))
    grey = pixels(open_image(path))[0, :, 0].tolist()
    assert grey in ([0, 128, 255], [0, 0, 255], [0, 0, 0])
    assert grey[2] == (255 if np.ptp(np.nan_to_num(values)) else 0)


def test_cmyk(tmp_path):
    path = saved(tmp_path / "print.jpg", photo().convert("CMYK"), quality=95)
    with Image.open(path) as stored:
        assert stored.mode == "CMYK"
        expected = pixels(stored.convert("RGB"))
    assert np.array_equal(pixels(open_image(path)), expected)
    assert np.abs(expected - pixels(photo())).mean() < 12


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_animations_give_their_first_frame(tmp_path, suffix):
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("red", "green", "blue")]
    path = tmp_path / f"moving.{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    red, green, blue = pixels(open_image(path)).reshape(-1, 3).mean(axis=0)
    assert red > 240 and green < 15 and blue < 15


def test_a_large_photo_opens_without_a_warning(tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(png_header(12_000, 9_000))
    assert image_size(path) == (12_000, 9_000)


def half(suffix):
    stored = io.BytesIO()
    photo(400, 300).save(stored, suffix)
    return stored.getvalue()[: len(stored.getvalue()) // 2]


BAD_FILES = {
    "empty.png": (b"", "empty"),
    "letter.png": (b"Dear model, this is no picture.", "not a picture"),
    "script.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
    "half.png": (half("png"), "damaged"),
    "half.jpg": (half("jpeg"), "damaged"),
    "half.webp": (half("webp"), "damaged"),
    "half.avif": (half("avif"), "damaged"),
    "start.png": (half("png")[:20], "damaged"),
    "start.jpg": (half("jpeg")[:20], "damaged"),
    "bomb.png": (png_header(30_000, 30_000), "30,000 x 30,000"),
}


@pytest.mark.parametrize("name", BAD_FILES)
@pytest.mark.parametrize("orient", [True, False])
def test_bad_files_are_named_with_advice(tmp_path, name, orient):
    content, words = BAD_FILES[name]
    path = tmp_path / "5f3a"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=words) as caught:
        open_image(path, name=name, orient=orient)
    assert str(caught.value).startswith(f'"{name}"')
    assert str(caught.value).endswith(".")
    assert "5f3a" not in str(caught.value) and str(tmp_path) not in str(caught.value)


def test_folders_and_missing_files_are_named(tmp_path):
    with pytest.raises(MediaError, match="is a folder"):
        open_image(tmp_path, name="holiday")
    with pytest.raises(MediaError, match='"gone.png" is not there'):
        open_image(tmp_path / "gone.png")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the administrator may read all"
)
def test_unreadable_files_are_named(tmp_path):
    path = saved(tmp_path / "secret.png", photo())
    path.chmod(0)
    with pytest.raises(MediaError, match="may not be read"):
        open_image(path)
