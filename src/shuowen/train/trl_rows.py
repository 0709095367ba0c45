"""Rows in the forms of TRL's data sets (huggingface/trl, docs: dataset_formats). Needs no torch.

::

    {"messages": […]}
    {"prompt": …, "completion": …}
    {"prompt": …, "chosen": …, "rejected": …}      the prompt may be left to the two answers
    {"prompt": …, "completions": […], "labels": […]}

A prompt and an answer are text, or lists of messages {"role", "content"}. A content is text or a
list of parts {"type": "text", "text"} and {"type": "image"}; pictures are listed beside, as
"images", or named by their part as "image".
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

from shuowen.train.records import (
    PICTURE_MARK,
    Conversation,
    FilePicture,
    PictureSource,
    Preference,
    Record,
    Stepwise,
    Turn,
)
from shuowen.train.row_fields import RowError, string

_FORMS = (
    "it has none of conversations, question, messages, prompt with completion, chosen with"
    " rejected, completions with labels"
)


def trl_record(
    row: Mapping[str, Any], pictures: tuple[PictureSource, ...], key: str, root: Path
) -> Record:
    """A row of TRL's as a record.

    Args:
        row: What the JSON object says.
        pictures: Those that are listed beside.
        key: Names the record.
        root: Folder that names of pictures inside messages are relative to.

    Raises:
        RowError: The row is none of the forms.
    """
    reader = _Reader(root)
    if "chosen" in row or "rejected" in row:
        return reader.preference(row, pictures, key)
    if "completions" in row:
        return reader.stepwise(row, pictures, key)
    if "label" in row:
        raise RowError("answers that are labelled one by one are not supported; give pairs")
    if "messages" in row:
        turns = reader.turns(row["messages"], "user")
    elif "prompt" in row and "completion" in row:
        turns = reader.turns(row["prompt"], "user") + reader.turns(row["completion"], "assistant")
    else:
        raise RowError(_FORMS)
    if not any(turn.role == "assistant" for turn in turns):
        raise RowError("no message is the assistant's, so there is nothing to learn")
    return Conversation(key=key, turns=turns, pictures=(*pictures, *reader.pictures))


class _Reader:
    """Reads messages; gathers the pictures that they name."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.pictures: list[PictureSource] = []

    def preference(
        self, row: Mapping[str, Any], pictures: tuple[PictureSource, ...], key: str
    ) -> Preference:
        prompt = self.turns(row["prompt"], "user") if "prompt" in row else ()
        named = tuple(self.pictures)  # pictures inside answers would be shown twice
        chosen = self.turns(row.get("chosen"), "assistant")
        rejected = self.turns(row.get("rejected"), "assistant")
        if "prompt" not in row:
            pairs = zip(chosen[:-1], rejected[:-1], strict=False)
            prompt = tuple(mine for mine, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
            chosen, rejected = chosen[len(prompt) :], rejected[len(prompt) :]
            named = tuple(self.pictures[: len(self.pictures) // 2])
        if not prompt or prompt[-1].role != "user":
            raise RowError("the prompt of the two answers does not end with the user's turn")
        return Preference(
            key=key,
            turns=prompt,
            pictures=(*pictures, *named),
            chosen=_answer(chosen, "chosen"),
            rejected=_answer(rejected, "rejected"),
        )

    def stepwise(
        self, row: Mapping[str, Any], pictures: tuple[PictureSource, ...], key: str
    ) -> Stepwise:
        steps, labels = row["completions"], row.get("labels")
        if not isinstance(steps, list) or not steps or not all(isinstance(s, str) for s in steps):
            raise RowError('"completions" is not a list of texts')
        if not isinstance(labels, list) or not all(isinstance(each, bool) for each in labels):
            raise RowError('"labels" is not a list of true and false')
        if len(steps) != len(labels):
            raise RowError(f"there are {len(steps)} completions and {len(labels)} labels")
        prompt = self.turns(row.get("prompt"), "user")
        if len(prompt) != 1 or prompt[0].role != "user":
            raise RowError('"prompt" is not one question')
        return Stepwise(
            key=key,
            question=prompt[0].text,
            pictures=(*pictures, *self.pictures),
            solution_steps=tuple(steps),
            labels=tuple(labels),
        )

    def turns(self, said: object, role: str) -> tuple[Turn, ...]:
        """Messages, or one text that `role` says."""
        if isinstance(said, str):
            said = [{"role": role, "content": said}]
        if not isinstance(said, list) or not said:
            raise RowError(f"what the {role} says is neither text nor a list of messages")
        turns = tuple(self._turn(message) for message in said)
        if any(turn.role == "system" for turn in turns[1:]):
            raise RowError("a system message stands elsewhere than first")
        return turns

    def _turn(self, message: object) -> Turn:
        role = message.get("role") if isinstance(message, dict) else None
        if not isinstance(message, dict) or role not in ("system", "user", "assistant"):
            raise RowError("a message's role is not system, user or assistant")
        content = message.get("content")
        if isinstance(content, list):
            return Turn(role, "".join(self._part(part) for part in content))
        return Turn(role, string(message, "content"))

    def _part(self, part: object) -> str:
        kind = part.get("type") if isinstance(part, dict) else None
        if isinstance(part, dict) and kind == "text":
            return string(part, "text")
        if not isinstance(part, dict) or kind != "image":
            raise RowError("a part of a message is neither text nor an image")
        if part.get("image") is not None:
            self.pictures.append(FilePicture(self._root / string(part, "image")))
        return f"{PICTURE_MARK}\n"


def _answer(turns: tuple[Turn, ...], field: str) -> str:
    if len(turns) != 1 or turns[0].role != "assistant":
        raise RowError(f'"{field}" is not one answer of the assistant')
    return turns[0].text
