"""The forgetting gate: what is refused, what is kept, and where the weights end up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import EngineError, OutputError, UsageError
from shuowen.train import gate
from shuowen.train.gate import judge, promote
from shuowen.train.gate_report import as_json, note, table
from shuowen.train.gate_result import GateResult
from shuowen.train.gate_rules import GateOptions, NoClearDrop, NothingBroken
from shuowen.train.gate_score import SetScore, compare

Scores = Mapping[str, SetScore]


def score(num_items: int, wrong: int, names: tuple[str, ...] = ()) -> SetScore:
    """Items of ten characters, of which the first so many have one error."""
    errors = (1.0,) * wrong + (0.0,) * (num_items - wrong)
    return SetScore(num_errors=errors, sizes=(10.0,) * num_items, names=names)


def decided(before: Scores, after: Scores, **rules: NothingBroken) -> GateResult:
    return judge(before, after, GateOptions(rules=rules))


@pytest.mark.parametrize(
    ("num_items", "before", "after", "is_accepted"),
    [
        (1000, 10, 10, True),  # the same
        (1000, 100, 20, True),  # better
        (1000, 10, 300, False),  # 2.9 points worse, beyond chance
        (1000, 10, 100, True),  # 0.9 points worse, beyond chance: a trifle
        (20, 0, 3, True),  # 1.5 points worse, three of twenty: could be chance
        (20, 0, 12, False),
        (5, 0, 5, True),  # too few to tell
    ],
)
def test_a_clear_drop_is_refused(
    num_items: int, before: int, after: int, is_accepted: bool
) -> None:
    result = decided({"lines": score(num_items, before)}, {"lines": score(num_items, after)})
    assert result.is_accepted is is_accepted


def test_three_of_twenty_can_be_chance_by_the_interval() -> None:
    change = compare("lines", score(20, 0), score(20, 3))
    assert change.rise == pytest.approx(0.015)
    assert change.low == 0.0  # a draw in forty has none of the three
    assert not change.is_beyond_chance


def test_one_set_is_enough_to_refuse() -> None:
    before = {"digits": score(500, 200), "characters": score(500, 5)}
    after = {"digits": score(500, 10), "characters": score(500, 200)}
    result = decided(before, after)
    assert not result.is_accepted
    assert [(each.change.name, bool(each.refusal)) for each in result.sets] == [
        ("characters", True),
        ("digits", False),
    ]
    assert result.sets[0].refusal == "3.9 points worse, allowed are 1.0"


def test_the_interval_is_that_of_paired_draws() -> None:
    """Hard items that stay hard say nothing of a rise, so the interval is narrow."""
    random = np.random.default_rng(3)
    hard = tuple(float(x) for x in random.integers(0, 10, 400))
    worse = tuple(x + (index % 20 == 0) for index, x in enumerate(hard))
    sizes = (10.0,) * 400
    change = compare(
        "lines", SetScore(num_errors=hard, sizes=sizes), SetScore(num_errors=worse, sizes=sizes)
    )
    assert change.rise == pytest.approx(0.005)
    spread = 0.1 * np.sqrt(0.05 * 0.95 / 400)  # of a share of one in twenty
    assert change.high - change.low == pytest.approx(2 * 1.96 * spread, rel=0.1)
    assert change.low > 0


@given(
    items=st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 30)), min_size=1, max_size=30
    )
)
def test_what_is_equal_never_refuses_and_intervals_hold_the_rise(
    items: list[tuple[int, int, int]],
) -> None:
    old, new, sizes = (tuple(map(float, column)) for column in zip(*items, strict=True))
    before = SetScore(num_errors=old, sizes=sizes)
    after = SetScore(num_errors=new, sizes=sizes)
    assert decided({"a": before}, {"a": before}).is_accepted
    change = compare("a", before, after)
    low = min(n - o for o, n, _ in items)
    assert min(low, 0) - 1e-9 <= change.low <= change.high
    assert change.broken == tuple(
        f"item {number}" for number, (o, n, _) in enumerate(items, start=1) if o == 0 < n
    )


def test_one_character_moves_no_rate_but_breaks_a_list() -> None:
    """寿 that became 春 (PaddleFormers#3982)."""
    names = tuple("天地玄黄宇宙洪荒寿春")
    before = score(10, 0, names)
    after = SetScore(num_errors=(0.0,) * 8 + (1.0, 0.0), sizes=before.sizes, names=names)
    assert decided({"must hold": before}, {"must hold": after}).is_accepted
    rules = {"must hold": NothingBroken()}
    result = judge({"must hold": before}, {"must hold": after}, GateOptions(rules=rules))
    assert not result.is_accepted
    assert result.sets[0].change.broken == ("寿",)
    assert "寿" in result.sets[0].refusal
    assert decided({"a": before}, {"a": after}, a=NothingBroken(num_allowed=1)).is_accepted


def test_the_margin_can_be_set() -> None:
    sets = {"a": score(1000, 0)}, {"a": score(1000, 80)}
    assert judge(*sets, GateOptions()).is_accepted
    assert not judge(*sets, GateOptions(default=NoClearDrop(margin=0.005))).is_accepted


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ({}, {}, "before: none"),
        ({"a": score(3, 0)}, {"b": score(3, 0)}, "before: a; after: b"),
        ({"a": score(3, 0)}, {"a": score(4, 0)}, "items of a are not the same"),
        ({"a": score(2, 0, ("x", "y"))}, {"a": score(2, 0, ("y", "x"))}, "items of a"),
    ],
)
def test_evaluations_that_do_not_fit_are_refused(before: Scores, after: Scores, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        decided(before, after)


def test_a_rule_for_no_set_is_refused() -> None:
    with pytest.raises(UsageError, match="rules for b"):
        decided({"a": score(3, 0)}, {"a": score(3, 0)}, b=NothingBroken())


@pytest.mark.parametrize(
    "fields",
    [
        {"num_errors": (), "sizes": ()},
        {"num_errors": (1.0,), "sizes": (1.0, 2.0)},
        {"num_errors": (1.0,), "sizes": (0.0,)},
        {"num_errors": (-1.0,), "sizes": (1.0,)},
        {"num_errors": (1.0,), "sizes": (1.0,), "names": ("a", "b")},
    ],
)
def test_a_score_that_makes_no_sense_is_refused(fields: dict[str, tuple[float, ...]]) -> None:
    with pytest.raises(UsageError):
        SetScore(**fields)  # type: ignore[arg-type]


def test_the_report_has_every_set_before_and_after() -> None:
    result = decided({"a|b": score(1000, 10)}, {"a|b": score(1000, 300)})
    row = table(result).splitlines()[2]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[:5] == ["a/b", "1000", "0.10 %", "3.00 %", "+2.90"]
    assert cells[6:] == ["290", "2.9 points worse, allowed are 1.0"]
    data = json.loads(as_json(result))
    assert data["is_accepted"] is False
    assert data["sets"][0]["error_rate_after"] == pytest.approx(0.03)
    assert "a|b: 2.9 points worse" in note(result, Path("models/nano"))


class Reader:
    """An evaluator that knows models by what their file says."""

    def __init__(self, **scores: Scores) -> None:
        self.scores = scores

    def evaluate(self, model_folder: Path) -> Scores:
        return self.scores[(model_folder / "weights").read_text()]


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Old weights in their place, new ones elsewhere."""
    place, candidate = tmp_path / "models" / "nano", tmp_path / "runs" / "model"
    for folder, words in ((place, "old"), (candidate, "new")):
        folder.mkdir(parents=True)
        (folder / "weights").write_text(words)
    return candidate, place


GOOD, BAD = {"a": score(1000, 10)}, {"a": score(1000, 400)}


def test_accepted_weights_take_the_place(folders: tuple[Path, Path]) -> None:
    candidate, place = folders
    done = promote(candidate, place, Reader(old=BAD, new=GOOD))
    assert done.result.is_accepted
    assert done.folder == place
    assert (place / "weights").read_text() == "new"
    assert json.loads((place / "gate.json").read_text())["is_accepted"] is True
    assert (place.with_name("nano.previous") / "weights").read_text() == "old"
    assert not candidate.exists()


def test_refused_weights_are_put_aside_with_a_note(folders: tuple[Path, Path]) -> None:
    candidate, place = folders
    done = promote(candidate, place, Reader(old=GOOD, new=BAD))
    assert not done.result.is_accepted
    assert done.folder == place.parent / "refused" / "model"
    assert (place / "weights").read_text() == "old"
    assert (done.folder / "weights").read_text() == "new"
    assert "3.9 points worse" in (done.folder / "REFUSED.md").read_text()
    assert not candidate.exists()


def test_nothing_that_was_kept_is_overwritten(folders: tuple[Path, Path]) -> None:
    candidate, place = folders
    for number in range(3):
        if number:
            candidate.mkdir()
            (candidate / "weights").write_text("new")
        promote(candidate, place, Reader(old=GOOD, new=BAD))
    refused = sorted(each.name for each in (place.parent / "refused").iterdir())
    assert refused == ["model", "model-2", "model-3"]
    for number in range(2):
        candidate.mkdir()
        (candidate / "weights").write_text(f"new{number}")
        promote(candidate, place, Reader(old=GOOD, new0=GOOD, new1=GOOD))
    assert {each.name for each in place.parent.iterdir()} == {
        "nano", "nano.previous", "nano.previous-2", "refused"
    }  # fmt: skip


def test_an_evaluation_that_fails_moves_nothing(folders: tuple[Path, Path]) -> None:
    class Broken:
        def evaluate(self, model_folder: Path) -> Scores:
            raise EngineError("It died.", "Try again.")

    candidate, place = folders
    with pytest.raises(EngineError):
        promote(candidate, place, Broken())
    assert (place / "weights").read_text() == "old"
    assert (candidate / "weights").read_text() == "new"


def test_the_old_weights_come_back_when_the_new_ones_cannot_come(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate, place = folders
    move = gate.shutil.move

    def moved(source: Path, target: Path) -> object:
        if target == place and "incoming" in source.name:
            raise OSError(28, "No space left on device")
        return move(source, target)

    monkeypatch.setattr(gate.shutil, "move", moved)
    with pytest.raises(OutputError, match="No space left"):
        promote(candidate, place, Reader(old=GOOD, new=GOOD))
    assert (place / "weights").read_text() == "old"
    (incoming,) = place.parent.glob(".nano.incoming*")
    assert (incoming / "weights").read_text() == "new"


def test_folders_that_are_missing_or_one_are_refused(folders: tuple[Path, Path]) -> None:
    candidate, place = folders
    reader = Reader(old=GOOD, new=GOOD)
    with pytest.raises(UsageError, match="no model folder"):
        promote(candidate / "none", place, reader)
    with pytest.raises(UsageError, match="both the old and the new"):
        promote(place, place / ".." / "nano", reader)
