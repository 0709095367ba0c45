"""Likeness of a whole answer to a whole truth: CC-OCR's pages, formulas and molecules.

Source of the rules: CC-OCR's published evaluation (AlibabaResearch/AdvancedLiterateMachinery,
Benchmarks/CC-OCR, doc_parsing_evaluator.py as of April 2025): 1 - normalised edit distance after
blanks and line ends are gone; of a page, also what only frames a LaTeX document.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from shuowen.evals.judges.likeness import likeness
from shuowen.evals.reading import Reading

_FRAME = re.compile(
    r"\\(?:(?:documentclass|geometry)\{.*?\}|usepackage(?:\[.*?\])?\{.*?\}"
    r"|(?:begin|end)\{document\}|noindent)"
)
_LATEX_FENCE = re.compile(r"```latex(.+?)(?:```|\Z)", re.DOTALL)
_BLANKS = re.compile(r"[ \n]+")


@dataclass(frozen=True, kw_only=True)
class WholeText:
    """1 - normalised edit distance of reading and truth, both after `clean`."""

    truth: str
    clean: Callable[[str], str]
    name: str = "likeness"

    def score(self, reading: Reading) -> float:
        """0 to 1; 1 when both are the same."""
        return likeness(self.clean(reading.text), self.clean(self.truth))


def clean_page(text: str) -> str:
    """A page in LaTeX without its frame: what is inside a fence, if one is there."""
    framed = _FRAME.sub("", text)
    fence = _LATEX_FENCE.search(framed)
    return _BLANKS.sub("", fence.group(1) if fence else framed)


def clean_formula(text: str) -> str:
    """A formula without fences and white space."""
    return re.sub(r"```latex|```|[ \n\t]+", "", text)


def clean_molecule(text: str) -> str:
    """A SMILES string without its tags, blanks and line ends."""
    return re.sub(r"</?smiles>|[ \n]+", "", text)
