"""One item as one engine read it, scored by every measure that says something of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from shuowen.evals.datasets import Item
from shuowen.evals.judges.weighted import weight_of
from shuowen.evals.order_scores import OrderScore, score_order
from shuowen.evals.reading import Reading
from shuowen.evals.table_scores import NOTHING_READ, TableScore, score_tables, tables_text
from shuowen.evals.text_scores import TextScore, score_text


@dataclass(frozen=True, kw_only=True)
class JudgeScore:
    """What one of an item's own judges says, 0 to 1, and what that weighs in a mean."""

    score: float
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True)
class ItemResult:
    """One item's reading and scores.

    `text` is None for an item without text, such as a question. `table` is None where the truth is
    no table, and where the engine gives no tables at all: that is no score of 0.
    """

    item: Item
    reading: Reading
    seconds: float
    text: TextScore | None
    table: TableScore | None
    order: OrderScore | None
    judged: Mapping[str, JudgeScore] = field(default_factory=dict)
    """By the names of the judges that said something."""
    is_kept: bool = False
    """Whether the reading is from an earlier run."""

    @property
    def set_name(self) -> str:
        """The set that the item is of."""
        return self.item.set_name

    @property
    def file(self) -> str:
        """The name of the item's file, without its folder."""
        return self.item.path.name

    @property
    def identity(self) -> tuple[str, str, str]:
        """What its item is known by among those of a run: set, file and question."""
        return self.set_name, str(self.item.path), self.item.question

    @property
    def failure(self) -> str:
        """Why some or all of the file could not be read; empty when all of it was."""
        return self.reading.failure

    @property
    def group(self) -> str:
        """What ties it to variants of the same original, in no other set."""
        return f"{self.set_name}/{self.item.group or self.file}"

    @property
    def loss(self) -> float:
        """How bad the reading is, 0 (best) to 1, to put the worst first.

        The worst of what is measured: error rate, 1 - TEDS, and 1 - each judge's score.
        """
        losses = [1 - judged.score for judged in self.judged.values()]
        if self.text is not None:
            losses.append(self.text.cer)
        if self.table is not None:
            losses.append(1 - self.table.teds)
        return max(losses, default=0.0)


def score_item(item: Item, reading: Reading, *, seconds: float, is_kept: bool) -> ItemResult:
    """All scores of `reading`."""
    return ItemResult(
        item=item,
        reading=reading,
        seconds=seconds,
        text=_text_score(item, reading),
        table=_table_score(item, reading),
        order=_order_score(item, reading),
        judged=_judged(item, reading),
        is_kept=is_kept,
    )


def truth_text(item: Item) -> str | None:
    """What the item says as text, of a table the text of its cells; None when nobody knows."""
    return item.text if item.html is None else tables_text(item.html)


def with_missing_tables(results: list[ItemResult]) -> list[ItemResult]:
    """`results` of one engine, with tables that it could not read at all scored as 0.

    Whether a file that failed would have had tables can only be told by the others.
    """
    if all(result.reading.html is None for result in results):
        return results
    return [
        replace(result, table=NOTHING_READ)
        if result.table is None and result.item.html is not None
        else result
        for result in results
    ]


def _text_score(item: Item, reading: Reading) -> TextScore | None:
    truth = truth_text(item)
    return None if truth is None else score_text(reading.text, truth, fold_case=item.folds_case)


def _table_score(item: Item, reading: Reading) -> TableScore | None:
    if item.html is None or reading.html is None:
        return None
    return score_tables(reading.html, item.html)


def _order_score(item: Item, reading: Reading) -> OrderScore | None:
    if item.text is None:
        return None
    return score_order(reading.text, item.text, fold_case=item.folds_case)


def _judged(item: Item, reading: Reading) -> dict[str, JudgeScore]:
    return {
        judge.name: JudgeScore(score=score, weight=weight_of(judge, reading))
        for judge in item.judges
        if (score := judge.score(reading)) is not None
    }
