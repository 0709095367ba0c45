import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shuowen.config import Limits
from shuowen.image.formats import sniff
from shuowen.image.frames import open_frames
from shuowen.image.rgb import to_rgb
from shuowen.source.model import Source

GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
WHITE, RED = [255] * 3, [255, 0, 0]


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, row: bytes, bits: int, colour: int, extra: bytes = b"") -> bytes:
    """One row of a PNG, also of the kinds that Pillow cannot write."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, 1, bits, colour, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0" + row)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + extra + pixels


def encoded(picture: Image.Image, image_format: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, image_format, **options)
    return stream.getvalue()


def first_row(data: bytes) -> list[list[int]]:
    source = Source(name="picture", data=data)
    with open_frames(source, sniff(source.head()), Limits()) as frames:
        pixels = frames.load(0)
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    row: list[list[int]] = pixels[0].tolist()
    return row


def grey(*values: int) -> list[list[int]]:
    return [[value] * 3 for value in values]


SIXTEEN_BIT = np.array([[0, 1000, 32768, 65535]], np.uint16)
BIG_ENDIAN = SIXTEEN_BIT.astype(">u2").tobytes()


@pytest.mark.parametrize(
    "data",
    [
        encoded(Image.fromarray(SIXTEEN_BIT), "PNG"),
        encoded(Image.fromarray(SIXTEEN_BIT), "TIFF"),
        encoded(Image.fromarray(SIXTEEN_BIT), "TIFF", compression="tiff_lzw"),
        encoded(Image.frombytes("I;16B", (4, 1), BIG_ENDIAN), "TIFF"),
        encoded(Image.fromarray(SIXTEEN_BIT.astype(np.int32)), "TIFF"),
        encoded(Image.fromarray(SIXTEEN_BIT.astype(np.float32)), "TIFF"),
        encoded(Image.fromarray(SIXTEEN_BIT.astype(np.float32) / 65535), "TIFF"),
        png(4, BIG_ENDIAN, 16, GREY),
    ],
    ids=["png", "tiff", "lzw", "big endian", "int", "float", "fractions", "plain png"],
)
def test_deep_grey_is_scaled_and_not_cut_off(data: bytes) -> None:
    assert first_row(data) == grey(0, 4, 128, 255)


def test_deep_grey_that_counts_from_white() -> None:
    data = encoded(Image.fromarray(SIXTEEN_BIT), "TIFF", tiffinfo={262: 0})
    assert first_row(data) == grey(255, 251, 127, 0)


def test_numbers_without_a_customary_full_scale_are_stretched() -> None:
    signed = Image.fromarray(np.array([[-100, 0, 100]], np.int32))
    assert first_row(encoded(signed, "TIFF")) == grey(0, 128, 255)
    wild = Image.fromarray(np.array([[0, np.nan, 50, 100, np.inf]], np.float32))
    assert first_row(encoded(wild, "TIFF")) == grey(0, 0, 50, 100, 0)
    flat = Image.fromarray(np.full((1, 2), -7, np.int32))
    assert first_row(encoded(flat, "TIFF")) == grey(0, 0)


def test_twelve_bit_scans() -> None:
    packed = bytes([0x00, 0xFF, 0xFF])  # 0x00F and 0xFFF
    tags = [(256, 2), (257, 1), (258, 12), (259, 1), (262, 1), (273, 8 + 2 + 8 * 12 + 4)]
    tags += [(278, 1), (279, 3)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + b"\0\0\0\0" + packed
    assert first_row(data) == grey(1, 255)


TRANSPARENT = {
    "rgba": encoded(Image.new("RGBA", (2, 1), (0, 0, 0, 0)), "PNG"),
    "rgba webp": encoded(Image.new("RGBA", (2, 1), (0, 0, 0, 0)), "WEBP", lossless=True),
    "rgba tiff": encoded(Image.new("RGBA", (2, 1), (0, 0, 0, 0)), "TIFF"),
    "grey and alpha": encoded(Image.new("LA", (2, 1), (0, 0)), "PNG"),
    "16-bit rgba": png(1, struct.pack(">4H", 0, 0, 0, 0), 16, RGB_ALPHA),
    "16-bit grey and alpha": png(1, struct.pack(">2H", 0, 0), 16, GREY_ALPHA),
    "palette": png(1, b"\0", 8, PALETTE, chunk(b"PLTE", bytes(6)) + chunk(b"tRNS", b"\0")),
    "grey key": png(1, b"\x07", 8, GREY, chunk(b"tRNS", b"\0\x07")),
    "16-bit grey key": png(1, b"\x01\x07", 16, GREY, chunk(b"tRNS", b"\x01\x07")),
    "1-bit key": png(1, b"\0", 1, GREY, chunk(b"tRNS", b"\0\0")),
    "rgb key": png(1, b"\1\2\3", 8, RGB, chunk(b"tRNS", b"\0\1\0\2\0\3")),
    "gif": encoded(Image.new("P", (2, 1), 3), "GIF", transparency=3),
}


@pytest.mark.parametrize("data", TRANSPARENT.values(), ids=TRANSPARENT.keys())
def test_what_is_transparent_is_white_paper(data: bytes) -> None:
    assert first_row(data)[0] == WHITE


def test_black_ink_on_a_transparent_page_stays_black() -> None:
    ink = Image.new("RGBA", (3, 1))
    ink.putdata([(0, 0, 0, 255), (0, 0, 0, 128), (0, 0, 0, 0)])
    assert first_row(encoded(ink, "PNG")) == grey(0, 127, 255)
    key = png(2, b"\x07\x09", 8, GREY, chunk(b"tRNS", b"\0\x07"))
    assert first_row(key) == grey(255, 9)


@pytest.mark.parametrize(
    ("data", "tolerance"),
    [
        (encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "TIFF"), 0),
        (encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=100), 2),
        (
            encoded(
                Image.new("RGB", (8, 8), "red").convert("YCbCr"), "TIFF", compression="tiff_lzw"
            ),
            2,
        ),
        (encoded(Image.new("RGB", (8, 8), "red").convert("P"), "PNG"), 0),
        (encoded(Image.new("RGB", (8, 8), "red").convert("P"), "GIF"), 0),
        (encoded(Image.new("RGB", (8, 8), "red").convert("P"), "BMP"), 0),
        (
            encoded(
                Image.merge("LAB", [Image.new("L", (8, 8), c) for c in (139, 209, 198)]), "TIFF"
            ),
            9,
        ),
        (png(1, struct.pack(">3H", 65535, 100, 0), 16, RGB), 0),
    ],
    ids=["cmyk", "adobe cmyk", "ycbcr", "palette", "gif", "bmp", "lab", "16-bit rgb"],
)
def test_red_is_red_in_every_colour_space(data: bytes, tolerance: int) -> None:
    assert np.abs(np.array(first_row(data)[0]) - RED).max() <= tolerance


def test_one_bit() -> None:
    bits = Image.fromarray(np.array([[True, False]]))
    for data in (
        encoded(bits, "PNG"),
        encoded(bits, "TIFF", compression="group4"),
        encoded(bits, "TIFF", tiffinfo={262: 0}),
        encoded(bits, "BMP"),
    ):
        assert first_row(data) == grey(255, 0)


@given(st.integers(0, 65535))
def test_sixteen_bits_become_the_nearest_of_eight(value: int) -> None:
    picture = Image.fromarray(np.array([[value]], np.uint16))
    assert abs(int(to_rgb(picture)[0, 0, 0]) - value * 255 / 65535) <= 0.5


@pytest.mark.parametrize("mode", ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX"])
def test_every_mode_of_pillow_becomes_rgb(mode: str) -> None:
    assert to_rgb(Image.new(mode, (3, 2))).shape == (2, 3, 3)


@pytest.mark.parametrize(
    "mode", ["CMYK", "YCbCr", "HSV", "LAB", "I", "F", "I;16", "I;16L", "I;16B"]
)
def test_every_other_mode_of_pillow_becomes_rgb(mode: str) -> None:
    assert to_rgb(Image.new(mode, (3, 2))).shape == (2, 3, 3)
