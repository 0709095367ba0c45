"""What an engine is: something that answers requests. The server and the reader are given one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from shuowen.generation.params import SamplingParams
from shuowen.generation.results import Completion, StreamEvent
from shuowen.prompt.messages import Message, Tool
from shuowen.prompt.options import EncodeOptions


@dataclass(frozen=True, kw_only=True)
class Request:
    """One question.

    Attributes:
        messages: The chat so far; the last one is the user's or a tool's.
        params: How to sample.
        encode: How pictures become tiles, and how far each visual token advances the position.
        tools: Functions that the model may call.
        extra_fields: Sent to a server as they are; an engine that has no server refuses them.
    """

    messages: tuple[Message, ...]
    params: SamplingParams = field(default_factory=SamplingParams)
    encode: EncodeOptions = field(default_factory=EncodeOptions)
    tools: tuple[Tool, ...] = ()
    extra_fields: Mapping[str, Any] = field(default_factory=dict)


class Engine(Protocol):
    """Answers requests; may be asked from several threads at once."""

    @property
    def model_name(self) -> str:
        """What people call the model."""

    def stream(self, request: Request) -> Iterator[StreamEvent]:
        """Perhaps `PromptProgress`, deltas as they come, then one `Completion`.

        Closing the iterator cancels the request.

        Raises:
            UsageError: An option that the engine or the model does not have.
            CapacityError: The prompt does not fit the window or the memory.
            EngineError: The model gave what is no answer, such as logits that are not numbers.
        """

    def generate(self, request: Request) -> Completion:
        """The whole answer at once; raises what `stream` raises."""

    def close(self) -> None:
        """Cancel what runs and let go of the model; a second call does nothing."""
