"""What a chat model is, what it is asked and what it answers; free of HTTP and of OpenAI's JSON.

A model gets a `ChatQuestion` that has been checked and gives `ChatEvent`s from a blocking iterator:
`Began` once it has taken the question on, what it says, an `Ended` for every answer, and last one
`Counted`. The routes turn errors before `Began` into an HTTP status and later ones into an event
of the stream, so a model looks at all pictures, lengths and options before it gives `Began`.

A reader need not heed `params.stop` and `params.max_tokens`: `cutting.py` does for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, Protocol

from shuowen.engines.remote_options import Dialect
from shuowen.generation.params import SamplingParams
from shuowen.prompt.messages import Role, Tool, ToolCall
from shuowen.source.model import Source

ModelKind = Literal["reader", "engine"] | Dialect
"""reader: transcribes without a language model; engine: a language model that runs here; others:
another server, by what it knows. `fields.py` says what becomes of every field for each."""

Detail = Literal["auto", "low", "medium", "high"]
DETAIL_TILES: Mapping[Detail, int] = MappingProxyType({"low": 6, "medium": 12, "high": 24})
"""Most tiles of a picture by its `detail`, as LMDeploy has them (vl/model/internvl.py)."""

FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]
"""stop: the answer is whole; length: cut off, by max_tokens, the window, or as a loop."""


@dataclass(frozen=True)
class ChatText:
    """Words of a message."""

    text: str


@dataclass(frozen=True, kw_only=True)
class ChatFile:
    """A picture or PDF of a message, whose first bytes say what it is; nothing is decoded yet.

    Attributes:
        source: The content; its name ("image 1", "report.pdf") can be shown to people.
        media_type: Such as "image/png", told from the content.
        param: The field that it came from, for errors: "messages[0].content[1].image_url".
        detail: How closely a picture is looked at; auto leaves it to the model.
        max_dynamic_patch: LMDeploy's own way to say how many tiles a picture may have.
    """

    source: Source
    media_type: str
    param: str
    detail: Detail = "auto"
    max_dynamic_patch: int | None = None

    @property
    def max_tiles(self) -> int | None:
        """Most 448 × 448 tiles, the thumbnail not counted; None leaves it to the model."""
        return self.max_dynamic_patch or DETAIL_TILES.get(self.detail)


@dataclass(frozen=True, kw_only=True)
class ChatVideo:
    """A video of a message.

    Attributes:
        content: The file.
        param: The field that it came from.
        num_frames: How many frames are shown, evenly spread.
    """

    content: bytes = field(repr=False)
    param: str
    num_frames: int = 16


ChatPart = ChatText | ChatFile | ChatVideo


@dataclass(frozen=True, kw_only=True)
class ChatMessage:
    """One turn.

    Attributes:
        role: Who speaks; OpenAI's "developer" has become "system".
        parts: What is said, in order. Only user and tool messages hold files.
        tool_calls: What an assistant turn asked for.
        tool_call_id: In a tool's answer, the call that it answers.
    """

    role: Role
    parts: tuple[ChatPart, ...]
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""

    @property
    def text(self) -> str:
        """Its words, part by part on lines of their own."""
        return "\n".join(part.text for part in self.parts if isinstance(part, ChatText))

    @property
    def files(self) -> tuple[ChatFile, ...]:
        """Its pictures and PDFs, in order."""
        return tuple(part for part in self.parts if isinstance(part, ChatFile))


@dataclass(frozen=True, kw_only=True)
class ChatQuestion:
    """A request that has been checked against the model's kind.

    Attributes:
        messages: The chat so far, at least one; the last is the user's or a tool's.
        params: How to sample. `params.constraint` is what the answer must look like:
            `JsonSchema` (empty for OpenAI's json_object) or `Regex`.
        tools: What the model may call; empty where the policy says so.
        tool_choice: "auto", "required", or the name of the one tool that must be called.
        parallel_tool_calls: Whether one answer may hold several calls.
        owner: Id of the caller's key; pages are read in turns by it.
        max_pages: Most pages that the files of all messages may have together.
        max_pixels: Most pixels that the pages of all messages may have together.
        extensions: Fields beyond OpenAI's that go to an upstream as they are; empty for others.
        stream: Whether the answer is wanted as it comes.
    """

    messages: tuple[ChatMessage, ...]
    params: SamplingParams = field(default_factory=SamplingParams)
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    parallel_tool_calls: bool = True
    owner: str = "local"
    max_pages: int = 50
    max_pixels: int = 500_000_000
    extensions: Mapping[str, Any] = field(default_factory=dict)
    stream: bool = False

    @property
    def files(self) -> tuple[ChatFile, ...]:
        """The pictures and PDFs of all messages, in order."""
        return tuple(file for message in self.messages for file in message.files)


@dataclass(frozen=True, kw_only=True)
class Began:
    """The question is taken on: before all events but `Progress`, after all that can be refused."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far the work is before there is anything to say; streams show it as a comment.

    Attributes:
        what: In plural: "pages", "tokens", "tiles", "answers".
        done: How many are done.
        total: Of how many.
    """

    what: str
    done: int
    total: int


@dataclass(frozen=True, kw_only=True)
class TokenChance:
    """Log-probability of a token.

    Attributes:
        text: The token.
        logprob: Natural, ≤ 0.
        data: The token's bytes, which need not be whole characters; None where unknown.
    """

    text: str
    logprob: float
    data: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class ChosenToken(TokenChance):
    """A token of the answer.

    Attributes:
        top: The likeliest tokens at its place, likeliest first.
    """

    top: tuple[TokenChance, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Said:
    """What is added to an answer.

    Attributes:
        index: Which answer, from 0.
        text: New text; may be empty.
        logprobs: One for each token that the text comes from, when asked for.
        tool_calls: Calls that are complete; each comes once, with an id.
        retracted: Characters at the end of what was said before that no longer stand; they go
            before `text` is added.
        refusal: Why there is no answer in the form that was asked for; OpenAI's `refusal`.
    """

    index: int = 0
    text: str = ""
    logprobs: tuple[ChosenToken, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    retracted: int = 0
    refusal: str = ""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The end of one answer.

    Attributes:
        index: Which, from 0.
        finish_reason: As OpenAI has it.
        detail: What OpenAI has no word for: "repetition" for an answer that ended in a loop.
    """

    index: int = 0
    finish_reason: FinishReason
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What the whole question took: last of all events.

    Attributes:
        prompt_tokens: Tokens of the prompt, visual ones included. A model without tokens counts
            characters, four to a token and one to a Chinese one, and says so in a notice.
        completion_tokens: Tokens of all answers.
        cached_tokens: Prompt tokens that an earlier request had left behind.
        notices: What a person should know of how the question was changed, in sentences.
        extra: What the answer's field "shuowen" holds besides, as JSON values.
    """

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    notices: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


ChatEvent = Began | Progress | Said | Ended | Counted


class ChatModel(Protocol):
    """Answers questions; may be asked from several threads at once."""

    @property
    def name(self) -> str:
        """What requests call it."""

    @property
    def created(self) -> int:
        """Since when it is served, in seconds since 1970."""

    @property
    def kind(self) -> ModelKind:
        """Which fields of a request it honours."""

    def answer(self, question: ChatQuestion) -> Iterator[ChatEvent]:
        """`Began`, then what is said; blocking, and closing the iterator cancels the work.

        Raises:
            ShuowenError: From the call or from the iterator. Wrong values of a field are a
                `FieldError`, which names it.
        """

    def close(self) -> None:
        """Cancel what runs and let go of everything; a second call does nothing."""
