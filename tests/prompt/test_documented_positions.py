"""The example of V2PE in the documentation is what the code computes."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np

from shuowen.prompt.positions import visual_positions

PAGE = Path(__file__).parents[2] / "docs" / "internvl3.md"


def test_the_positions_of_the_drawn_example_are_those_of_the_code() -> None:
    block = re.search(r"```text\n(token .*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert block
    first, *rows = block[1].splitlines()
    visual_mask = np.array([token == "v" for token in first.split()[1:]])
    assert visual_mask.sum() == 4 and len(rows) == 3
    for row in rows:
        step, *positions = row.removeprefix("δ = ").split()
        expected = np.array(positions, np.float32)
        assert np.array_equal(visual_positions(visual_mask, float(Fraction(step))), expected)
