"""A reading beside the truth, character by character, as HTML.

What was read stands as it was read. `<del>` is what was read and is not in the truth, `<ins>` what
is in the truth and was not read there. Only differences that count are marked: those that
normalising takes away (`evals/normalise.py`), such as white space and the width of punctuation,
are not.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape
from itertools import groupby

from shuowen.evals.extra import import_from_bench_extra
from shuowen.evals.normalise import normalise_text, strip_markup

MAX_CHARACTERS = 20_000
"""What is compared and shown of a text at most."""


def difference(read: str, truth: str, *, fold_case: bool = False) -> str:
    """The reading as HTML, with what is wrong and what is missing marked.

    Raises:
        MissingExtraError: The extra `bench` is not installed.
    """
    ours, theirs = _Shown(read, fold_case), _Shown(truth, fold_case)
    levenshtein = import_from_bench_extra("rapidfuzz.distance.Levenshtein")
    steps = levenshtein.opcodes(theirs.letters, ours.letters)
    pieces = []
    # Steps between two stretches that agree are one difference: a replacement, then an insertion.
    for agrees, group in groupby(steps, lambda step: step.tag == "equal"):
        *_, last = group
        mine, missing = ours.upto(last.dest_end), theirs.upto(last.src_end)
        pieces.append(escape(mine) if agrees else _marked("del", mine) + _marked("ins", missing))
    return "".join([*pieces, escape(ours.rest())])


class _Shown:
    """A text without markup: its letters as they are compared, and where each stands in it."""

    def __init__(self, text: str, fold_case: bool) -> None:
        self._text = strip_markup(text)[:MAX_CHARACTERS].strip()
        self._given = 0
        normal = [_normal(character, fold_case) for character in self._text]
        self.letters = "".join(normal)
        self._ends = [index for index, letters in enumerate(normal, start=1) for _ in letters]

    def upto(self, num_letters: int) -> str:
        """The text behind what was given before, up to and with that many letters."""
        start, end = self._given, self._ends[num_letters - 1] if num_letters else 0
        self._given = max(start, end)
        return self._text[start : self._given]

    def rest(self) -> str:
        """What no letter is in, at the end."""
        return self._text[self._given :]


@lru_cache(maxsize=1 << 16)
def _normal(character: str, fold_case: bool) -> str:
    return normalise_text(character, fold_case=fold_case)


def _marked(tag: str, text: str) -> str:
    """`text` in a mark, with the white space before it outside: a marked line break is no error."""
    inner = text.lstrip()
    space = text[: len(text) - len(inner)] if tag == "del" else ""
    return f"{escape(space)}<{tag}>{escape(inner)}</{tag}>" if inner else escape(space)
