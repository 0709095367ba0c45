"""olmOCR-bench: single pages as PDFs, each with checks that pass or fail.

::

    olmocr_bench/  (or olmocr_bench/bench_data/)
      multi_column.jsonl     {"pdf": "multi_column/a.pdf", "page": 1, "id": "…", "type": "order",
                              "before": "…", "after": "…", "max_diffs": 2}
      pdfs/multi_column/a.pdf

Types judged: present, absent, order, table, format, footnote and baseline, which every PDF has.
Not judged: math, which draws both formulas in a browser and compares the places of their symbols.

Source: Poznanski et al., "olmOCR: unlocking trillions of tokens in PDFs with vision language
models", 2025; allenai/olmocr, olmocr/bench.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from shuowen.errors import InputError
from shuowen.evals.datasets import EvaluationSet, Item
from shuowen.evals.formats.pictures import Pictures
from shuowen.evals.formats.records import holds_json_like, read_json_lines
from shuowen.evals.judge import Judge
from shuowen.evals.judges.not_judged import NotJudged
from shuowen.evals.judges.page_checks import Check, PageChecks
from shuowen.evals.judges.table_check import Around, TableCell
from shuowen.evals.judges.text_checks import Baseline, Footnote, Format, Order, Presence

BASELINE = "baseline"
"""The judge of the check that every PDF has besides those in the lists."""

_BROWSER = "It draws formulas in a browser."
_PAGES = "The text of a page that is not the first cannot be told from the others'."


class _Test(msgspec.Struct):
    pdf: str
    page: int
    id: str
    type: str
    max_diffs: int = 0
    text: str = ""
    case_sensitive: bool = True
    first_n: int | None = None
    last_n: int | None = None
    before: str = ""
    after: str = ""
    format: Literal["", "heading", "bold", "italic"] = ""
    cell: str = ""
    up: str | None = None
    down: str | None = None
    left: str | None = None
    right: str | None = None
    top_heading: str | None = None
    left_heading: str | None = None
    ignore_markdown_tables: bool = False
    marker: str = ""
    appears_before_marker: str | None = None
    appears_after_marker: str | None = None
    max_length: int | None = None
    max_length_skips_image_alt_tags: bool = False
    max_repeats: int = 30
    check_disallowed_characters: bool = True


def is_here(folder: Path) -> bool:
    """Whether lists of checks and a folder pdfs are in `folder`."""
    return bool(_files(folder))


def load(folder: Path) -> list[EvaluationSet]:
    """One set a list of checks, by name.

    Raises:
        InputError: No list is there, a row cannot be read or used, or PDFs are absent.
    """
    files = _files(folder)
    if not files:
        raise InputError(f"{folder} holds no checks of olmOCR-bench beside a folder pdfs.")
    rows = {path.stem: list(read_json_lines(path, _Test)) for path in files}
    with_baseline = {
        test.pdf for tests in rows.values() for _, test in tests if test.type == BASELINE
    }
    pictures = Pictures(files[0].parent, ("pdfs",))
    sets = []
    for name, tests in rows.items():
        sets.append(EvaluationSet(name=name, items=_items(name, tests, with_baseline, pictures)))
        with_baseline |= {test.pdf for _, test in tests}
    pictures.require_all()
    return sets


def _files(folder: Path) -> list[Path]:
    base = folder / "bench_data" if (folder / "bench_data").is_dir() else folder
    if not (base / "pdfs").is_dir():
        return []
    return [
        path for path in sorted(base.glob("*.jsonl")) if holds_json_like(path, _Test, lines=True)
    ]


def _items(
    set_name: str, tests: list[tuple[str, _Test]], with_baseline: set[str], pictures: Pictures
) -> tuple[Item, ...]:
    by_pdf: defaultdict[str, list[tuple[str, _Test]]] = defaultdict(list)
    for place, test in tests:
        by_pdf[test.pdf].append((place, test))
    items = []
    for pdf, group in by_pdf.items():
        judges = _judges(group)
        if pdf not in with_baseline:
            judges += (PageChecks(checks=(Baseline(),), name=BASELINE),)
        path = pictures.find(pdf, group[0][0])
        items.append(
            Item(
                set_name=set_name,
                path=path,
                kind="page",
                text=None,
                html=None,
                group=pdf,
                judges=judges,
            )
        )
    return tuple(items)


def _judges(tests: list[tuple[str, _Test]]) -> tuple[Judge, ...]:
    """One judge for all checks of a page, and one for each kind that is not judged."""
    first = [(place, test) for place, test in tests if test.page == 1]
    checks = [_check(test, place) for place, test in first if test.type in _CHECKS]
    kinds = Counter(test.type for _, test in first if test.type not in _CHECKS)
    judges: list[Judge] = [PageChecks(checks=tuple(checks))] if checks else []
    judges += [NotJudged(name=kind, reason=_BROWSER, num_tests=num) for kind, num in kinds.items()]
    if len(first) < len(tests):
        num = len(tests) - len(first)
        judges.append(NotJudged(name="later pages", reason=_PAGES, num_tests=num))
    return tuple(judges)


def _check(test: _Test, place: str) -> Check:
    needed = {"order": (test.before, test.after), "table": (test.cell,)}
    needed |= {"present": (test.text,), "absent": (test.text,), "footnote": (test.marker,)}
    needed |= {"format": (test.text, test.format)}
    if not all(value.strip() for value in needed.get(test.type, ())) or test.max_diffs < 0:
        raise InputError(f"{place} ({test.id}) lacks what a check of type {test.type} needs.")
    return _CHECKS[test.type](test)


def _presence(test: _Test) -> Check:
    return Presence(
        text=test.text,
        is_wanted=test.type == "present",
        max_diffs=test.max_diffs,
        case_sensitive=test.case_sensitive,
        first_n=test.first_n,
        last_n=test.last_n,
    )


def _order(test: _Test) -> Check:
    return Order(before=test.before, after=test.after, max_diffs=test.max_diffs)


def _table(test: _Test) -> Check:
    beside = [
        Around(direction="up", text=test.up or ""),
        Around(direction="down", text=test.down or ""),
        Around(direction="left", text=test.left or ""),
        Around(direction="right", text=test.right or ""),
        Around(direction="left", text=test.left_heading or "", is_heading=True),
        Around(direction="up", text=test.top_heading or "", is_heading=True),
    ]
    return TableCell(
        cell=test.cell,
        around=tuple(each for each in beside if each.text),
        max_diffs=test.max_diffs,
        ignores_pipe_tables=test.ignore_markdown_tables,
    )


def _format(test: _Test) -> Check:
    return Format(
        text=test.text,
        format=test.format or "heading",
        max_diffs=test.max_diffs,
        case_sensitive=test.case_sensitive,
    )


def _footnote(test: _Test) -> Check:
    return Footnote(
        marker=test.marker,
        before=test.appears_before_marker or "",
        after=test.appears_after_marker or "",
        max_diffs=test.max_diffs,
    )


def _baseline(test: _Test) -> Check:
    return Baseline(
        max_length=test.max_length,
        skips_pictures=test.max_length_skips_image_alt_tags,
        max_repeats=test.max_repeats,
        checks_characters=test.check_disallowed_characters,
    )


_CHECKS: dict[str, Callable[[_Test], Check]] = {
    "present": _presence,
    "absent": _presence,
    "order": _order,
    "table": _table,
    "format": _format,
    "footnote": _footnote,
    BASELINE: _baseline,
}
