"""What is learnt from: conversations, preferences, judged solutions. Needs no torch.

A record says what is to be learnt and nothing of how: no tokens, no tiles. Pictures are opened only
when they are needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from shuowen.config import Limits
from shuowen.errors import InputError
from shuowen.image.formats import sniff
from shuowen.image.frames import open_frames
from shuowen.prompt.messages import ImagePart, Message, Part, TextPart
from shuowen.source.model import Source

Role = Literal["system", "user", "assistant"]

PICTURE_MARK = "<image>"
"""Stands in a user's text where a picture is shown, as in upstream's files."""

_LABEL = re.compile(r"Image-\d+: ?$")  # the template counts pictures itself


class PictureSource(Protocol):
    """A picture that is opened when it is needed."""

    def load(self) -> NDArray[np.uint8]:
        """(height, width, 3) RGB, 0 to 255, upright; raises `InputError` when it is none."""
        ...


@dataclass(frozen=True)
class FilePicture:
    """A picture file, opened with the same care as an unknown document."""

    path: Path

    def load(self) -> NDArray[np.uint8]:
        """Decode it; raises `InputError` that names the file when it is missing or damaged."""
        source = Source(name=str(self.path), path=self.path)
        media_type = sniff(source.head(), source.name)
        if not media_type.startswith("image/"):
            raise InputError(
                f"{self.path} is {media_type}, not a picture.", "Turn it into a picture first."
            )
        with open_frames(source, media_type, Limits()) as frames:
            return frames.load(0)


@dataclass(frozen=True, eq=False)
class ArrayPicture:
    """A picture that is in memory already: (height, width, 3) uint8, RGB."""

    pixels: NDArray[np.uint8] = field(repr=False)

    def load(self) -> NDArray[np.uint8]:
        """The pixels."""
        return self.pixels


@dataclass(frozen=True)
class Turn:
    """What one side says.

    Attributes:
        role: Who.
        text: The words; where the record has pictures, every `<image>` in a user's text is one.
    """

    role: Role
    text: str


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """Every assistant turn is to be learnt.

    Attributes:
        key: Names the record in messages to people.
        turns: In order; a system turn may come first.
        pictures: In the order of their marks.
    """

    key: str
    turns: tuple[Turn, ...]
    pictures: tuple[PictureSource, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Preference:
    """Two answers to the same turns, of which one is better.

    Attributes:
        key: Names the record in messages to people.
        turns: In order; the last is the user's.
        pictures: In the order of their marks.
        chosen: The better answer.
        rejected: The worse answer.
    """

    key: str
    turns: tuple[Turn, ...]
    pictures: tuple[PictureSource, ...] = ()
    chosen: str
    rejected: str


@dataclass(frozen=True, kw_only=True)
class Stepwise:
    """A solution of which every step is judged.

    Attributes:
        key: Names the record in messages to people.
        question: What was asked, with marks for the pictures.
        pictures: In the order of their marks.
        solution_steps: At least one.
        labels: For each solution step, whether all is right up to it.
    """

    key: str
    question: str
    pictures: tuple[PictureSource, ...] = ()
    solution_steps: tuple[str, ...]
    labels: tuple[bool, ...]


Record = Conversation | Preference | Stepwise


def messages_of(
    turns: Sequence[Turn], pictures: Sequence[PictureSource] = (), key: str = "A record"
) -> tuple[Message, ...]:
    """Turns as the messages that inference is given, with the pictures loaded.

    Where there are pictures and no user's text has a mark, all are shown before the first user's
    text, as upstream does. Line breaks around a mark and labels such as "Image-1: " are the
    template's to write and are taken off.

    Args:
        turns: In order.
        pictures: In the order of their marks.
        key: Names the record in errors.

    Raises:
        InputError: There are not as many marks as pictures, or a picture cannot be opened.
    """
    marked = place_pictures(turns, len(pictures), key)
    if not pictures:
        return tuple(Message.of(turn.role, turn.text) for turn in marked)
    left = iter(pictures)
    messages = []
    for turn in marked:
        if turn.role != "user":
            messages.append(Message.of(turn.role, turn.text))
            continue
        messages.append(Message(turn.role, tuple(_parts(turn.text, left))))
    return tuple(messages)


def place_pictures(turns: Sequence[Turn], num_pictures: int, key: str) -> tuple[Turn, ...]:
    """Turns with one mark for each picture; raises `InputError` where they do not fit."""
    num_marks = sum(turn.text.count(PICTURE_MARK) for turn in turns if turn.role == "user")
    if num_pictures and not num_marks:
        return _with_marks_first(turns, num_pictures, key)
    if num_pictures and num_marks != num_pictures:
        raise InputError(
            f"{key} has {num_pictures} pictures and {num_marks} marks {PICTURE_MARK}.",
            f"Write {PICTURE_MARK} once for each picture, or nowhere.",
        )
    return tuple(turns)


def _with_marks_first(turns: Sequence[Turn], num_pictures: int, key: str) -> tuple[Turn, ...]:
    first = next((place for place, turn in enumerate(turns) if turn.role == "user"), None)
    if first is None:
        raise InputError(f"{key} has pictures and no user turn.", "Add what the user asks.")
    text = f"{PICTURE_MARK}\n" * num_pictures + turns[first].text
    return (*turns[:first], Turn("user", text), *turns[first + 1 :])


def _parts(text: str, pictures: Iterator[PictureSource]) -> list[Part]:
    """Text with marks as parts; takes as many pictures as there are marks."""
    parts: list[Part] = []
    pieces = text.split(PICTURE_MARK)
    for place, piece in enumerate(pieces):
        if place:
            parts.append(ImagePart(next(pictures).load()))
        words = _between(piece, after=place > 0, before=place < len(pieces) - 1)
        if words:
            parts.append(TextPart(words))
    return parts


def _between(piece: str, *, after: bool, before: bool) -> str:
    """Text beside pictures, without what the template writes there itself."""
    if after:
        piece = piece.removeprefix("\n")
    if before:
        piece = _LABEL.sub("", piece).removesuffix("\n")
    return piece
