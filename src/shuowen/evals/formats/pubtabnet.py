"""PubTabNet: pictures of tables from scientific papers, scored by TEDS.

::

    pubtabnet/
      PubTabNet_2.0.0.jsonl    {"filename": "PMC…png", "split": "val", "imgid": 1, "html":
                                {"structure": {"tokens": ["<thead>", …]},
                                 "cells": [{"tokens": ["<b>", "A", "</b>"], "bbox": […]}, …]}}
      val/PMC…png

Source: Zhong, ShafieiBavani, Jimeno Yepes, "Image-based table recognition: data, model, and
evaluation", ECCV 2020; ibm-aur-nlp/PubTabNet. A table is complex when a cell of it spans.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from shuowen.errors import InputError
from shuowen.evals.datasets import EvaluationSet, Item
from shuowen.evals.formats.pictures import Pictures
from shuowen.evals.formats.records import holds_json_like, read_json_lines
from shuowen.evals.judges.teds import PUBTABNET_RULES, table_teds

SPLITS = ("val", "test", "train")
"""The first of these that has rows is read: published scores are those of val."""

_SPAN = re.compile(r"(?:row|col)span")
_CELL = re.compile(r"(<td[^<>]*>)(</td>)")


class _Tokens(msgspec.Struct):
    tokens: list[str]


class _Html(msgspec.Struct):
    structure: _Tokens
    cells: list[_Tokens]


class _Split(msgspec.Struct):
    split: str
    filename: str


class _Table(msgspec.Struct):
    split: str
    filename: str
    html: _Html


def is_here(folder: Path) -> bool:
    """Whether a list of tables is in `folder`."""
    return bool(_files(folder))


def load(folder: Path) -> list[EvaluationSet]:
    """The tables without and with spanning cells as the sets simple and complex.

    Raises:
        InputError: No list is there, a row cannot be read, or pictures are absent.
    """
    files = _files(folder)
    if not files:
        raise InputError(f"{folder} holds no list of tables such as PubTabNet_2.0.0.jsonl.")
    present = {row.split for path in files for _, row in read_json_lines(path, _Split)}
    split = next((each for each in SPLITS if each in present), "")
    pictures = Pictures(folder, (split, ".", "images"))
    sets: dict[str, list[Item]] = {"simple": [], "complex": []}
    for path in files:
        for place, row in read_json_lines(path, _Table):
            if row.split == split:
                is_complex = any(map(_SPAN.search, row.html.structure.tokens))
                name = "complex" if is_complex else "simple"
                sets[name].append(_item(name, row, place, pictures))
    pictures.require_all()
    return [EvaluationSet(name=name, items=tuple(items)) for name, items in sets.items() if items]


def table_html(structure: list[str], cells: list[list[str]], place: str) -> str:
    """The table as HTML: each cell's tokens between the tags that open and close it.

    Raises:
        InputError: There are more or fewer cells than the structure has.
    """
    parts = _CELL.split("".join(structure))
    num_places = len(parts) // 3
    if num_places != len(cells):
        raise InputError(f"{place} has {len(cells)} cells and a structure for {num_places}.")
    filled = [
        f"{parts[3 * index]}{parts[3 * index + 1]}{''.join(cell)}{parts[3 * index + 2]}"
        for index, cell in enumerate(cells)
    ]
    return f"<table>{''.join(filled)}{parts[-1]}</table>"


def _files(folder: Path) -> list[Path]:
    return [
        path for path in sorted(folder.glob("*.jsonl")) if holds_json_like(path, _Table, lines=True)
    ]


def _item(set_name: str, row: _Table, place: str, pictures: Pictures) -> Item:
    cells = [cell.tokens for cell in row.html.cells]
    html = table_html(row.html.structure.tokens, cells, place)
    return Item(
        set_name=set_name,
        path=pictures.find(row.filename, place),
        kind="table",
        text=None,
        html=html,
        judges=table_teds(html, PUBTABNET_RULES),
    )
