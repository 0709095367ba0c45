"""Corrections beside general data, at a stated ratio."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import UsageError
from shuowen.train.corrections import Correction, CorrectionFile, CropPicture
from shuowen.train.mixture import Mixture
from shuowen.train.records import Conversation, Preference
from shuowen.train.replay import CorrectionSource, with_replay
from shuowen.train.sources import MadeSource
from tests.train.small_data import worded

CORRECTION = Correction(
    key="a:1",
    picture=CropPicture(Path("a.png"), None),
    chosen="寿",
    rejected="春",
    prompt="Read it.",
)
FILE = CorrectionFile(Path("corrections.jsonl"), (CORRECTION,) * 3, 0)
WEIGHTS = st.lists(st.floats(0.1, 10), min_size=1, max_size=4)


def made(weights: list[float], name: str = "general") -> list[MadeSource]:
    return [
        MadeSource(f"{name} {number}", worded, 50, weight=weight, is_multimodal=False)
        for number, weight in enumerate(weights)
    ]


def test_corrections_are_a_source_in_either_form() -> None:
    source = CorrectionSource(FILE)
    assert (source.name, len(source), source.is_multimodal) == ("corrections.jsonl", 3, True)
    assert isinstance(source.record(2), Preference)
    tuning = CorrectionSource(FILE, Correction.conversation)
    assert isinstance(tuning.record(0), Conversation)


@given(domain=WEIGHTS, general=WEIGHTS, ratio=st.floats(0.1, 10))
def test_shares_are_as_stated(domain: list[float], general: list[float], ratio: float) -> None:
    sources = with_replay(made(domain, "domain"), made(general), ratio)
    weights = [source.weight for source in sources]
    split = len(domain)
    assert sum(weights[split:]) / sum(weights[:split]) == pytest.approx(ratio)
    for before, after in ((domain, weights[:split]), (general, weights[split:])):
        shares = [weight / sum(after) for weight in after]
        assert shares == pytest.approx([weight / sum(before) for weight in before])


def test_a_mixture_draws_them_so() -> None:
    sources = with_replay(made([1.0], "domain"), made([3.0, 1.0]), 4.0)
    mixture = Mixture(sources, seed=0, count_by="records")
    drawn = [mixture.next().source for _ in range(1000)]
    assert [drawn.count(number) for number in range(3)] == pytest.approx([200, 600, 200], abs=2)
    assert [source.name for source in sources] == ["domain 0", "general 0", "general 1"]
    assert len(sources[0]) == 50
    assert sources[0].record(3) == worded(3)
    assert (sources[0].max_tiles, sources[0].augment, sources[0].is_multimodal) == (
        None,
        False,
        False,
    )


def test_half_and_half_if_nothing_is_said() -> None:
    weights = [source.weight for source in with_replay([CorrectionSource(FILE)], made([5.0]))]
    assert weights == [1.0, 1.0]


@pytest.mark.parametrize("ratio", [0.0, -1.0, float("inf"), float("nan")])
def test_ratios_that_are_none_are_refused(ratio: float) -> None:
    with pytest.raises(UsageError, match="general_per_domain"):
        with_replay(made([1.0]), made([1.0]), ratio)


def test_both_sides_are_needed() -> None:
    with pytest.raises(UsageError, match="no general data"):
        with_replay(made([1.0]), [])
    with pytest.raises(UsageError, match="no domain data"):
        with_replay([], made([1.0]))
