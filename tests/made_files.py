"""Real files of all sorts, good and bad, made when a test needs them."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

# PDF 1.7, 7.6.3.3, algorithm 2: what a password is filled up with to 32 bytes.
_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
_FILE_ID = b"0123456789abcdef"
_ALL_ALLOWED = -4


def picture(text: str, size: tuple[int, int] = (640, 120)) -> Image.Image:
    """One line of black text on white."""
    drawn = Image.new("RGB", size, "white")
    font = ImageFont.load_default(size=48)
    ImageDraw.Draw(drawn).text((40, 30), text, fill="black", font=font)
    return drawn


def png(text: str, size: tuple[int, int] = (640, 120)) -> bytes:
    """A PNG with one line of text."""
    return _encoded(picture(text, size), "PNG")


def scanned_pdf(*texts: str) -> bytes:
    """A PDF without text layer: one picture, with one line of text, for each page."""
    pages = [picture(text) for text in texts]
    return _encoded(pages[0], "PDF", save_all=True, append_images=pages[1:], resolution=100)


def pdf_with_text(*texts: str | None) -> bytes:
    """A born-digital PDF, one line of text for each page; None is a page that does not exist."""
    kids = " ".join(f"{4 + 2 * index} 0 R" for index in range(len(texts)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(texts)}>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for index, text in enumerate(texts):
        page = (
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 100]/Contents {5 + 2 * index} 0 R"
            "/Resources<</Font<</F 3 0 R>>>>>>"
        )
        objects.append(b"null" if text is None else page.encode())
        objects.append(_stream(f"BT /F 24 Tf 20 40 Td ({text}) Tj ET".encode()))
    return _pdf(objects, "/Root 1 0 R")


def pdf_without_pages() -> bytes:
    """A PDF that is sound but has no page."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>"]
    return _pdf(objects, "/Root 1 0 R")


def encrypted_pdf(text: str, password: str) -> bytes:
    """A PDF that only `password` opens (standard security handler, revision 2, RC4 40 bit)."""
    padded = (password.encode() + _PADDING)[:32]
    owner = _rc4(hashlib.md5(padded).digest()[:5], padded)
    seed = padded + owner + struct.pack("<i", _ALL_ALLOWED) + _FILE_ID
    key = hashlib.md5(seed).digest()[:5]
    user = _rc4(key, _PADDING)
    content = f"BT /F 24 Tf 20 40 Td ({text}) Tj ET".encode()
    object_key = hashlib.md5(key + struct.pack("<I", 5)[:3] + b"\0\0").digest()[:10]
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[4 0 R]/Count 1>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 100]/Contents 5 0 R"
        b"/Resources<</Font<</F 3 0 R>>>>>>",
        _stream(_rc4(object_key, content)),
        b"<</Filter/Standard/V 1/R 2/P %d/O<%s>/U<%s>>>"
        % (_ALL_ALLOWED, owner.hex().encode(), user.hex().encode()),
    ]
    file_id = _FILE_ID.hex()
    return _pdf(objects, f"/Root 1 0 R/Encrypt 6 0 R/ID[<{file_id}><{file_id}>]")


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG of a few bytes that says it holds billions of pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + pixels


def _encoded(drawn: Image.Image, image_format: str, **options: object) -> bytes:
    stream = io.BytesIO()
    drawn.save(stream, image_format, **options)
    return stream.getvalue()


def _stream(content: bytes) -> bytes:
    return b"<</Length %d>>stream\n%s\nendstream" % (len(content), content)


def _pdf(objects: Sequence[bytes], trailer: str) -> bytes:
    """Objects numbered from 1, with their table of places."""
    data, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return (
        data
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
        + f"trailer<</Size {size}{trailer}>>\nstartxref\n{len(data)}\n%%EOF\n".encode()
    )


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
