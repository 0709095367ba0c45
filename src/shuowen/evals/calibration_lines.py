"""Which characters of the lines that were read are right, against the truth as a whole.

The truth does not say where its lines stand, so each line is looked for in it, longest first; what
a line was found in is not given to another. A line that is not to be found is wrong from end to
end. Characters that comparing leaves out (`normalise.py`: white space, marks of Markdown), and the
hyphen at a line's end that only broke a word, are neither right nor wrong.

What is lost at the very edge of a line shows in no line: no character of it was read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from shuowen.evals.calibration_alignment import TAKEN, Codes, codes_of, locate, split_costs
from shuowen.evals.datasets import Item
from shuowen.evals.normalise import normalise_text
from shuowen.evals.reading import ReadLine

PARTIAL_TRUTH = frozenset({"photographed_mdpbench", "formulas_im2markup"})
"""Sets whose truth leaves out tables and formulas, or is LaTeX: a line that is not in the truth may
be read well."""

LEAST_LIKENESS = 0.5
"""Share of a line's characters that must be in a stretch of the truth to take it for the line's."""
LEAST_PART = 3
"""Characters that part of a line needs to be looked for by itself: two columns read as one."""
PART_LIKENESS = 0.75
"""As above, for such a part."""
LEAST_GAIN = 3
"""More edits than this have to be saved by looking for two parts instead of the whole."""


@dataclass(frozen=True, kw_only=True)
class JudgedCharacter:
    """A character that is right or wrong, and how likely right the reader called it."""

    confidence: float
    is_right: bool


@dataclass(frozen=True, kw_only=True)
class JudgedLine:
    """A line and what is right in it.

    Attributes:
        line: What was read.
        are_right: For each character of its text; None for what is not compared.
        is_right: Whether all that is compared is right and nothing is missing in between.
    """

    line: ReadLine
    are_right: tuple[bool | None, ...]
    is_right: bool

    @property
    def confidence(self) -> float:
        """How likely right the reader called the line."""
        return self.line.confidence

    @property
    def characters(self) -> list[JudgedCharacter]:
        """The characters that are compared; none of a line without confidences for them."""
        pairs = zip(self.line.character_confidences, self.are_right, strict=False)
        return [
            JudgedCharacter(confidence=confidence, is_right=is_right)
            for confidence, is_right in pairs
            if is_right is not None
        ]


def has_whole_truth(item: Item) -> bool:
    """Whether a line that is not in the item's truth is wrong; see `PARTIAL_TRUTH`."""
    return item.set_name not in PARTIAL_TRUTH


def judge_lines(
    lines: Sequence[ReadLine], truth: str, *, fold_case: bool = False
) -> list[JudgedLine]:
    """Says of each line what is right in it.

    Args:
        lines: All lines that were read, in any order.
        truth: All text that there was to be read, as it is in the data.
        fold_case: As for `normalise_text`.

    Returns:
        The lines that hold something to compare, in their order.
    """

    def normalise(text: str) -> str:
        return normalise_text(text, fold_case=fold_case)

    compared = [_Compared(line.text, normalise) for line in lines]
    rest = codes_of(normalise(truth))
    least = LEAST_LIKENESS if len(lines) > 1 else 0.0  # one line alone can only stand there
    by_length = sorted(compared, key=lambda each: -len(each.codes))
    for each in by_length:
        each.place(rest, least)
    return [
        each.judged(line) for line, each in zip(lines, compared, strict=True) if len(each.codes)
    ]


class _Compared:
    """A line while it is compared: its normalised characters and what is known of them."""

    def __init__(self, text: str, normalise: Callable[[str], str]) -> None:
        self._text = text
        normal, self._origins = _normalised(text, normalise)
        self.codes = codes_of(normal)
        self._are_right = [False] * len(self.codes)
        self._num_missing = 0

    def place(self, rest: Codes, least: float) -> None:
        """Looks for the line in `rest` and takes out what it is."""
        self._look(rest, 0, len(self.codes), least)

    def _look(self, rest: Codes, start: int, end: int, least: float) -> None:
        if start == end:
            return
        found = locate(self.codes[start:end], rest)
        if cut := self._cut(rest, start, end, found.cost):
            self._look(rest, start, cut, PART_LIKENESS)
            self._look(rest, cut, end, PART_LIKENESS)
        elif found.num_right and found.num_right >= least * (end - start):
            self._are_right[start:end] = found.are_right
            self._num_missing += found.num_missing
            rest[found.start : found.end] = TAKEN

    def _cut(self, rest: Codes, start: int, end: int, cost: int) -> int | None:
        """Where to cut a part of the line whose halves stand apart in the truth; None for not."""
        cuts = range(start + LEAST_PART, end - LEAST_PART + 1)
        if cost <= LEAST_GAIN or not cuts:
            return None
        costs = split_costs(self.codes[start:end], rest)[LEAST_PART : LEAST_PART + len(cuts)]
        best = int(costs.argmin())
        return cuts[best] if costs[best] + LEAST_GAIN < cost else None

    def judged(self, line: ReadLine) -> JudgedLine:
        """What is known, for the characters of the line as it was read."""
        are_right: list[bool | None] = [None] * len(self._text)
        for origin, is_right in zip(self._origins, self._are_right, strict=True):
            are_right[origin] = is_right and are_right[origin] is not False
        if are_right and self._text[-1] in "-\u2010\u00ad" and not are_right[-1]:
            are_right[-1] = None
        return JudgedLine(
            line=line,
            are_right=tuple(are_right),
            is_right=False not in are_right and not self._num_missing,
        )


def _normalised(text: str, normalise: Callable[[str], str]) -> tuple[str, list[int]]:
    """`text` as it is compared, and for each of its characters where it came from in `text`."""
    whole = normalise(text)
    pieces = [
        (index, letter) for index, character in enumerate(text) for letter in normalise(character)
    ]
    letters = "".join(letter for _, letter in pieces)
    if letters == whole:
        return whole, [index for index, _ in pieces]
    # Markup, or characters that make one together: what both have in common keeps its place.
    blocks = SequenceMatcher(None, letters, whole, autojunk=False).get_matching_blocks()
    kept = [number for block in blocks for number in range(block.a, block.a + block.size)]
    return "".join(letters[number] for number in kept), [pieces[number][0] for number in kept]
