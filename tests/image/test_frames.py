import io
import struct
import sys
import threading
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import AppendingTiffWriter

from shuowen.config import Limits
from shuowen.errors import CapacityError, InputError, MissingExtraError
from shuowen.image.formats import sniff
from shuowen.image.frames import Frames, open_frames
from shuowen.image.page import Pixels
from shuowen.source.model import Source

ORIENTATION = 274
# Four colours in the corners of a picture that is wider than high: red green / blue black.
CORNERS = np.zeros((16, 32, 3), np.uint8)
CORNERS[:8, :16, 0] = CORNERS[:8, 16:, 1] = CORNERS[8:, :16, 2] = 255
NOISE = np.random.default_rng(7).integers(0, 256, (40, 60, 3), np.uint8)


def encoded(pixels: Pixels, image_format: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, image_format, **options)
    return stream.getvalue()


def heic(pixels: Pixels, **options: Any) -> bytes:
    pillow_heif = pytest.importorskip("pillow_heif")
    stream = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(pixels)).save(stream, quality=95, **options)
    return bytes(stream.getvalue())


def multi_page(*pages: Pixels, **options: Any) -> bytes:
    pictures = [Image.fromarray(page) for page in pages]
    stream = io.BytesIO()
    pictures[0].save(stream, "TIFF", save_all=True, append_images=pictures[1:], **options)
    return stream.getvalue()


def tagged(*pages: tuple[Pixels, dict[int, int]]) -> bytes:
    """A TIFF whose pages have tags of their own."""
    stream = io.BytesIO()
    with AppendingTiffWriter(stream) as writer:
        for pixels, tags in pages:
            Image.fromarray(pixels).save(writer, "TIFF", tiffinfo=tags)
            writer.newFrame()
    return stream.getvalue()


def opened(data: bytes, limits: Limits | None = None, name: str = "scan") -> Frames:
    source = Source(name=name, data=data)
    return open_frames(source, sniff(source.head(), name), limits or Limits())


def load(data: bytes, page_index: int = 0) -> Pixels:
    with opened(data) as frames:
        return frames.load(page_index)


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    return tags


def as_the_camera_saw(upright: Pixels, orientation: int) -> Pixels:
    """What a camera held that way would store for an upright scene (Exif 2.32, tag 274)."""
    return {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: upright.transpose(1, 0, 2)[::-1, ::-1],
        8: np.rot90(upright, -1),
    }[orientation]


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_come_upright(image_format: str, orientation: int) -> None:
    stored = np.ascontiguousarray(as_the_camera_saw(CORNERS, orientation))
    options = {"quality": 100, "subsampling": 0} if image_format == "JPEG" else {}
    data = encoded(stored, image_format, exif=exif(orientation), **options)
    found = load(data).astype(int)
    assert found.shape == CORNERS.shape
    assert np.abs(found[2::12, 4::24] - CORNERS[2::12, 4::24]).max() < 60


def test_every_page_of_a_tiff_has_its_own_turn() -> None:
    turns = (1, 6, 3)
    pages = [(as_the_camera_saw(CORNERS, turn), {ORIENTATION: turn}) for turn in turns]
    with opened(tagged(*pages)) as frames:
        for index in (2, 0, 1, 2):
            assert np.array_equal(frames.load(index), CORNERS)


def test_heic_photos_come_upright() -> None:
    found = load(heic(as_the_camera_saw(CORNERS, 6), exif=exif(6).tobytes())).astype(int)
    assert found.shape == CORNERS.shape
    assert np.abs(found[2::12, 4::24] - CORNERS[2::12, 4::24]).max() < 60


def test_damaged_metadata_do_not_cost_the_picture() -> None:
    for junk in (
        b"Exif\0\0junk",
        b"Exif\0\0II*\0\xff\xff\xff\x7f",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x09",
    ):
        assert load(encoded(NOISE, "JPEG", exif=junk)).shape == NOISE.shape
        assert np.array_equal(load(encoded(NOISE, "PNG", exif=junk[6:])), NOISE)


