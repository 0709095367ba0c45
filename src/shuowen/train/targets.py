"""Which tokens are to be learnt: the assistant's words and the token that ends its turn.

Found on the token ids, so whatever people write cannot be taken for a turn. T tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shuowen.errors import InputError
from shuowen.prompt.special import TURN_END, TURN_START
from shuowen.prompt.tokenizer import Tokenizer


@dataclass(frozen=True)
class TurnMarks:
    """How an assistant's turn looks in token ids.

    Attributes:
        begin_ids: `<|im_start|>assistant` and the line break.
        end_id: `<|im_end|>`.
    """

    begin_ids: tuple[int, ...]
    end_id: int

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> TurnMarks:
        """The marks in a tokenizer's ids; raises `ModelError` when it has no such tokens."""
        words = tokenizer.encode_text("assistant\n")
        return cls((tokenizer.id_of(TURN_START), *words), tokenizer.id_of(TURN_END))

    def answers(self, token_ids_T: NDArray[np.int64]) -> list[tuple[int, int]]:
        """Where the assistant's words begin, and where each turn's `<|im_end|>` stands.

        An answer whose end is cut off ends where the tokens do.
        """
        begin = np.array(self.begin_ids, np.int64)
        ends = np.flatnonzero(token_ids_T == self.end_id)
        spans = []
        for start in np.flatnonzero(token_ids_T == begin[0]):
            first = int(start) + len(begin)
            if np.array_equal(token_ids_T[start:first], begin):
                place = int(np.searchsorted(ends, first))
                spans.append((first, int(ends[place]) if place < len(ends) else len(token_ids_T)))
        return spans


def answer_mask(token_ids_T: NDArray[np.int64], marks: TurnMarks) -> NDArray[np.bool_]:
    """True at all tokens of every answer and at its `<|im_end|>`, not at the line break after it.

    As upstream's `preprocess_internvl2_5` (internvl/train/dataset.py).
    """
    mask = np.zeros(len(token_ids_T), np.bool_)
    for first, end in marks.answers(token_ids_T):
        mask[first : end + 1] = True
    return mask


def verdict_mask(
    token_ids_T: NDArray[np.int64], marks: TurnMarks, num_verdicts: int
) -> NDArray[np.bool_]:
    """True at the first token of every answer alone: what a critic says of a solution step.

    Raises:
        InputError: A verdict has more than one token, or their number is another.
    """
    answers = marks.answers(token_ids_T)
    if len(answers) != num_verdicts or any(end - first != 1 for first, end in answers):
        raise InputError(
            f"{num_verdicts} solution steps do not have {num_verdicts} verdicts of one token.",
            "Take a tokenizer that has + and - as tokens, and allow more tokens.",
        )
    mask = np.zeros(len(token_ids_T), np.bool_)
    mask[[first for first, _ in answers]] = True
    return mask
