import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shuowen.errors import InputError
from shuowen.image.formats import EXTENSIONS, NUM_HEAD_BYTES, sniff


def encoded(image_format: str, **options: object) -> bytes:
    picture = Image.fromarray(np.full((8, 8, 3), 200, np.uint8))
    stream = io.BytesIO()
    picture.save(stream, image_format, **options)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("image_format", "media_type", "options"),
    [
        ("PNG", "image/png", {}),
        ("JPEG", "image/jpeg", {}),
        ("WEBP", "image/webp", {}),
        ("WEBP", "image/webp", {"lossless": True}),
        ("BMP", "image/bmp", {}),
        ("GIF", "image/gif", {}),
        ("TIFF", "image/tiff", {}),
        ("TIFF", "image/tiff", {"big_tiff": True}),
        ("PDF", "application/pdf", {}),
    ],
)
def test_real_files(image_format: str, media_type: str, options: dict[str, bool]) -> None:
    assert sniff(encoded(image_format, **options)[:NUM_HEAD_BYTES]) == media_type


def box(*brands: bytes) -> bytes:
    body = brands[0] + b"\0\0\0\0" + b"".join(brands[1:])
    return struct.pack(">I", 8 + len(body)) + b"ftyp" + body + b"\0\0\0\x08free"


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (box(b"heic", b"mif1", b"heic"), "image/heic"),
        (box(b"mif1", b"mif1", b"heic"), "image/heic"),
        (box(b"hevc", b"msf1"), "image/heic"),
        (box(b"avif", b"mif1", b"miaf"), "image/avif"),
        (box(b"mif1", b"miaf", b"avif"), "image/avif"),
        (box(b"mif1"), "image/heif"),
        (b"MM\0*\0\0\0\x08", "image/tiff"),
        (b"MM\0+\0\x08\0\0", "image/tiff"),
        (b"GIF87a", "image/gif"),
        (b"\xef\xbb\xbfjunk\n%PDF-1.4", "application/pdf"),
        (b"x" * 1019 + b"%PDF-", "application/pdf"),
    ],
)
def test_unusual_heads(head: bytes, media_type: str) -> None:
    assert sniff(head) == media_type


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04....word/", "a ZIP archive or an Office document"),
        (b"  \n<!DOCTYPE html>", "a web page"),
        (b"\xef\xbb\xbf<HTML>", "a web page"),
        (b"BM is how this letter begins, dear reader", "not a picture or a PDF"),
        (b"RIFF\0\0\0\0WAVEfmt ", "not a picture or a PDF"),
        (box(b"isom", b"mp42"), "not a picture or a PDF"),
        (b"x" * 1020 + b"%PDF-", "not a picture or a PDF"),
        (b"\0" * 1024, "not a picture or a PDF"),
        (b"\x89PNG", "not a picture or a PDF"),
    ],
)
def test_other_files_are_refused_by_what_they_are(head: bytes, says: str) -> None:
    with pytest.raises(InputError, match=f"letter.doc .*{says}") as caught:
        sniff(head, "letter.doc")
    assert "PDF" in caught.value.hint


@given(st.binary(max_size=64))
def test_any_bytes_are_told_or_refused(head: bytes) -> None:
    try:
        assert "/" in sniff(head)
    except InputError as error:
        assert error.hint


def test_extensions_are_as_path_suffix_lower_gives_them() -> None:
    assert all(ending.startswith(".") and ending == ending.lower() for ending in EXTENSIONS)
