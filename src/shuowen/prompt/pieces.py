"""What a template makes of a chat, before anything is counted: text, special tokens, pictures."""

from __future__ import annotations

from dataclasses import dataclass, field

from shuowen.prompt.messages import Picture


@dataclass(frozen=True)
class Mark:
    """A special token. Only a template writes one; what people write is text."""

    token: str


@dataclass(frozen=True, eq=False)
class PictureSlot:
    """Where a picture is shown.

    Attributes:
        picture: (height, width, 3), RGB, 0 to 255.
        max_tiles: What its own message allows it; None leaves it to the request.
        is_frame: Whether it is one of a video's, which is always one tile.
    """

    picture: Picture = field(repr=False)
    max_tiles: int | None = None
    is_frame: bool = False


Piece = str | Mark | PictureSlot
