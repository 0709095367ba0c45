"""Columns of tables: what they are called, what stands in them, and what it adds up to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np

from shuowen.train.synthesize import wording
from shuowen.train.synthesize.made import Language

Draw = Callable[[np.random.Generator, int], str]
"""The text of a row, by its number from 0."""

_GROUPS_ZH = (
    "本期",
    "上期",
    "2023年",
    "2024年",
    "第一季度",
    "第二季度",
    "实验组",
    "对照组",
    "其中",
    "指标",
)
_GROUPS_EN = ("Current", "Previous", "2023", "2024", "First half", "Group A", "Group B", "Results")


@dataclass(frozen=True, kw_only=True)
class NumberForm:
    """How the numbers of a column are written.

    Attributes:
        num_decimals: Digits after the point.
        has_commas: Whether thousands stand apart.
        prefix, suffix: Around each number: "¥", "%".
    """

    num_decimals: int = 0
    has_commas: bool = False
    prefix: str = ""
    suffix: str = ""

    def written(self, number: Decimal) -> str:
        """A number as text."""
        comma = "," if self.has_commas else ""
        return f"{self.prefix}{number:{comma}.{self.num_decimals}f}{self.suffix}"

    def number(self, text: str) -> Decimal:
        """The number that `written` wrote; 0 for a cell without one."""
        digits = text.removeprefix(self.prefix).removesuffix(self.suffix).replace(",", "")
        return Decimal(digits) if digits else Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column: its name, how its cells are drawn, and its numbers' form where they can be added.

    Attributes:
        name: What stands at its top.
        draw: Gives the cells' text.
        align: Of the cells.
        can_merge: Whether neighbours may say the same thing in one merged cell.
        sums: The form of its numbers; None where adding them up means nothing.
    """

    name: str
    draw: Draw
    align: Literal["left", "centre", "right"] = "left"
    can_merge: bool = False
    sums: NumberForm | None = None

    def draw_values(self, rng: np.random.Generator, num_rows: int) -> list[str]:
        """The text of each row."""
        return [self.draw(rng, row) for row in range(num_rows)]

    def total(self, values: Sequence[str]) -> str | None:
        """The sum of the column as it would be written; None where there is none."""
        if self.sums is None or not any(values):
            return None
        return self.sums.written(sum(map(self.sums.number, values), Decimal(0)))


def draw_columns(rng: np.random.Generator, language: Language, num_columns: int) -> list[Column]:
    """A column of names or numbers of rows first, then others; names are different."""
    columns = [_first(rng, language)]
    while len(columns) < num_columns:
        column = _MAKERS[int(rng.choice(len(_MAKERS), p=_WEIGHTS))](rng, language)
        if column.name not in {each.name for each in columns}:
            columns.append(column)
    return columns


def group_names(rng: np.random.Generator, language: Language, count: int) -> list[str]:
    """Names for groups of columns, each once as long as there are enough."""
    known = wording.writable(_GROUPS_ZH if language == "zh" else _GROUPS_EN)
    names = [known[index] for index in rng.permutation(len(known))]
    return [names[index % len(names)] for index in range(count)]


def _first(rng: np.random.Generator, language: Language) -> Column:
    if rng.random() < 0.25:
        name = wording.pick(rng, ("序号", "编号") if language == "zh" else ("No.", "#", "Item"))
        return Column(name=name, draw=lambda _, row: str(row + 1), align="centre")
    return _names(rng, language)


def _names(rng: np.random.Generator, language: Language) -> Column:
    if rng.random() < 0.3:
        name = "姓名" if language == "zh" else "Name"
        return Column(name=name, draw=lambda r, _: wording.person(r, language))
    most = int(rng.integers(1, 4))
    return Column(
        name=wording.label(rng, language),
        draw=lambda r, _: wording.phrase(r, language, int(r.integers(1, most + 1))),
        can_merge=True,
    )


def _words(rng: np.random.Generator, language: Language) -> Column:
    align = "centre" if rng.random() < 0.5 else "left"
    return Column(
        name=wording.label(rng, language),
        draw=lambda r, _: wording.value(r, language),
        align="centre" if align == "centre" else "left",
        can_merge=True,
    )


def _remarks(rng: np.random.Generator, language: Language) -> Column:
    """Longer texts, some with lines broken on purpose."""

    def draw(r: np.random.Generator, _: int) -> str:
        lines = [wording.phrase(r, language, int(r.integers(2, 7)))]
        if r.random() < 0.2:
            lines.append(wording.value(r, language))
        return "\n".join(lines)

    return Column(name="备注" if language == "zh" else "Remarks", draw=draw)


def _dates(rng: np.random.Generator, language: Language) -> Column:
    name = wording.pick(rng, ("日期", "时间") if language == "zh" else ("Date", "Due date"))
    return Column(name=name, draw=lambda r, _: wording.date(r, language), align="centre")


def _codes(rng: np.random.Generator, language: Language) -> Column:
    name = wording.pick(rng, ("型号", "代码", "单号") if language == "zh" else ("Code", "Model"))
    return Column(name=name, draw=lambda r, _: wording.code(r), align="centre")


def _numbers(rng: np.random.Generator, language: Language) -> Column:
    form = NumberForm(
        num_decimals=int(rng.choice([0, 0, 1, 2, 2])),
        has_commas=rng.random() < 0.4,
        prefix=wording.pick(rng, ("", "", "", "¥" if language == "zh" else "$")),
    )
    most = 10 ** int(rng.integers(2, 8))

    def draw(r: np.random.Generator, _: int) -> str:
        return form.written(Decimal(int(r.integers(1, most))).scaleb(-form.num_decimals))

    align: Literal["right", "centre"] = "right" if rng.random() < 0.7 else "centre"
    return Column(name=wording.label(rng, language), draw=draw, align=align, sums=form)


def _percents(rng: np.random.Generator, language: Language) -> Column:
    form = NumberForm(num_decimals=int(rng.integers(0, 3)), suffix="%")
    sign = -1 if rng.random() < 0.3 else 0

    def draw(r: np.random.Generator, _: int) -> str:
        most = 99 * 10**form.num_decimals
        return form.written(Decimal(int(r.integers(sign * most, most))).scaleb(-form.num_decimals))

    name = wording.pick(rng, ("占比", "增长率") if language == "zh" else ("Share", "Growth"))
    return Column(name=name, draw=draw, align="right")


_MAKERS = (_numbers, _names, _words, _dates, _codes, _percents, _remarks)
_WEIGHTS = (0.4, 0.12, 0.16, 0.1, 0.07, 0.08, 0.07)
