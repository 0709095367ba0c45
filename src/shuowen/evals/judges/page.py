"""Pages against the blocks that are known of them: OmniDocBench's end-to-end measures.

Source of the rules: OmniDocBench (Ouyang et al., "OmniDocBench: benchmarking diverse PDF document
parsing with comprehensive annotations", CVPR 2025, section 4) and its published evaluation as of
v1.5 (method quick_match). Published are edit distances, 0 best; the scores here are 1 minus them.
All are page averages: a page's edits over the lengths of its blocks, then the mean over pages. The
fourth measure, CDM, draws formulas with TeX and is not judged here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from shuowen.evals.judges.assignment import assign
from shuowen.evals.judges.block_matching import Match, costs_between, match_blocks
from shuowen.evals.judges.blocks import Block, read_blocks
from shuowen.evals.judges.latex import (
    formula_lines,
    normalise_formula,
    only_letters,
    plain_formula,
    plain_formulas,
)
from shuowen.evals.judges.not_judged import NotJudged
from shuowen.evals.judges.table_markup import MarkedTable, parse_table
from shuowen.evals.judges.teds import OMNIDOCBENCH_RULES, teds, teds_structure
from shuowen.evals.reading import Reading
from shuowen.evals.table_trees import parse_tables
from shuowen.evals.text_scores import edit_distance

TruthKind = Literal["text", "formula", "ignored"]

MAX_IGNORED_COST = 0.25
"""What was read closer than this to a header, caption or page number is left out with it."""


@dataclass(frozen=True, kw_only=True)
class TruthBlock:
    """A block of the truth; `order` is its place in reading order, None where it has none."""

    kind: TruthKind
    content: str
    order: float | None = None

    @property
    def normalised(self) -> str:
        """Its text as it is compared."""
        return _normalised(self.content, is_formula=self.kind == "formula")


@dataclass(frozen=True, kw_only=True)
class PageTruth:
    """All that is known of a page; tables as HTML."""

    blocks: tuple[TruthBlock, ...]
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PageScores:
    """1 - edit distance of text, formulas and reading order, TEDS of tables; None: none there."""

    text: float | None
    formulas: float | None
    order: float | None
    teds: float | None
    teds_structure: float | None


@dataclass(frozen=True, kw_only=True)
class PageJudge:
    """One measure of a page."""

    name: str
    page: PageTruth
    measure: Callable[[PageScores], float | None]

    def score(self, reading: Reading) -> float | None:
        """0 to 1; None for a page on which there is nothing of the kind."""
        return self.measure(score_page(self.page, reading))


def page_judges(page: PageTruth) -> tuple[PageJudge | NotJudged, ...]:
    """The judges of a page, one a column of the published table."""
    return (
        PageJudge(name="text", page=page, measure=lambda scores: scores.text),
        NotJudged(name="formula CDM", reason="CDM draws every formula with TeX."),
        PageJudge(name="formula edit", page=page, measure=lambda scores: scores.formulas),
        PageJudge(name="table TEDS", page=page, measure=lambda scores: scores.teds),
        PageJudge(name="table TEDS-S", page=page, measure=lambda scores: scores.teds_structure),
        PageJudge(name="reading order", page=page, measure=lambda scores: scores.order),
    )


@lru_cache(maxsize=16)
def score_page(page: PageTruth, reading: Reading) -> PageScores:
    """All scores of one page; the judges of a page share them."""
    blocks = read_blocks(reading)
    pairs, loose = _paired_tables(page.tables, [each for each in blocks if each.kind == "table"])
    truths = [line for block in page.blocks for line in _lines(block) if line.normalised]
    others = [block for block in blocks if block.kind not in ("table", "margin")]
    read = [line for block in (*others, *loose) for line in _read_lines(block) if _read_text(line)]
    matched = _match_page(truths, read)
    text = [pair for pair in matched if pair.kind == "text"]
    return PageScores(
        text=_likeness(text),
        formulas=_likeness([pair for pair in matched if pair.kind == "formula"]),
        order=_order(text),
        teds=_mean([teds(*pair) for pair in pairs]),
        teds_structure=_mean([teds_structure(*pair) for pair in pairs]),
    )


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """Matched blocks as they are compared; `place` is where in the reading, None for nowhere."""

    kind: TruthKind
    truth: str
    read: str
    orders: tuple[float, ...]
    place: int | None


def _match_page(truths: Sequence[TruthBlock], read: Sequence[Block]) -> list[_Pair]:
    ignored = [block.normalised for block in truths if block.kind == "ignored"]
    scored = [block for block in truths if block.kind != "ignored"]
    close = costs_between(ignored, [_read_text(block) for block in read]) < MAX_IGNORED_COST
    kept = [index for index in range(len(read)) if not close[:, index].any()]
    texts = [_read_text(read[index]) for index in kept]
    matches = match_blocks([block.normalised for block in scored], texts)
    return [_pair(match, scored, [read[index] for index in kept]) for match in matches]


def _pair(match: Match, truths: Sequence[TruthBlock], read: Sequence[Block]) -> _Pair:
    matched = [truths[index] for index in match.truths]
    pieces = [read[index] for index in match.read]
    kinds = [block.kind for block in matched]
    kind: TruthKind = max(kinds, key=kinds.count)
    truth = "".join(block.normalised for block in matched)
    if kind == "formula" and pieces and pieces[0].kind == "text":
        # A formula that was read as text is compared as text.
        kind = "text"
        truth = "".join(only_letters(plain_formula(block.content)) for block in matched)
    return _Pair(
        kind=kind,
        truth=truth,
        read="".join(map(_read_text, pieces)),
        orders=tuple(block.order for block in matched if block.order is not None),
        place=pieces[0].place if pieces else None,
    )


def _lines(block: TruthBlock) -> list[TruthBlock]:
    if block.kind != "formula":
        return [block]
    lines = formula_lines(block.content)
    if len(lines) == 1 or block.order is None:
        return [replace(block, content=line) for line in lines]
    return [
        replace(block, content=line, order=block.order + number / 1000)
        for number, line in enumerate(lines)
    ]


def _read_lines(block: Block) -> list[Block]:
    if block.kind == "text":
        return [block]
    return [replace(block, content=line) for line in formula_lines(block.content)]


def _normalised(content: str, *, is_formula: bool) -> str:
    return normalise_formula(content) if is_formula else only_letters(plain_formulas(content))


def _read_text(block: Block) -> str:
    return _normalised(block.content, is_formula=block.kind in ("formula", "inline formula"))


def _likeness(pairs: Sequence[_Pair]) -> float | None:
    length = sum(max(len(pair.truth), len(pair.read)) for pair in pairs)
    edits = sum(edit_distance(pair.truth, pair.read) for pair in pairs)
    return 1 - edits / length if length else None


def _order(pairs: Sequence[_Pair]) -> float | None:
    """How like the order of the truths is to their order in the reading."""
    true = sorted(order for pair in pairs for order in pair.orders)
    placed = sorted((pair.place, pair.orders) for pair in pairs if pair.place is not None)
    read = [order for _, orders in placed for order in orders]
    code = {order: chr(index) for index, order in enumerate(sorted({*true, *read}))}
    longest = max(len(true), len(read))
    if not longest:
        return None
    coded = ["".join(code[order] for order in orders) for orders in (true, read)]
    return 1 - edit_distance(*coded) / longest


def _paired_tables(
    truths: Sequence[str], read: Sequence[Block]
) -> tuple[list[tuple[MarkedTable, MarkedTable]], list[Block]]:
    """Each true table with the likest that was read or with an empty one; cells of those left over.

    On a page without tables whatever was read as one is left out, as it is in the published code.
    """
    if not truths:
        return [], []
    true_tables = [parse_table(html, OMNIDOCBENCH_RULES) for html in truths]
    read_tables = [parse_table(block.content, OMNIDOCBENCH_RULES) for block in read]
    # The likest by its markup as it is written, style and all: so the published code does it.
    partner = dict(assign(costs_between(truths, [block.content for block in read])))
    nothing = parse_table("", OMNIDOCBENCH_RULES)
    pairs = [
        (read_tables[partner[row]] if row in partner else nothing, table)
        for row, table in enumerate(true_tables)
    ]
    loose = [block for index, block in enumerate(read) if index not in partner.values()]
    return pairs, [cell for block in loose for cell in _cells(block)]


def _cells(block: Block) -> list[Block]:
    rows = [row for table in parse_tables(block.content) for row in table.children]
    texts = [cell.text for row in rows for cell in row.children if cell.text]
    return [Block(kind="text", content=text, place=block.place) for text in texts]


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
