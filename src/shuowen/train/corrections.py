"""A person's corrections as training data. Needs no torch.

`corrections.jsonl` has one correction a line::

    {"image": "scans/7.png", "box": [12, 8, 56, 30], "chosen": "寿比南山", "rejected": "春比南山"}

===========  =======================================================================
image        The page picture; a path that starts at the folder of the file.
box          Left, top, right and bottom in pixels of the upright page; left out: all of it.
chosen       What is written there.
rejected     What was read.
kind         One of `document.RegionKind`; "text" if left out. Decides what is asked.
language     "zh" or "en"; "zh" if left out. Decides in which language it is asked.
handwritten  true or false; false if left out.
key          A name for messages; file and line if left out.
===========  =======================================================================

A correction is a preference (chosen over rejected), and so MPO can learn from it. Corrections alone
make a model forget all else: mix them with other data (`train.replay`) and let `train.gate` decide.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import RegionKind
from shuowen.errors import InputError
from shuowen.prompt.tasks import Language, reading_prompt
from shuowen.train.records import PICTURE_MARK, Conversation, FilePicture, Preference, Turn


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the file. A misspelt field would quietly teach the wrong thing: it is refused."""

    image: str
    chosen: str
    rejected: str
    box: tuple[float, float, float, float] | None = None
    kind: RegionKind = "text"
    language: Language = "zh"
    handwritten: bool = False
    key: str = ""


@dataclass(frozen=True)
class CropPicture:
    """Part of a picture file, cut when it is needed.

    Attributes:
        path: The page.
        box: Left, top, right, bottom in pixels of the upright page; what lies beyond its edge is
            left off. None: the whole page.
        where: File and line, for messages.
    """

    path: Path
    box: tuple[float, float, float, float] | None
    where: str = ""

    def load(self) -> NDArray[np.uint8]:
        """(height, width, 3), at least 1 × 1.

        Raises:
            InputError: The page cannot be opened, or the box lies beyond its edge.
        """
        page = FilePicture(self.path).load()
        if self.box is None:
            return page
        height_px, width_px = page.shape[:2]
        left, top = (max(math.floor(edge), 0) for edge in self.box[:2])
        right, bottom = (
            min(math.ceil(edge), most)
            for edge, most in zip(self.box[2:], (width_px, height_px), strict=True)
        )
        if left >= right or top >= bottom:
            raise InputError(
                f"{self.where}: the box {list(self.box)} lies outside {self.path.name}, which has"
                f" {width_px} × {height_px} pixels.",
                "Give left, top, right and bottom in pixels of the upright page.",
            )
        return page[top:bottom, left:right]


@dataclass(frozen=True, kw_only=True)
class Correction:
    """A region that was read wrongly, and what is written there.

    Attributes:
        key: Names it in messages.
        picture: The region.
        chosen: What is written there.
        rejected: What was read.
        prompt: What the model is asked.
    """

    key: str
    picture: CropPicture
    chosen: str
    rejected: str
    prompt: str

    @property
    def question(self) -> tuple[Turn, ...]:
        """The prompt behind the picture."""
        return (Turn("user", f"{PICTURE_MARK}\n{self.prompt}"),)

    def preference(self) -> Preference:
        """For MPO."""
        return Preference(
            key=self.key,
            turns=self.question,
            pictures=(self.picture,),
            chosen=self.chosen,
            rejected=self.rejected,
        )

    def conversation(self) -> Conversation:
        """For fine-tuning: the mistake is left out."""
        turns = (*self.question, Turn("assistant", self.chosen))
        return Conversation(key=self.key, turns=turns, pictures=(self.picture,))


@dataclass(frozen=True)
class CorrectionFile:
    """Everything in one file.

    Attributes:
        path: The file.
        corrections: In the order of the lines.
        num_unchanged: Lines whose chosen and rejected texts are the same: they teach nothing, and
            a loss of preferences cannot take them. They are left out.
    """

    path: Path
    corrections: tuple[Correction, ...]
    num_unchanged: int


def read_corrections(path: Path, image_root: Path | None = None) -> CorrectionFile:
    """Read a corrections.jsonl; pictures are not opened yet.

    Args:
        path: The file.
        image_root: Where paths of pictures start; None: the folder of the file.

    Raises:
        InputError: The file cannot be read, has no correction, or a line is damaged; the message
            names the line.
    """
    root = path.parent if image_root is None else image_root
    corrections, num_unchanged = [], 0
    for number, row in _rows(path):
        if row.chosen == row.rejected:
            num_unchanged += 1
            continue
        corrections.append(_correction(row, root, f"{path}:{number}"))
    if not corrections:
        raise InputError(
            f"{path} has no correction; {num_unchanged} lines change nothing.",
            'Write one object a line: {"image": …, "box": …, "chosen": …, "rejected": …}.',
        )
    return CorrectionFile(path, tuple(corrections), num_unchanged)


def _rows(path: Path) -> Iterator[tuple[int, _Row]]:
    decoder = msgspec.json.Decoder(_Row)
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}.", "Check the path."
        ) from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _damaged(f"{path}:{number}", str(error)) from error
        _check_box(row, f"{path}:{number}")
        yield number, row


def _check_box(row: _Row, where: str) -> None:
    if row.box is None:
        return
    left, top, right, bottom = row.box
    if not all(map(math.isfinite, row.box)) or left >= right or top >= bottom:
        raise _damaged(where, f"the box {list(row.box)} has no inside")


def _damaged(where: str, what: str) -> InputError:
    return InputError(
        f"{where} is no correction: {what}.",
        "Mend the line, or take it out; the fields are listed in docs/training.md.",
    )


def _correction(row: _Row, root: Path, where: str) -> Correction:
    return Correction(
        key=row.key or where,
        picture=CropPicture(root / row.image, row.box, where),
        chosen=row.chosen,
        rejected=row.rejected,
        prompt=reading_prompt(row.kind, row.language, is_handwritten=row.handwritten),
    )
