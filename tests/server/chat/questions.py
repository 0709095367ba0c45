"""Questions to a chat model, made by hand."""

from __future__ import annotations

from typing import Any

from shuowen.generation.params import JsonSchema, SamplingParams
from shuowen.prompt.messages import Role
from shuowen.server.chat.model import ChatFile, ChatMessage, ChatPart, ChatQuestion, ChatText
from shuowen.source.model import Source


def file(data: bytes, name: str = "page.png", **more: Any) -> ChatFile:
    """A picture or PDF of a message."""
    source = Source(name=name, data=data)
    return ChatFile(source=source, media_type="", param=f"messages[0].{name}", **more)


def message(role: Role, *parts: ChatPart | str) -> ChatMessage:
    """A turn; a string is a text."""
    made = tuple(ChatText(part) if isinstance(part, str) else part for part in parts)
    return ChatMessage(role=role, parts=made)


def user(*parts: ChatPart | str) -> ChatMessage:
    return message("user", *parts)


def assistant(text: str) -> ChatMessage:
    return message("assistant", text)


def system(text: str) -> ChatMessage:
    return message("system", text)


def question(
    *messages: ChatMessage, schema: dict[str, Any] | None = None, **more: Any
) -> ChatQuestion:
    """A question; with `schema` one whose answer must fit it."""
    params = SamplingParams(constraint=None if schema is None else JsonSchema(schema))
    return ChatQuestion(messages=messages, params=params, **more)
