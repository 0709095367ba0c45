"""Pages drawn for measuring: dense Latin text, every page different, the same on every machine."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pypdfium2
from PIL import Image, ImageDraw, ImageFont

PAGE_SIZE_PX = (1240, 1754)  # A4 at 150 dpi
PAGE_SIZE_PT = (595, 842)
_WORDS = (
    "page",
    "line",
    "word",
    "reader",
    "column",
    "margin",
    "after",
    "another",
    "of",
    "the",
    "text",
)


def draw_page(seed: int, num_lines: int = 45) -> Image.Image:
    """A grey-scale page of `num_lines` lines of about 65 characters."""
    chooser = random.Random(seed)
    page = Image.new("L", PAGE_SIZE_PX, 250)
    canvas = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=26)
    for index in range(num_lines):
        words = " ".join(chooser.choices(_WORDS, k=12))
        canvas.text((90, 80 + index * 35), f"{seed}.{index + 1} {words}", fill=30, font=font)
    return page


def write_pdf(path: Path, num_pages: int, pictures: list[Path]) -> None:
    """A PDF of scanned pages: `pictures` in turn, or drawn ones when there are none."""
    pdf = pypdfium2.PdfDocument.new()
    for index in range(num_pages):
        picture = pictures[index % len(pictures)] if pictures else None
        page = pdf.new_page(*PAGE_SIZE_PT)
        image = pypdfium2.PdfImage.new(pdf)
        image.load_jpeg(_jpeg(Image.open(picture) if picture else draw_page(index)), inline=True)
        image.set_matrix(pypdfium2.PdfMatrix().scale(*PAGE_SIZE_PT))
        page.insert_obj(image)
        page.gen_content()
        page.close()
    pdf.save(path)
    pdf.close()


def _jpeg(picture: Image.Image) -> io.BytesIO:
    encoded = io.BytesIO()
    picture.convert("RGB").save(encoded, "JPEG", quality=75)
    encoded.seek(0)
    return encoded
