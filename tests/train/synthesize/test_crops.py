from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuowen.errors import InputError, UsageError
from shuowen.train.synthesize.alphabet import is_writable
from shuowen.train.synthesize.crops import Crop, CropOptions, make_crop
from shuowen.train.synthesize.fonts import Font, shipped_fonts
from shuowen.train.synthesize.handwriting import random_hand, write_line
from shuowen.train.synthesize.lines import LineStyle, draw_line
from shuowen.train.synthesize.texts import TextOptions

SEEDS = st.integers(0, 2**63)
HELD_OUT = CropOptions(texts=TextOptions(split="held_out"))
FONTS = {font.name: font for font in shipped_fonts()}


def crops(options: CropOptions, count: int = 60) -> list[Crop]:
    return [make_crop(seed, options) for seed in range(count)]


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_a_crop_is_a_function_of_its_seed(seed: int) -> None:
    crop, again = make_crop(seed), make_crop(seed)
    assert np.array_equal(crop.pixels, again.pixels)
    assert (crop.text, crop.font, crop.effects) == (again.text, again.font, again.effects)
    assert crop.pixels.dtype == np.uint8
    assert crop.pixels.flags["C_CONTIGUOUS"]
    assert 20 <= crop.pixels.shape[0] <= 64
    assert crop.pixels.shape[2] == 3


@pytest.mark.parametrize("options", [CropOptions(), HELD_OUT], ids=["train", "held_out"])
def test_every_crop_is_drawn_with_glyphs_that_its_font_has(options: CropOptions) -> None:
    for crop in crops(options):
        font = FONTS[crop.font]
        assert is_writable(crop.text)
        assert font.covers(crop.text)
        assert (font.kind, font.split) == (crop.kind, options.texts.split)


def test_shares_are_those_of_the_options() -> None:
    made = crops(CropOptions(), 250)
    assert abs(np.mean([crop.kind == "handwriting" for crop in made]) - 0.4) < 0.11
    for level, share in (("clean", 0.35), ("mild", 0.45), ("strong", 0.2)):
        assert abs(np.mean([crop.degradation == level for crop in made]) - share) < 0.11
    assert all(bool(crop.effects) == (crop.degradation != "clean") for crop in made)
    printed = crops(CropOptions(handwriting_share=0, level_shares=(1, 0, 0)), 40)
    assert {crop.kind for crop in printed} == {"printed"}
    assert {crop.degradation for crop in printed} == {"clean"}


def test_clean_crops_have_ink_that_stands_out() -> None:
    for crop in crops(CropOptions(level_shares=(1, 0, 0)), 80):
        grey = crop.pixels.mean(axis=2)
        assert grey.max() - grey.min() > 40, crop


def test_the_ink_of_a_line_touches_the_sides_of_its_box() -> None:
    ink = draw_line("Total 总计", FONTS["noto_sans"], 31, LineStyle(spacing=0.1, slant=0.1))
    assert ink[:, 0].max() > 40
    assert ink[:, -1].max() > 40
    low = draw_line("一", FONTS["noto_sans"], 31, LineStyle())
    assert low.shape[0] >= 0.75 * 31  # as high as its line, though its ink is not


@pytest.mark.parametrize("name", ["wenkai_light", "caveat", "noto_sans_thin"])
def test_no_two_lines_of_a_hand_are_the_same(name: str) -> None:
    rng = np.random.default_rng(3)
    font = FONTS[name]
    hand = replace(random_hand(rng, font), fade=0.0)
    first, second = (write_line("No. 2024", font, 32, hand, rng) for _ in range(2))
    assert first.shape != second.shape or not np.array_equal(first, second)
    assert first.max() > 120


def test_joined_capitals_are_not_written() -> None:
    cursive: tuple[Font, ...] = (FONTS["homemade_apple"], FONTS["kuaile"])
    options = replace(HELD_OUT, fonts=cursive, handwriting_share=1.0)
    texts = [crop.text for crop in crops(options) if crop.font == "homemade_apple"]
    assert texts
    assert not any(
        a.isupper() and b.isupper() for text in texts for a, b in zip(text, text[1:], strict=False)
    )


@pytest.mark.parametrize(
    "options",
    [{"handwriting_share": 1.5}, {"cell_share": -0.1}, {"level_shares": (0.0, 0.0, 0.0)}],
)
def test_shares_out_of_range_are_an_error(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(options))):
        CropOptions(**options)


def test_options_without_a_fitting_font_are_an_error() -> None:
    with pytest.raises(InputError, match="No train font can write"):
        make_crop(0, CropOptions(fonts=(FONTS["lora"],)))
