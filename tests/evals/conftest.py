import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from shuowen.evals.bench import EngineRun
from shuowen.evals.datasets import Item
from shuowen.evals.judges.not_judged import NotJudged
from shuowen.evals.reading import Reading
from shuowen.evals.results import ItemResult, score_item

MakeSet = Callable[..., Path]


@pytest.fixture
def make_set(tmp_path: Path) -> MakeSet:
    """Writes data/<name>/truth.jsonl with the rows given and returns the folder data."""

    def make(name: str, *rows: dict[str, Any]) -> Path:
        folder = tmp_path / "data" / name
        folder.mkdir(parents=True)
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        (folder / "truth.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return folder.parent

    return make


@dataclass
class FakeEngine:
    """A function as an engine."""

    function: Callable[[Item], Reading]
    name: str = "fake"
    identity: str = "fake 1"
    answers_questions: bool = False
    num_closed: int = 0

    def read(self, item: Item) -> Reading:
        return self.function(item)

    def close(self) -> None:
        self.num_closed += 1


@pytest.fixture
def engine_of() -> Callable[..., FakeEngine]:
    """Makes an engine of a function from items to readings."""
    return FakeEngine


def item_named(file: str, **fields: Any) -> Item:
    known = {"set_name": "pages", "kind": "page", "text": None, "html": None, **fields}
    return Item(path=Path(file), **known)


@pytest.fixture
def make_item() -> Callable[..., Item]:
    """Makes an item of a set "pages" that says nothing but what is given."""
    return item_named


@pytest.fixture
def make_result() -> Callable[..., ItemResult]:
    """Makes the result of a reading of `text` against `truth`."""

    def make(
        file: str, text: str, truth: str, *, seconds: float = 1.0, **fields: Any
    ) -> ItemResult:
        item = item_named(file, text=truth, **fields)
        return score_item(item, Reading(text=text), seconds=seconds, is_kept=False)

    return make


@pytest.fixture
def run_with_unjudged_tests(make_result: Callable[..., ItemResult]) -> EngineRun:
    """A run of two pages of one set, with 4 and 3 tests of a kind that nobody judges."""
    judges = [(NotJudged(name="<math>", reason="It needs a browser & time.", num_tests=4),)]
    judges.append((replace(judges[0][0], num_tests=3),))
    return EngineRun(
        engine="fake",
        identity="fake 1",
        results=tuple(
            make_result(f"{number}.pdf", "x", "x", judges=each)
            for number, each in enumerate(judges)
        ),
    )


@pytest.fixture
def make_run() -> Callable[..., EngineRun]:
    """Makes a run of results."""

    def make(*results: ItemResult, engine: str = "fake", num_not_asked: int = 0) -> EngineRun:
        return EngineRun(
            engine=engine, identity="fake 1", results=results, num_not_asked=num_not_asked
        )

    return make
