"""A judged solution as the chat that a critic is trained on and asked with.

The user brings the question with the first solution step, then one step a turn; to each the answer
is + or − (VisualPRM, arXiv 2503.10291 §4). Needs no torch.
"""

from __future__ import annotations

from collections.abc import Sequence

from shuowen.errors import InputError
from shuowen.train.records import Stepwise, Turn, place_pictures

RIGHT, WRONG = "+", "-"


def solution_turns(record: Stepwise, system: str | None = None) -> tuple[Turn, ...]:
    """Turns of a judged solution, with the labels as the assistant's answers.

    Args:
        record: The solution.
        system: A system message; None: the template's own, which the released critics are asked
            with.

    Raises:
        InputError: There are no solution steps, or not as many labels.
    """
    if not record.solution_steps or len(record.solution_steps) != len(record.labels):
        raise InputError(
            f"{record.key} has {len(record.solution_steps)} solution steps and"
            f" {len(record.labels)} labels.",
            "Give at least one solution step, and a label for each.",
        )
    asked = place_pictures((Turn("user", record.question),), len(record.pictures), record.key)
    said = [_with_question(asked[0].text, record.solution_steps[0]), *record.solution_steps[1:]]
    return (*_system(system), *_judged(said, record.labels))


def _with_question(question: str, first_step: str) -> str:
    return f"### Question:\n{question}\n\n### Solution Process:\n{first_step}"


def _system(system: str | None) -> list[Turn]:
    return [] if system is None else [Turn("system", system)]


def _judged(said: Sequence[str], labels: Sequence[bool]) -> list[Turn]:
    turns = []
    for text, is_right in zip(said, labels, strict=True):
        turns += [Turn("user", text), Turn("assistant", RIGHT if is_right else WRONG)]
    return turns
