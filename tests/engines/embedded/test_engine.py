"""The networks in the package, on pictures drawn here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from shuowen.config import Effort
from shuowen.engines.embedded.detector import MAX_BOXES, Detector, TextBox
from shuowen.engines.embedded.engine import EmbeddedEngine
from shuowen.engines.embedded.orientation import page_rotations
from shuowen.engines.embedded.recogniser import CAREFUL, QUICK, characters
from shuowen.engines.embedded.sessions import session
from shuowen.errors import ModelError

TEXTS = ("Invoice 2024-117", "Total 1,250.00 EUR", "Thank you very much")


def drawn(*texts: str, size: tuple[int, int] = (900, 600)) -> np.ndarray:
    page = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(page)
    for number, text in enumerate(texts):
        pen.text((60, 80 + 150 * number), text, "black", ImageFont.load_default(size=48))
    return np.asarray(page)


@pytest.mark.parametrize("effort", ["fast", "normal", "max"])
def test_every_effort_reads_clear_text(effort: Effort) -> None:
    engine, page = EmbeddedEngine(effort=effort, jobs=2), drawn(*TEXTS)
    lines = engine.read_lines(page, engine.find_text(page))
    assert sorted(line.text for line in lines) == sorted(TEXTS)
    assert all(line.confidence > 0.9 for line in lines)


def test_columns_agree_with_the_networks() -> None:
    line = np.zeros((1, 3, 48, 208), np.float32)
    for recogniser in (QUICK, CAREFUL):
        (matrices,) = session(recogniser.weights).run(None, {"x": line})
        assert matrices.shape[2] == len(characters(recogniser.weights))
        assert matrices[0].sum(axis=1) == pytest.approx(1.0, abs=1e-3)


def test_places_in_a_line_do_not_depend_on_padding() -> None:
    strip = drawn("Number 4711", size=(520, 200))[80:128, 60:360]
    ends = []
    for more in range(0, 20, 3):
        line = np.concatenate([strip, np.full((48, more, 3), 255, np.uint8)], axis=1)
        ends.append(CAREFUL.read(line).centers[-1] * line.shape[1])
    assert np.ptp(ends) <= 8.1  # one time step of the network; padding alone moves it by 13


def test_an_upside_down_line_is_read_after_turning() -> None:
    page = drawn(TEXTS[0], size=(600, 200))
    engine = EmbeddedEngine(effort="normal", jobs=1)
    (box,) = engine.find_text(page)
    upside_down = np.ascontiguousarray(page[::-1, ::-1])
    turned = TextBox(quad=np.roll((600, 200) - box.quad, 2, axis=0), score=box.score)
    (line,) = engine.read_lines(upside_down, [turned])
    assert line.text == TEXTS[0]


def test_pictures_without_text_give_no_lines() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (400, 400, 3), np.uint8)
    for page in (np.full((300, 300, 3), 255, np.uint8), np.zeros((1, 5000, 3), np.uint8), noise):
        engine = EmbeddedEngine(effort="fast", jobs=1)
        assert engine.read_lines(page, engine.find_text(page)) == []


def test_one_engine_serves_many_threads() -> None:
    engine, page = EmbeddedEngine(effort="normal", jobs=2), drawn(*TEXTS)
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda _: engine.read_lines(page, engine.find_text(page)), range(6))
        )
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_turned_page_is_noticed(rotation: int) -> None:
    page = drawn(*(TEXTS * 4), size=(900, 1300))
    turned = np.ascontiguousarray(np.rot90(page, -rotation // 90))
    rotations = page_rotations(turned)
    assert max(rotations, key=lambda turn: rotations[turn]) == rotation
    assert sum(rotations.values()) == pytest.approx(1.0, abs=1e-3)


def small_table() -> np.ndarray:
    """Grey digits seven pixels high."""
    page = Image.new("RGB", (420, 128), "white")
    pen = ImageDraw.Draw(page)
    for row in range(8):
        for column in range(6):
            number = f"{row + 1},{column}7{row}"
            pen.text((10 + 68 * column, 4 + 15 * row), number, "#666", ImageFont.load_default(9))
    return np.asarray(page)


def test_small_text_is_looked_for_more_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    widths: list[int] = []
    detect = Detector.detect

    def counted(self: Detector, pixels: np.ndarray) -> list[TextBox]:
        widths.append(self.input_size(pixels)[0])
        return detect(self, pixels)

    monkeypatch.setattr(Detector, "detect", counted)
    engine = EmbeddedEngine(effort="max", jobs=1)
    assert len(engine.find_text(small_table())) == 48
    assert widths == [416, 640]
    widths.clear()
    engine.find_text(drawn(*TEXTS))  # large letters: no closer look, but one from further away
    assert widths == [896, 832]


def test_several_searches_together_find_no_more_than_one_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def found(self: Detector, pixels: np.ndarray) -> list[TextBox]:
        xs, ys = np.meshgrid(np.arange(60) * 30, np.arange(40) * 30 + 10 * (self.max_side % 3))
        corners = np.array([[0, 0], [20, 0], [20, 8], [0, 8]])
        places = np.stack([xs, ys], 2).reshape(-1, 1, 2) + corners
        return [TextBox(quad=quad.astype(np.float32), score=1.0) for quad in places]

    monkeypatch.setattr(Detector, "detect", found)
    page = np.full((1400, 1800, 3), 255, np.uint8)
    assert len(EmbeddedEngine(effort="max").find_text(page)) == MAX_BOXES


def test_missing_weights_are_named() -> None:
    with pytest.raises(ModelError, match=r"no_such_network\.onnx are missing"):
        session("no_such_network")
