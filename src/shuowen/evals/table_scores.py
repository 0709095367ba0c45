"""How much of a table was read right: TEDS, tree-edit-distance-based similarity.

Source of the measure: Zhong, ShafieiBavani, Jimeno Yepes, "Image-based table recognition: data,
model, and evaluation", ECCV 2020, section 4:

    TEDS(a, b) = 1 - distance(a, b) / max(|a|, |b|)        |t|: nodes of the tree t

where inserting or deleting a node costs 1, replacing it costs 1 when tag or spans differ, and a
cell's text costs its normalised edit distance. TEDS-S looks at the structure alone: no text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import TypeVar

from shuowen.evals.extra import import_from_bench_extra
from shuowen.evals.normalise import normalise_text
from shuowen.evals.table_trees import TableNode, parse_tables, table_text
from shuowen.evals.text_scores import edit_distance

MAX_NODE_PAIRS = 250_000
"""Above this (two tables of 500 nodes: about 5 s) the exact distance gives way to its bound."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class TableScore:
    """How alike two tables are, 0 to 1."""

    teds: float
    teds_structure: float


def score_tables(read_html: str, truth_html: str) -> TableScore:
    """Each table of the truth against the most similar one that was read; the mean over them.

    Raises:
        MissingExtraError: The extra `bench` is not installed.
        ValueError: `truth_html` holds no table.
    """
    read, truth = _normalised_tables(read_html), _normalised_tables(truth_html)
    if not truth:
        raise ValueError("The truth holds no table.")
    pairs = [[compare_tables(one, other) for one in read] for other in truth]
    return mean_table_score(max(row, key=_similarity, default=NOTHING_READ) for row in pairs)


def compare_tables(read: TableNode, truth: TableNode) -> TableScore:
    """TEDS and TEDS-S of two trees whose text is normalised already."""
    return TableScore(
        teds=_teds(read, truth), teds_structure=_teds(_without_text(read), _without_text(truth))
    )


def mean_table_score(scores: Iterable[TableScore]) -> TableScore:
    """The mean of both measures over at least one score."""
    scores = list(scores)
    return TableScore(
        teds=sum(score.teds for score in scores) / len(scores),
        teds_structure=sum(score.teds_structure for score in scores) / len(scores),
    )


NOTHING_READ = TableScore(teds=0.0, teds_structure=0.0)


def tables_text(html: str) -> str:
    """The text of all tables in `html`, to be scored as text."""
    return "\n".join(table_text(table) for table in parse_tables(html))


def tree_distance(first: TableNode, second: TableNode) -> float:
    """The tree edit distance: the least that turns one tree into the other.

    Source: Pawlik and Augsten, "Tree edit distance: robust and memory-efficient", Information
    Systems 56, 2016 (APTED).
    """
    apted = import_from_bench_extra("apted")
    return float(apted.APTED(first, second, _EditCosts()).compute_edit_distance())


def row_aligned_distance(first: TableNode, second: TableNode) -> float:
    """The same, when cells may only go from a row to the row that it is matched with.

    Never below `tree_distance`, equal to it on tables whose rows keep their cells, and quick.
    """
    return _aligned(first.children, second.children, _num_nodes, _row_cost)


def _teds(read: TableNode, truth: TableNode) -> float:
    if read == truth:
        return 1.0
    nodes_read, nodes_truth = read.num_nodes, truth.num_nodes
    exact = nodes_read * nodes_truth <= MAX_NODE_PAIRS
    distance = (tree_distance if exact else row_aligned_distance)(read, truth)
    return 1 - distance / max(nodes_read, nodes_truth)


def _row_cost(first: TableNode, second: TableNode) -> float:
    return _aligned(first.children, second.children, _num_nodes, replacement_cost)


def _aligned(
    first: Sequence[T],
    second: Sequence[T],
    weight: Callable[[T], float],
    replacement: Callable[[T, T], float],
) -> float:
    """Weighted edit distance of two sequences (Wagner and Fischer, Journal of the ACM 21, 1974)."""
    weights = [weight(item) for item in second]
    above = [0.0, *accumulate(weights)]
    for one in first:
        removal = weight(one)
        row = [above[0] + removal]
        for index, other in enumerate(second):
            replaced = above[index] + replacement(one, other)
            row.append(min(replaced, above[index + 1] + removal, row[index] + weights[index]))
        above = row
    return above[-1]


def replacement_cost(first: TableNode, second: TableNode) -> float:
    """Cost, 0 to 1, of putting one node in another's place."""
    if (first.tag, first.row_span, first.col_span) != (
        second.tag,
        second.row_span,
        second.col_span,
    ):
        return 1.0
    return _text_cost(first.text, second.text)


@lru_cache(maxsize=1 << 18)
def _text_cost(first: str, second: str) -> float:
    """Edit distance over the longer length, 0 to 1."""
    if first == second:
        return 0.0
    return edit_distance(first, second) / max(len(first), len(second))


class _EditCosts:
    """The costs in the shape in which `apted` wants them."""

    valuecls = float

    def delete(self, _node: TableNode) -> float:
        return 1.0

    def insert(self, _node: TableNode) -> float:
        return 1.0

    def rename(self, first: TableNode, second: TableNode) -> float:
        return replacement_cost(first, second)

    def children(self, node: TableNode) -> tuple[TableNode, ...]:
        return node.children


def _normalised_tables(html: str) -> list[TableNode]:
    return [_normalised(table) for table in parse_tables(html)]


def _normalised(node: TableNode) -> TableNode:
    children = tuple(_normalised(child) for child in node.children)
    return replace(node, text=normalise_text(node.text, fold_case=True), children=children)


def _without_text(node: TableNode) -> TableNode:
    return replace(node, text="", children=tuple(_without_text(child) for child in node.children))


def _num_nodes(node: TableNode) -> float:
    return node.num_nodes


def _similarity(score: TableScore) -> tuple[float, float]:
    return score.teds, score.teds_structure
