"""Lines as a detector would give them, for pages made up in tests."""

from __future__ import annotations

from collections.abc import Sequence

from shuowen.document.model import Box, Direction, Line

CHINESE = "春眠不觉晓处处闻啼鸟夜来风雨声花落知多少白日依山尽黄河入海流欲穷千里目更上一层楼"


def line(
    text: str,
    left: float,
    top: float,
    right: float,
    bottom: float,
    direction: Direction = "horizontal",
) -> Line:
    """A line with an upright box."""
    quad = ((left, top), (right, top), (right, bottom), (left, bottom))
    return Line(
        text=text,
        confidence=0.9,
        box=Box(left, top, right, bottom),
        quad=quad,
        direction=direction,
    )


def texts_down(
    texts: Sequence[str],
    left: float,
    top: float,
    width: float,
    height: float = 20,
    pitch: float = 30,
) -> list[Line]:
    """Lines of one width under each other."""
    return [
        line(text, left, top + i * pitch, left + width, top + i * pitch + height)
        for i, text in enumerate(texts)
    ]


def chinese(text: str, left: float, top: float, size: float = 20) -> Line:
    """A line of Chinese as wide as it has characters."""
    return line(text, left, top, left + size * len(text), top + size)


def moved(source: Line, scale: float, dx: float, dy: float) -> Line:
    """A line scaled about the origin, then moved."""
    box = source.box
    return line(
        source.text,
        box.left * scale + dx,
        box.top * scale + dy,
        box.right * scale + dx,
        box.bottom * scale + dy,
        source.direction,
    )
