"""A line over numbers, drawn with Pillow, for pictures in the documentation."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIZE_PX = (960, 420)
LEFT, TOP, RIGHT, BOTTOM = 90, 30, 930, 350
INK, GRID, LINE = (40, 40, 40), (225, 225, 225), (30, 100, 180)


def draw_lines(path: Path, points: list[tuple[int, float]], x_title: str, y_title: str) -> None:
    """Writes a PNG of y over x; the y axis begins at 0, so that flat looks flat."""
    picture = Image.new("RGB", SIZE_PX, "white")
    canvas = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=16)
    x_end, y_end = max(x for x, _ in points), _round_up(max(y for _, y in points))
    for step in range(5):
        y = BOTTOM - (BOTTOM - TOP) * step / 4
        x = LEFT + (RIGHT - LEFT) * step / 4
        canvas.line([(LEFT, y), (RIGHT, y)], fill=GRID)
        canvas.text((LEFT - 10, y), f"{y_end * step / 4:.0f}", fill=INK, font=font, anchor="rm")
        canvas.text((x, BOTTOM + 8), f"{x_end * step / 4:.0f}", fill=INK, font=font, anchor="mt")
    line = [
        (LEFT + (RIGHT - LEFT) * x / x_end, BOTTOM - (BOTTOM - TOP) * y / y_end) for x, y in points
    ]
    canvas.line(line, fill=LINE, width=3, joint="curve")
    canvas.text((LEFT, 4), y_title, fill=INK, font=font)
    canvas.text((RIGHT, BOTTOM + 34), x_title, fill=INK, font=font, anchor="rt")
    picture.save(path, optimize=True)


def _round_up(value: float) -> float:
    """The next number with one digit and zeros, or a half of it."""
    size = 10 ** (len(str(int(value))) - 1)
    return next(step * size / 2 for step in range(2, 21) if step * size / 2 >= value)
