"""What is said in a chat: messages of text, pictures and video, and the tools a model may call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Role = Literal["system", "user", "assistant", "tool"]
Picture = NDArray[np.uint8]
"""An upright picture, (height, width, 3), RGB."""


@dataclass(frozen=True)
class TextPart:
    """Words; what looks like a special token in them stays words."""

    text: str


@dataclass(frozen=True)
class ImagePart:
    """One picture.

    Attributes:
        picture: (height, width, 3), RGB, 0 to 255.
        max_tiles: Largest number of 448 × 448 tiles, thumbnail not counted; None leaves it to
            `EncodeOptions`.
    """

    picture: Picture = field(repr=False)
    max_tiles: int | None = None


@dataclass(frozen=True)
class VideoPart:
    """Frames of a video, in order; each becomes one tile."""

    frames: tuple[Picture, ...] = field(repr=False)


Part = TextPart | ImagePart | VideoPart


@dataclass(frozen=True)
class ToolCall:
    """A call that the model asks for.

    Attributes:
        name: The tool's name.
        arguments: The arguments as a JSON object, in text as the model wrote it.
        id: What a tool's answer refers to.
    """

    name: str
    arguments: str
    id: str = ""


@dataclass(frozen=True)
class Message:
    """One turn.

    Attributes:
        role: Who speaks; "tool" is a tool's answer.
        parts: What is said, in order.
        tool_calls: What an assistant turn asked for.
        tool_call_id: In a tool's answer, the call that it answers.
    """

    role: Role
    parts: tuple[Part, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""

    @classmethod
    def of(cls, role: Role, *parts: str | Part) -> Message:
        """A message of parts; plain strings are text."""
        return cls(role, tuple(TextPart(p) if isinstance(p, str) else p for p in parts))


@dataclass(frozen=True)
class Tool:
    """A function that the model may call.

    Attributes:
        name: As the model writes it.
        description: What it does and when to use it.
        parameters: JSON Schema of its arguments.
    """

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
