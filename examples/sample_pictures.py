"""Small pictures for the examples, drawn here so that each example runs without a file."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

INK, PAPER, GREY = (20, 20, 20), (255, 255, 255), (205, 208, 212)


def street() -> Image.Image:
    """A house, a tree and the sun."""
    sheet = Image.new("RGB", (640, 448), (170, 212, 240))
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((0, 330, 640, 448), fill=(110, 165, 90))
    draw.rectangle((90, 200, 300, 360), fill=(214, 120, 80))
    draw.polygon([(70, 200), (195, 110), (320, 200)], fill=(120, 50, 40))
    draw.rectangle((170, 270, 225, 360), fill=(70, 45, 30))
    draw.rectangle((460, 230, 490, 370), fill=(100, 70, 40))
    draw.ellipse((400, 110, 550, 270), fill=(50, 120, 60))
    draw.ellipse((540, 30, 600, 90), fill=(250, 220, 90))
    return sheet


def table() -> Image.Image:
    """A ruled table in which one heading stands over two columns."""
    sheet, draw, font = _sheet(640, 300, 22)
    rows = [("Item", "Price", ""), ("", "net", "gross"), ("Paper", "4.00", "4.76")]
    rows += [("Ink", "12.50", "14.88"), ("Total", "16.50", "19.64")]
    for row_index, row in enumerate(rows):
        top = 30 + 48 * row_index
        draw.line((30, top, 610, top), fill=INK, width=2)
        for column_index, text in enumerate(row):
            draw.text((50 + 200 * column_index, top + 10), text, fill=INK, font=font)
    draw.line((30, 270, 610, 270), fill=INK, width=2)
    for x, top in ((30, 30), (230, 30), (430, 78), (610, 30)):
        draw.line((x, top, x, 270), fill=INK, width=2)
    return sheet


def receipt() -> Image.Image:
    """A receipt with a shop, a date and a sum."""
    sheet, draw, font = _sheet(420, 360, 22)
    lines = [("CORNER BOOKS", ""), ("12 Mill Lane", ""), ("", ""), ("Date:", "2026-03-14")]
    lines += [("Receipt no.", "00417"), ("", ""), ("Atlas", "18.00"), ("Two pencils", "2.40")]
    lines += [("TOTAL EUR", "20.40")]
    for index, (name, value) in enumerate(lines):
        draw.text((50, 30 + 34 * index), name, fill=INK, font=font)
        draw.text((370, 30 + 34 * index), value, fill=INK, font=font, anchor="ra")
    return sheet


def dialog() -> Image.Image:
    """A window that asks whether to keep changes, with three buttons."""
    sheet, draw, font = _sheet(800, 500, 22)
    draw.rectangle((0, 0, 800, 500), fill=(60, 90, 130))
    draw.rectangle((150, 120, 650, 380), fill=(240, 240, 240), outline=INK)
    draw.text((180, 150), "Keep the changes to report.txt?", fill=INK, font=font)
    for index, name in enumerate(("Discard", "Cancel", "Save")):
        left = 180 + 155 * index
        draw.rectangle((left, 310, left + 135, 355), fill=GREY, outline=INK)
        draw.text((left + 25, 320), name, fill=INK, font=font)
    return sheet


def ring(*, has_crack: bool) -> Image.Image:
    """A metal ring as a camera over a belt sees it."""
    sheet = Image.new("RGB", (448, 448), (70, 74, 78))
    draw = ImageDraw.Draw(sheet)
    draw.ellipse((84, 84, 364, 364), fill=(176, 180, 186))
    draw.ellipse((164, 164, 284, 284), fill=(70, 74, 78))
    if has_crack:
        draw.line([(300, 130), (310, 160), (296, 178), (304, 200)], fill=(40, 40, 44), width=5)
    return sheet


def blocks(side: int) -> Image.Image:
    """Three blocks on a table, seen from one of four sides (0 to 3, turning to the right)."""
    places = {"red": (-1.0, -0.5), "green": (0.2, 0.8), "blue": (1.0, -0.4)}
    colors = {"red": (205, 60, 50), "green": (60, 150, 70), "blue": (60, 90, 200)}
    angle = side * np.pi / 2
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    seen = {name: turn @ np.array(place) for name, place in places.items()}
    sheet = Image.new("RGB", (448, 448), (236, 232, 224))
    draw = ImageDraw.Draw(sheet)
    draw.polygon([(40, 420), (408, 420), (340, 200), (108, 200)], fill=(190, 170, 140))
    for name in sorted(seen, key=lambda each: -seen[each][1]):  # what is far off first
        across, depth = seen[name]
        size = 70 / (1 + 0.25 * depth)
        x, y = 224 + 110 * across / (1 + 0.15 * depth), 330 - 70 * depth
        draw.rectangle((x - size / 2, y - size, x + size / 2, y), fill=colors[name], outline=INK)
    return sheet


def ball_frames(num_frames: int = 8) -> list[Image.Image]:
    """Frames of a video in which a red ball rolls from left to right and stops at a wall."""
    frames = []
    for index in range(num_frames):
        sheet = Image.new("RGB", (448, 252), (225, 232, 240))
        draw = ImageDraw.Draw(sheet)
        draw.rectangle((0, 200, 448, 252), fill=(150, 150, 150))
        draw.rectangle((380, 100, 400, 200), fill=(120, 70, 50))
        x = min(40 + 340 * index / max(num_frames - 1, 1), 350)
        draw.ellipse((x - 30, 140, x + 30, 200), fill=(210, 40, 40))
        frames.append(sheet)
    return frames


def _sheet(
    width: int, height: int, font_px: int
) -> tuple[Image.Image, ImageDraw.ImageDraw, ImageFont.FreeTypeFont | ImageFont.ImageFont]:
    sheet = Image.new("RGB", (width, height), PAPER)
    return sheet, ImageDraw.Draw(sheet), ImageFont.load_default(size=font_px)
