"""What was said in a chat, as a file for people (Markdown) or programs (JSON)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from shuowen.errors import OutputError, UsageError
from shuowen.version import __version__
from shuowen.writers.save import save


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One turn of a chat.

    Attributes:
        role: Who speaks.
        text: The words.
        attachments: Names of the pictures and videos that go before them.
        is_cut: Whether the person stopped the answer.
    """

    role: Literal["user", "assistant"]
    text: str
    attachments: tuple[str, ...] = ()
    is_cut: bool = False


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """A chat so far.

    Attributes:
        model: What the engine calls its model.
        system: The system prompt, when one was given.
    """

    model: str
    system: str
    turns: Sequence[Turn]

    def save(self, path: Path) -> None:
        """Write it, in the format that the file's ending names.

        Raises:
            UsageError: The ending is neither .md nor .json.
            OutputError: The file exists, or cannot be written.
        """
        writers = {".json": self.as_json, ".md": self.as_markdown, ".markdown": self.as_markdown}
        if path.suffix.lower() not in writers:
            raise UsageError(f"{path} ends in neither .md nor .json.", "Choose one of the two.")
        if path.exists():
            raise OutputError(f"{path} exists already.", "Choose another name.")
        write_file(path, writers[path.suffix.lower()]().encode(errors="replace"))

    def as_json(self) -> str:
        """For programs."""
        shown = {
            "shuowen": __version__,
            "model": self.model,
            "system": self.system,
            "turns": [asdict(turn) for turn in self.turns],
        }
        return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"

    def as_markdown(self) -> str:
        """For people; what was said stands as it is."""
        parts = [f"# A chat with {self.model}"]
        if self.system:
            parts += ["## System", self.system]
        for turn in self.turns:
            parts.append("## You" if turn.role == "user" else "## Model")
            parts += [f"- {name}" for name in turn.attachments]
            parts.append(turn.text)
            parts += ["*(stopped)*"] if turn.is_cut else []
        return "\n\n".join(parts) + "\n"


def write_file(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; raises `OutputError` with a hint that fits a chat."""
    try:
        save(path, data)
    except OutputError as error:
        raise OutputError(error.message, "Name a place where you may write.") from error
