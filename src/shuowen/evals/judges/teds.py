"""TEDS as benchmarks publish it, for PubTabNet, OmniDocBench and CC-OCR.

Source of the measure: Zhong, ShafieiBavani, Jimeno Yepes, "Image-based table recognition", ECCV
2020, section 4, and its published code (ibm-aur-nlp/PubTabNet, src/metric.py):

    TEDS(a, b) = 1 - distance(a, b) / max(|a|, |b|)        |t|: elements below the table's own

`evals/table_scores.py` has the same measure with our own normalisation, under which width, case and
typographic punctuation do not count; here they count unless the benchmark says otherwise. In two
points this is kinder than the published code: a header cell (th) counts as a cell, because the
truths know none, and for OmniDocBench and CC-OCR sections (thead, tbody) never count.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from shuowen.evals.judges.blocks import read_blocks
from shuowen.evals.judges.table_markup import MarkedTable, TableRules, parse_table
from shuowen.evals.reading import Reading
from shuowen.evals.table_scores import MAX_NODE_PAIRS, row_aligned_distance, tree_distance
from shuowen.evals.table_trees import TableNode

_BLANKS = re.compile(r"\s+")
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def _as_it_is(text: str) -> str:
    return text


def _compatible(text: str) -> str:
    """OmniDocBench: compatibility forms, no line ends, single blanks."""
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", text.replace("\n", "")))


def _half_width_without_blanks(text: str) -> str:
    """CC-OCR: half-width characters, no blanks and line ends."""
    return text.translate(_HALF_WIDTH).replace("\n", "").replace(" ", "")


PUBTABNET_RULES = TableRules(clean=_as_it_is, keeps_sections=True)
OMNIDOCBENCH_RULES = TableRules(
    clean=_compatible, dropped_tags=frozenset({"sup", "sub", "span", "div", "p"})
)
CC_OCR_RULES = TableRules(clean=_half_width_without_blanks)


@dataclass(frozen=True, kw_only=True)
class TableTeds:
    """TEDS of a picture of one table: the first table that was read against the truth's HTML."""

    truth_html: str
    rules: TableRules
    compare: Callable[[MarkedTable, MarkedTable], float]
    name: str

    def score(self, reading: Reading) -> float:
        """0 to 1; 0 when no table was read."""
        tables = [block.content for block in read_blocks(reading) if block.kind == "table"]
        if not tables:
            return 0.0
        read = parse_table(tables[0], self.rules)
        return self.compare(read, parse_table(self.truth_html, self.rules))


def teds(first: MarkedTable, second: MarkedTable) -> float:
    """TEDS of two tables, 0 to 1; 1 for two without any row, 0 where only one has none."""
    if not (first.tree.children and second.tree.children):
        return float(first.tree == second.tree)
    num_nodes = max(first.num_nodes, second.num_nodes)
    return max(1 - _distance(first.tree, second.tree) / num_nodes, 0.0)


def teds_structure(first: MarkedTable, second: MarkedTable) -> float:
    """TEDS-S: the same without the text of cells; tags inside cells still count as nodes."""
    return teds(_without_text(first), _without_text(second))


def table_teds(truth_html: str, rules: TableRules) -> tuple[TableTeds, TableTeds]:
    """The two judges of a picture of a table."""
    return (
        TableTeds(truth_html=truth_html, rules=rules, compare=teds, name="published TEDS"),
        TableTeds(
            truth_html=truth_html, rules=rules, compare=teds_structure, name="published TEDS-S"
        ),
    )


@lru_cache(maxsize=256)
def _distance(first: TableNode, second: TableNode) -> float:
    """Exact, or for very large tables the row-aligned bound, which never falls below it."""
    if first == second:
        return 0.0
    if first.num_nodes * second.num_nodes <= MAX_NODE_PAIRS:
        return tree_distance(first, second)
    return row_aligned_distance(_without_sections(first), _without_sections(second))


def _without_sections(table: TableNode) -> TableNode:
    rows = [
        row for part in table.children for row in ((part,) if part.tag == "tr" else part.children)
    ]
    return replace(table, children=tuple(rows))


def _without_text(table: MarkedTable) -> MarkedTable:
    return replace(table, tree=_textless(table.tree))


def _textless(node: TableNode) -> TableNode:
    return replace(node, text="", children=tuple(map(_textless, node.children)))
