"""What the core reports after a step."""

from __future__ import annotations

from dataclasses import dataclass

from shuowen.errors import ShuowenError
from shuowen.generation.results import Completion, Delta, PromptProgress


@dataclass(frozen=True)
class Progress:
    """A request went on: with its prompt, or with a candidate."""

    request_id: int
    news: Delta | PromptProgress


@dataclass(frozen=True)
class Finished:
    """A request is answered, or was cancelled; nothing more comes of it."""

    request_id: int
    completion: Completion


@dataclass(frozen=True)
class Failed:
    """A request came to nothing; nothing more comes of it."""

    request_id: int
    error: ShuowenError


Event = Progress | Finished | Failed
