"""Which kind of file this is, told from its first bytes; names and headers are not believed."""

from __future__ import annotations

from shuowen.errors import InputError

EXTENSIONS = frozenset(
    (".pdf", ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".gif")
    + (".tif", ".tiff", ".heic", ".heif", ".hif", ".avif")
)
"""Endings of file names, in lower case, that are taken from a folder."""

NUM_HEAD_BYTES = 1024
"""How many first bytes `sniff` looks at; PDF readers look for `%PDF-` that far
(PDF Reference 1.7, appendix H, implementation note 13)."""

READABLE = "PDF, PNG, JPEG, WebP, BMP, GIF, TIFF, HEIC or AVIF"
"""The kinds of file that can be read, for messages."""

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0\x08\0\0\0", "image/tiff"),  # BigTIFF
    (b"MM\0+\0\x08\0\0", "image/tiff"),
)
# Sizes of the header that follows a bitmap's 14 bytes; "BM" alone also begins ordinary text.
_BMP_HEADER_SIZES = frozenset((12, 16, 40, 52, 56, 64, 108, 124))
# Brands of ISO/IEC 23008-12 (HEIF, annex B) and of the AV1 Image File Format, section 6.
_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), "image/avif"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis"), "image/heic"),
    **dict.fromkeys((b"hevc", b"hevx", b"hevm", b"hevs"), "image/heic"),
    **dict.fromkeys((b"mif1", b"mif2", b"msf1"), "image/heif"),
}
# What people hand in by mistake, to say it by name.
_FOREIGN = (
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"%!PS", "PostScript"),
    (b"{\\rtf", "an RTF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"AT&TFORM", "DjVu"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"<svg", "an SVG drawing"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "XML"),
)


def sniff(head: bytes, name: str = "The input") -> str:
    """Tell the media type, such as "application/pdf" or "image/png".

    Args:
        head: The first `NUM_HEAD_BYTES` bytes, or all of a shorter file.
        name: What to call the file in the error.

    Raises:
        InputError: The bytes begin none of the kinds that can be read.
    """
    media_type = _picture(head) or _pdf(head)
    if media_type is None:
        raise InputError(f"{name} {_describe(head)}.", f"Hand in {READABLE}.")
    return media_type


def _picture(head: bytes) -> str | None:
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return "image/bmp"
    return _iso_base_media(head) if head[4:8] == b"ftyp" else None


def _iso_base_media(head: bytes) -> str | None:
    """The most telling brand wins: files of all kinds also carry the general "mif1"."""
    end = int.from_bytes(head[:4], "big")
    box = head[8 : min(end, len(head))]
    brands = {_BRANDS.get(box[at : at + 4]) for at in (0, *range(8, len(box), 4))}
    order = ("image/avif", "image/heic", "image/heif")
    return next((media_type for media_type in order if media_type in brands), None)


def _pdf(head: bytes) -> str | None:
    return "application/pdf" if b"%PDF-" in head[:NUM_HEAD_BYTES] else None


def _describe(head: bytes) -> str:
    if not head:
        return "is empty"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for magic, kind in _FOREIGN:
        if head.startswith(magic) or start.startswith(magic):
            return f"is {kind}, which cannot be read"
    return "is not a picture or a PDF"
