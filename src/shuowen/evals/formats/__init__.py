"""Public benchmarks in the form in which their makers publish them.

Each module names its source, the files that a folder must hold, what is scored and what is not.
What goes under a benchmark's name as its total is in `formats/totals.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from shuowen.evals.datasets import EvaluationSet
from shuowen.evals.formats import (
    cc_ocr,
    docvqa,
    ocrbench,
    olmocr_bench,
    omnidocbench,
    pubtabnet,
)

FORMATS: Mapping[str, Callable[[Path], list[EvaluationSet]]] = {
    "omnidocbench": omnidocbench.load,
    "ocrbench": ocrbench.load,
    "docvqa": docvqa.load,
    "cc-ocr": cc_ocr.load,
    "olmocr-bench": olmocr_bench.load,
    "pubtabnet": pubtabnet.load,
}
"""Loaders by the name that `--format` takes; each raises InputError for what it cannot use."""

_SIGNS: Mapping[str, Callable[[Path], bool]] = {
    "omnidocbench": omnidocbench.is_here,
    "ocrbench": ocrbench.is_here,
    "docvqa": docvqa.is_here,
    "cc-ocr": cc_ocr.is_here,
    "olmocr-bench": olmocr_bench.is_here,
    "pubtabnet": pubtabnet.is_here,
}


def detect(folder: Path) -> str | None:
    """The benchmark whose files are in `folder`, a key of `FORMATS`; None for none of them."""
    return next((name for name, is_here in _SIGNS.items() if is_here(folder)), None)
