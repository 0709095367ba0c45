"""Draws `scan-zh.pdf`: a Chinese notice with a table and an English note, printed and scanned.

The text is our own. Needs a font with Chinese characters, for example Noto Serif CJK (OFL-1.1):

    python samples/make_scan_zh.py /usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

PAGE = (1654, 2339)  # A4 at 200 dpi
MARGIN = 190
INK = (38, 36, 44)

TITLE = "社区图书室旧书整理情况说明"
PARAGRAPHS = (
    "　　本社区图书室现有藏书一万二千余册，其中三成为二十世纪八十年代以前出版的旧书。"
    "由于长期受潮，部分书页发黄、粘连，字迹模糊。二〇二五年三月至九月，志愿者分三批对旧书"
    "进行了清点、除尘、修补和扫描，现将有关情况说明如下。",
    "　　一、清点。按年代和类别逐册登记，共登记旧书 3,846 册，其中可以直接上架的 2,917 册，"
    "需要修补的 802 册，无法修复的 127 册。",
    "　　二、扫描。对借阅较多而又破损严重的 215 册书做了扫描，共得图像 61,480 页，"
    "分辨率为 300 dpi，存放在图书室的电脑中，读者可在室内查阅。",
)
NOTE = (
    "Note for visitors: scanned books may be read on the computers in the reading room from "
    "9:00 to 17:30, Tuesday to Sunday. Copies of single pages cost 0.50 yuan each."
)
HEADING = "各类旧书整理数量"
TABLE = (
    ("类别", "登记（册）", "修补（册）", "扫描（页）", "费用（元）"),
    ("文学", "1,520", "316", "28,740", "4,312.50"),
    ("历史", "874", "207", "15,905", "2,690.00"),
    ("科学技术", "963", "185", "11,260", "1,874.80"),
    ("少年儿童", "489", "94", "5,575", "1,020.00"),
    ("合计", "3,846", "802", "61,480", "9,897.30"),
)
SIGNATURE = ("青石巷社区图书室", "二〇二五年十月十二日")
FOOTER = "— 1 —"


def draw(font_path: str) -> Image.Image:
    """The clean page."""
    page = Image.new("RGB", PAGE, "white")
    pen = ImageDraw.Draw(page)
    body = ImageFont.truetype(font_path, 33)
    title = ImageFont.truetype(font_path, 52)
    pen.text((PAGE[0] / 2, 230), TITLE, INK, title, anchor="mt")
    top = 360.0
    for paragraph in PARAGRAPHS:
        top = draw_paragraph(pen, paragraph, body, top) + 14
    top = draw_paragraph(pen, NOTE, body, top + 10) + 40
    pen.text((PAGE[0] / 2, top), HEADING, INK, body, anchor="mt")
    top = draw_table(pen, body, top + 62)
    for number, text in enumerate(SIGNATURE):
        pen.text((PAGE[0] - MARGIN, top + 80 + 58 * number), text, INK, body, anchor="rt")
    pen.text((PAGE[0] / 2, PAGE[1] - 150), FOOTER, INK, body, anchor="mt")
    return page


def draw_paragraph(
    pen: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, top: float
) -> float:
    """Sets `text` between the margins; gives the y below it."""
    line = ""
    for piece in pieces(text):
        if pen.textlength(line + piece, font) > PAGE[0] - 2 * MARGIN and piece not in "，。、；：":
            pen.text((MARGIN, top), line, INK, font)
            line, top = piece.lstrip(), top + 56
        else:
            line += piece
    pen.text((MARGIN, top), line, INK, font)
    return top + 56


def pieces(text: str) -> list[str]:
    """Where a line may break: between Chinese characters, between words elsewhere."""
    found: list[str] = []
    for character in text:
        joins = character.isascii() and found and found[-1][-1].isascii() and character != " "
        if joins and found[-1][-1] != " ":
            found[-1] += character
        else:
            found.append(character)
    return found


def draw_table(pen: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont, top: float) -> float:
    """A ruled table between the margins; gives the y below it."""
    width = (PAGE[0] - 2 * MARGIN) / len(TABLE[0])
    height = 66
    for row, cells in enumerate(TABLE):
        for column, text in enumerate(cells):
            left, y = MARGIN + column * width, top + row * height
            pen.rectangle((left, y, left + width, y + height), outline=INK, width=2)
            pen.text((left + width / 2, y + height / 2), text, INK, font, anchor="mm")
    return top + height * len(TABLE)


def scan(page: Image.Image, seed: int = 7) -> Image.Image:
    """The page as an old scanner sees it: askew, uneven light, soft, noisy."""
    random = np.random.default_rng(seed)
    pixels = np.asarray(page, np.float32)
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 0.9, 1.0)
    pixels = cv2.warpAffine(pixels, turn, (width, height), borderValue=(255, 255, 255))
    shade = 1 - 0.16 * np.linspace(0, 1, width) ** 3 - 0.05 * np.linspace(1, 0, height)[:, None]
    paper = np.array([244, 238, 224], np.float32) / 255
    pixels = cv2.GaussianBlur(pixels, (0, 0), 1.1) * shade[..., None] * paper
    pixels += random.normal(0, 7, pixels.shape).astype(np.float32)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


if __name__ == "__main__":
    target = Path(__file__).with_name("scan-zh.pdf")
    scan(draw(sys.argv[1])).save(target, "PDF", resolution=200, quality=62)
    print(target, target.stat().st_size)
