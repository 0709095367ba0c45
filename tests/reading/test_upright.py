"""A turn that the network proposes is made only where the text agrees."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from shuowen.engines.embedded.engine import EmbeddedEngine
from shuowen.image.page import Pixels
from shuowen.reading.upright import find_upright
from tests import made_files


@pytest.fixture(scope="module")
def engine() -> EmbeddedEngine:
    return EmbeddedEngine(effort="normal", jobs=1)


@pytest.mark.parametrize("text", ["From the net", "Number 17", "A fine day", "2024-11-05"])
@pytest.mark.parametrize("rotation", [0, 180])
def test_single_lines_end_upright_or_stay(engine: EmbeddedEngine, text: str, rotation: int) -> None:
    strip = np.asarray(made_files.picture(text))
    turned = np.ascontiguousarray(np.rot90(strip, -rotation // 90))
    found = find_upright(turned, engine).rotation_degrees
    # The network may overlook a strip that is upside down; it must never turn one that is not.
    assert found in ({0} if rotation == 0 else {0, 180})


def page() -> Pixels:
    drawn = Image.new("RGB", (1000, 1300), "white")
    for number in range(14):
        ImageDraw.Draw(drawn).text(
            (100, 100 + 80 * number),
            f"Line {number} says that all is well",
            "black",
            ImageFont.load_default(size=44),
        )
    return np.asarray(drawn)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("wrong_by", [0, 90, 180, 270])
def test_the_text_corrects_a_wrong_network(
    engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch, rotation: int, wrong_by: int
) -> None:
    proposed = (rotation + wrong_by) % 360
    monkeypatch.setattr(
        "shuowen.reading.upright.page_rotations",
        lambda pixels: {turn: 0.9 if turn == proposed else 0.03 for turn in (0, 90, 180, 270)},
    )
    turned = np.ascontiguousarray(np.rot90(page(), -rotation // 90))
    found = find_upright(turned, engine).rotation_degrees
    if proposed == 0:
        assert found == 0  # nothing was proposed, so nothing is checked
    elif wrong_by in (0, 180):
        assert found == rotation
    elif rotation == 0:
        assert found == 0


@pytest.mark.parametrize("proposed", [90, 180, 270])
def test_a_forced_turn_is_taken_unconfirmed(
    engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch, proposed: int
) -> None:
    probabilities = {turn: 0.4 if turn == proposed else 0.2 for turn in (0, 90, 180, 270)}
    monkeypatch.setattr("shuowen.reading.upright.page_rotations", lambda pixels: probabilities)
    found = find_upright(page(), engine, is_forced=True)
    assert (found.rotation_degrees, found.probability) == (proposed, 0.4)
    # Unforced, the network would have to be surer, and the text to agree.
    unsure = find_upright(page(), engine)
    assert (unsure.rotation_degrees, unsure.probability) == (0, 0.4)


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 1), (300, 300)])
@pytest.mark.parametrize("is_forced", [False, True])
def test_pictures_without_text_stay_or_turn_but_do_not_fail(
    engine: EmbeddedEngine, size: tuple[int, int], is_forced: bool
) -> None:
    grain = np.random.default_rng(5).integers(0, 256, (*size, 3), np.uint8)
    found = find_upright(grain, engine, is_forced=is_forced)
    assert 0.25 <= found.probability <= 1
    assert is_forced or found.rotation_degrees == 0
