"""Named budgets and reading prompts."""

from __future__ import annotations

from typing import get_args

import pytest

from shuowen.document.model import RegionKind
from shuowen.errors import UsageError
from shuowen.prompt.options import MAX_TILES
from shuowen.prompt.tasks import (
    DETAIL_TILES,
    READING_PROMPTS,
    TASK_TILES,
    Language,
    Reading,
    Task,
    reading_prompt,
    tiles_for_detail,
)


def test_every_task_has_a_budget_that_a_request_may_ask_for() -> None:
    assert set(TASK_TILES) == set(get_args(Task))
    assert all(1 <= each <= MAX_TILES for each in (*TASK_TILES.values(), *DETAIL_TILES.values()))
    assert TASK_TILES["document"] == 18
    assert TASK_TILES["ocr"] == TASK_TILES["infographic"] == 24


@pytest.mark.parametrize(
    ("detail", "tiles"), [("low", 6), ("medium", 12), ("high", 24), ("auto", None)]
)
def test_detail_means_what_it_means_to_lmdeploy(detail: str, tiles: int | None) -> None:
    assert tiles_for_detail(detail) == tiles


def test_an_unknown_detail_is_refused() -> None:
    with pytest.raises(UsageError, match="ultra"):
        tiles_for_detail("ultra")


def test_every_reading_has_its_prompt_in_both_languages() -> None:
    assert set(READING_PROMPTS) == set(get_args(Reading))
    for prompts in READING_PROMPTS.values():
        assert set(prompts) == set(get_args(Language))
        assert "识别" in prompts["zh"]
        assert "recognize" in prompts["en"]


@pytest.mark.parametrize("kind", get_args(RegionKind))
def test_a_regions_kind_decides_what_is_asked(kind: str) -> None:
    expected = kind if kind in ("table", "formula") else "text"
    assert reading_prompt(kind, "en") == READING_PROMPTS[expected]["en"]  # type: ignore[index]
    by_hand = kind if kind in ("table", "formula") else "handwriting"
    prompt = reading_prompt(kind, "zh", is_handwritten=True)
    assert prompt == READING_PROMPTS[by_hand]["zh"]  # type: ignore[index]
