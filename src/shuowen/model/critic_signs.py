"""The two tokens by which a process critic judges, and where in a prompt it is about to say one.

T tokens of a prompt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shuowen.errors import ModelError
from shuowen.generation.solution_steps import BAD, GOOD
from shuowen.prompt.special import TURN_END, TURN_START
from shuowen.prompt.tokenizer import Tokenizer

_ROLE = "assistant\n"


@dataclass(frozen=True)
class Signs:
    """What a critic says, as one tokenizer writes it.

    Attributes:
        good_id: The token `+`.
        bad_id: The token `-`.
        opening: The tokens before it: `<|im_start|>assistant` and a line break.
        end_id: The token that ends a turn.
    """

    good_id: int
    bad_id: int
    opening: tuple[int, ...]
    end_id: int

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Signs:
        """Find them by name, and check that `+` is that token where prompts hold it.

        Raises:
            ModelError: A sign is no token, or `+` is several or one with what stands before it.
        """
        good_id, bad_id = (tokenizer.id_of(sign) for sign in (GOOD, BAD))
        role = tokenizer.encode_text(_ROLE)
        written = tokenizer.encode_text(_ROLE + GOOD)
        if written != [*role, good_id]:
            raise ModelError(
                f"The tokenizer does not write {GOOD!r} as one token at the start of a turn.",
                "Take the tokenizer files of a VisualPRM or InternVL3 folder.",
            )
        opening = (tokenizer.id_of(TURN_START), *role)
        return cls(good_id, bad_id, opening, tokenizer.id_of(TURN_END))

    def rows(self, token_ids_T: NDArray[np.int64], num_steps: int) -> list[int]:
        """Indices of the tokens right before a `+`, whose logits judge the step above it.

        What a person writes never becomes the token that opens a turn, so nothing in a question or
        an answer is taken for a verdict.

        Raises:
            ModelError: There are not as many as steps.
        """
        wanted = (*self.opening, self.good_id, self.end_id)
        windows = np.lib.stride_tricks.sliding_window_view(token_ids_T, len(wanted))
        starts = np.flatnonzero((windows == np.array(wanted)).all(axis=1))
        if len(starts) != num_steps:
            raise ModelError(
                f"A chat with {num_steps} steps has {len(starts)} verdicts.",
                "Take the tokenizer files of a VisualPRM or InternVL3 folder.",
            )
        rows: list[int] = (starts + len(self.opening) - 1).tolist()
        return rows