@pytest.mark.parametrize(
    ("image_format", "options"),
    [
        ("PNG", {}),
        ("PNG", {"interlace": True}),
        ("BMP", {}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_adobe_deflate"}),
        ("TIFF", {"big_tiff": True}),
    ],
)
def test_lossless_files_keep_every_pixel(
    image_format: str, options: dict[str, Any], tmp_path: Path
) -> None:
    data = encoded(NOISE, image_format, **options)
    assert np.array_equal(load(data), NOISE)
    path = tmp_path / "图.bin"
    path.write_bytes(data)
    source = Source(name=str(path), path=path)
    with open_frames(source, sniff(source.head()), Limits()) as frames:
        assert np.array_equal(frames.load(0), NOISE)
        assert np.array_equal(frames.load(0), NOISE)
    path.unlink()  # nothing holds the file open any more


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (2, 3)])
def test_tiny_and_thin_pictures(shape: tuple[int, int]) -> None:
    pixels = np.full((*shape, 3), 77, np.uint8)
    for image_format in ("PNG", "BMP", "TIFF", "GIF"):
        assert load(encoded(pixels, image_format)).shape == pixels.shape


def test_only_tiff_has_pages() -> None:
    first, second = Image.fromarray(NOISE), Image.fromarray(NOISE[::-1])
    for image_format in ("GIF", "WEBP", "PNG", "MPO"):
        stream = io.BytesIO()
        first.save(stream, image_format, save_all=True, append_images=[second])
        with opened(stream.getvalue()) as frames:
            assert frames.num_pages == 1
            assert np.abs(frames.load(0).astype(int) - NOISE).mean() < 60


def test_pages_of_different_size_and_mode_in_any_order() -> None:
    grey = NOISE[:20, :30, 0]
    with opened(multi_page(NOISE, grey, NOISE[:10], compression="tiff_lzw")) as frames:
        assert frames.num_pages == 3
        assert np.array_equal(frames.load(2), NOISE[:10])
        assert np.array_equal(frames.load(1)[:, :, 1], grey)
        assert np.array_equal(frames.load(0), NOISE)


def test_a_page_behind_its_thumbnail_is_the_only_page() -> None:
    with opened(tagged((NOISE[::4, ::4], {254: 1}), (NOISE, {254: 0}))) as frames:
        assert frames.num_pages == 1
        assert np.array_equal(frames.load(0), NOISE)


def test_a_lone_page_that_calls_itself_a_thumbnail_is_read() -> None:
    with opened(tagged((NOISE, {254: 1}))) as frames:
        assert frames.num_pages == 1
        assert np.array_equal(frames.load(0), NOISE)


def test_a_file_without_a_page_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shuowen.image.frames.page_frames", lambda stream: [])
    with pytest.raises(InputError, match="scan is a picture file with no pages"):
        opened(multi_page(NOISE))


