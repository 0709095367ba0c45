"""A solution, step by step, as a process critic is shown it.

The chat of VisualPRM (Wang et al. 2025, arXiv 2503.10291 §4): the first turn holds the question and
the first solution step, every further turn one more step, and after each the critic says `+` while
everything so far is right, else `-`. Training and scoring write it with the functions here.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from shuowen.prompt.messages import Message, Part, TextPart

GOOD, BAD = "+", "-"
"""What the critic says after a step."""

PRM_SYSTEM_PROMPT = (
    "You are an advanced AI assistant, designed to serve as a process supervision model. In this"
    " task, I will provide a problem statement followed by the first step of the solution process."
    " For each subsequent turn, I will give you a new step in the solution. Your role is to assess"
    " whether the solution process is correct up to the current step.\n\n"
    "- In the **first round**, I will input the problem and the first step of the solution"
    " process.\n"
    "- In **each subsequent round**, I will provide the next step in the solution.\n\n"
    "For each step, you should:\n\n"
    '- Respond with **"+"** if you believe the solution process is correct up to this step.\n'
    '- Respond with **"-"** if you detect any issues or errors in the process up to this step.\n\n'
    "Please note:\n"
    '- Only respond with **"+"** or **"-"**. Do not provide any additional explanations, comments,'
    " or justifications.\n\n"
    "Your task is to verify the accuracy and correctness of each step in the given solution"
    " process."
)
"""What the data of VisualPRM400K begin with (OpenGVLab/InternVL, `reasoning_data_pipeline`)."""

MAX_STEPS = 12
"""Into how many steps a solution is cut at most, as in the authors' own judge."""

QUESTION_HEADING, SOLUTION_HEADING = "### Question:", "### Solution Process:"
_BLANK_LINE = "\n\n"
_SPEAKERS = {"user": "User:", "assistant": "Assistant:", "tool": "Tool:"}


def split_solution(response: str, max_steps: int | None = MAX_STEPS) -> tuple[str, ...]:
    """The steps of a solution: its paragraphs, or groups of them where there are too many.

    With more than `max_steps` paragraphs, every ⌈paragraphs / max_steps⌉ of them are one step
    (VisualPRM's `max_steps`). Paragraphs without letters are left out.

    Args:
        response: The whole answer.
        max_steps: Most steps; None for no limit.

    Returns:
        At least one step; a single empty one for an empty answer.
    """
    paragraphs = [each.strip() for each in response.split(_BLANK_LINE) if each.strip()]
    if not paragraphs:
        return ("",)
    size = 1 if max_steps is None else -(-len(paragraphs) // max_steps)
    starts = range(0, len(paragraphs), size)
    return tuple(_BLANK_LINE.join(paragraphs[start : start + size]) for start in starts)


def question_parts(messages: Sequence[Message]) -> tuple[Part, ...]:
    """What a chat asks, as the parts of one question, without the system's turn.

    Critics are trained on single questions; of a longer chat the turns follow one another, each
    below the name of who speaks. Where words come before all pictures, the pictures go first, as
    the chat template puts them.
    """
    turns = [each for each in messages if each.role != "system" and each.parts]
    if len(turns) == 1:
        return _pictures_first(turns[0].parts)
    told = ((TextPart(_SPEAKERS[each.role]), *_pictures_first(each.parts)) for each in turns)
    return tuple(chain.from_iterable(told))


def judged_turns(
    question: Sequence[Part],
    solution_steps: Sequence[str],
    signs: Sequence[str],
    system: str | None = None,
) -> tuple[Message, ...]:
    """The chat that a critic sees.

    Args:
        question: What was asked: words and pictures.
        solution_steps: At least one.
        signs: What the critic says after each step, `GOOD` or `BAD`; one fewer where it is to say
            something about the last.
        system: The system message; None for the chat template's own.
    """
    users = [_first_turn(question, solution_steps[0])]
    users += [Message.of("user", step) for step in solution_steps[1:]]
    messages = [] if system is None else [Message.of("system", system)]
    for index, user in enumerate(users):
        messages.append(user)
        messages += [Message.of("assistant", sign) for sign in signs[index : index + 1]]
    return tuple(messages)


def _first_turn(question: Sequence[Part], step: str) -> Message:
    *others, last = question or (TextPart(""),)
    solution = f"{SOLUTION_HEADING}\n{step}"
    if isinstance(last, TextPart):
        ending: tuple[Part, ...] = (TextPart(f"{last.text}{_BLANK_LINE}{solution}"),)
    else:  # a picture ends its own line
        ending = (last, TextPart(f"\n{solution}"))
    return Message("user", (TextPart(QUESTION_HEADING), *others, *ending))


def _pictures_first(parts: Sequence[Part]) -> tuple[Part, ...]:
    num_words = sum(isinstance(part, TextPart) for part in parts)
    if all(isinstance(part, TextPart) for part in parts[:num_words]):
        return (*parts[num_words:], *parts[:num_words])
    return tuple(parts)