def test_threads_share_one_open_file() -> None:
    pages = [np.roll(NOISE, shift, axis=1) for shift in range(6)]
    wrong: list[int] = []
    with opened(multi_page(*pages, compression="tiff_lzw")) as frames:

        def check(start: int) -> None:
            for step in range(12):
                index = (start + step) % 6
                if not np.array_equal(frames.load(index), pages[index]):
                    wrong.append(index)

        threads = [threading.Thread(target=check, args=(start,)) for start in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


def test_a_broken_page_costs_only_itself() -> None:
    pages = [NOISE, NOISE[::-1], NOISE[:, ::-1]]
    data = bytearray(multi_page(*pages, compression="tiff_adobe_deflate"))
    with Image.open(io.BytesIO(data)) as picture:
        picture.seek(1)
        (strip,) = picture.tag_v2[273]  # type: ignore[attr-defined]
    data[strip : strip + 40] = b"\xff" * 40
    with opened(bytes(data), name="fax.tif") as frames:
        assert np.array_equal(frames.load(0), pages[0])
        with pytest.raises(InputError, match=r"Page 2 of fax\.tif is damaged") as caught:
            frames.load(1)
        assert caught.value.hint
        assert np.array_equal(frames.load(2), pages[2])


@pytest.mark.parametrize(
    ("image_format", "options", "whole"),
    [
        ("JPEG", {}, 0),
        ("JPEG", {"progressive": True}, 0),
        ("PNG", {}, 4),  # the checksum of the empty end mark may miss
        ("WEBP", {"lossless": True}, 0),
        ("GIF", {}, 2),  # the end marks may miss
        ("BMP", {}, 0),
        ("TIFF", {}, 0),
        ("TIFF", {"compression": "tiff_lzw"}, 0),
    ],
)
def test_truncated_files_are_refused_wherever_they_are_cut(
    image_format: str, options: dict[str, Any], whole: int
) -> None:
    data = encoded(NOISE, image_format, **options)
    cuts = {*range(1, len(data), len(data) // 40), *range(len(data) - 12, len(data) - whole)}
    for cut in cuts:
        with pytest.raises(InputError):
            load(data[:cut])


def test_truncated_heic_is_refused() -> None:
    data = heic(NOISE)
    for cut in (20, len(data) // 2, len(data) - 1):
        with pytest.raises(InputError):
            load(data[:cut])


def test_a_cut_tiff_gives_its_whole_pages_and_tells_of_the_lost_one() -> None:
    data = multi_page(NOISE, NOISE[::-1], NOISE, compression="tiff_lzw")
    with opened(data[: len(data) - 3000]) as frames:
        assert np.array_equal(frames.load(0), NOISE)
        assert np.array_equal(frames.load(1), NOISE[::-1])
        assert frames.num_pages == 3
        with pytest.raises(InputError, match="Page 3 of scan"):
            frames.load(2)


def test_a_wrong_checksum_is_noticed() -> None:
    data = bytearray(encoded(NOISE, "PNG"))
    at = data.index(b"IDAT") + 4
    length = struct.unpack(">I", data[at - 8 : at - 4])[0]
    data[at + length] ^= 1
    with pytest.raises(InputError, match="scan is damaged"):
        load(bytes(data))


@given(
    st.binary(max_size=60), st.integers(8, 3000), st.sampled_from(["PNG", "TIFF", "GIF", "WEBP"])
)
def test_noise_in_a_file_never_crashes(noise: bytes, at: int, image_format: str) -> None:
    data = bytearray(encoded(NOISE[:20, :20], image_format))
    data[at : at + len(noise)] = noise
    try:
        with opened(bytes(data), Limits(max_pixels=1_000_000)) as frames:
            assert frames.load(0).ndim == 3
    except InputError as error:
        assert error.hint


def huge_headers() -> dict[str, bytes]:
    """Small files that claim to be 60 000 pixels wide and high."""
    side = 60_000
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = b"IHDR" + header
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    png += encoded(NOISE, "PNG")[33:]
    jpeg = bytearray(encoded(NOISE, "JPEG"))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = struct.pack(">HH", side, side)
    bmp = bytearray(encoded(NOISE, "BMP"))
    bmp[18:26] = struct.pack("<ii", side, side)
    gif = bytearray(encoded(NOISE, "GIF"))
    gif[6:10] = struct.pack("<HH", side, side)
    tiff = encoded(NOISE, "TIFF", tiffinfo={})
    entry = struct.pack("<HHI", 256, 4, 1)
    at = tiff.index(entry) + 8
    tiff = tiff[:at] + struct.pack("<I", side) + tiff[at + 4 :]
    at = tiff.index(struct.pack("<HHI", 257, 4, 1)) + 8
    tiff = tiff[:at] + struct.pack("<I", side) + tiff[at + 4 :]
    return {"png": png, "jpeg": bytes(jpeg), "bmp": bytes(bmp), "gif": bytes(gif), "tiff": tiff}


@pytest.mark.parametrize(("kind", "data"), huge_headers().items(), ids=huge_headers().keys())
def test_bombs_are_refused_by_their_header(kind: str, data: bytes) -> None:
    with opened(data, name=f"bomb.{kind}") as frames:
        with pytest.raises(InputError, match=f"bomb.{kind} is 60000 × 60000 px .* limit") as caught:
            frames.load(0)
        assert "--max-pixels" in caught.value.hint


def test_the_limit_is_ours_and_not_that_of_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    pixels = NOISE.shape[0] * NOISE.shape[1]
    for image_format in ("PNG", "TIFF", "WEBP"):
        data = encoded(NOISE, image_format)
        with opened(data, Limits(max_pixels=pixels)) as frames:
            assert frames.load(0).shape == NOISE.shape
        with opened(data, Limits(max_pixels=pixels - 1)) as frames, pytest.raises(InputError):
            frames.load(0)
    assert Image.MAX_IMAGE_PIXELS == 100


def test_too_little_memory_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def starve(picture: Image.Image) -> Pixels:
        raise MemoryError

    monkeypatch.setattr("shuowen.image.frames.to_rgb", starve)
    with opened(encoded(NOISE, "PNG")) as frames, pytest.raises(CapacityError, match="scan"):
        frames.load(0)


def test_heic_without_its_extra_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    data = heic(NOISE)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'shuowen\[heic\]'"):
        opened(data)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    source = Source(name="gone.png", path=tmp_path / "gone.png")
    with pytest.raises(InputError, match=r"gone\.png does not exist"):
        open_frames(source, "image/png", Limits())
