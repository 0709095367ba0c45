"""From the bytes of a chat request to a question that a model can be asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from shuowen.errors import ShuowenError
from shuowen.server.bridge import stop_of_thread
from shuowen.server.chat import fields
from shuowen.server.chat.body import ChatBody, StreamOptions, checked_body, open_body, shaped
from shuowen.server.chat.fields import FIELDS
from shuowen.server.chat.media import Media, MediaRules
from shuowen.server.chat.messages import read_messages
from shuowen.server.chat.model import ChatModel, ChatQuestion, ModelKind
from shuowen.server.chat.parts import PartReader
from shuowen.server.chat.sampling import sampling_params
from shuowen.server.chat.shelf import ModelShelf
from shuowen.server.chat.tools import tool_use
from shuowen.server.options import ServerOptions

_FLAG = re.compile(r" \(--(?!allow-private-urls)[^()]*\)")
"""How hints name an option of the command line, which is not who asks a server.

Who asks for a private address is often who runs the server, and looks for just that option.
"""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request, ready to be answered.

    Attributes:
        model: Who answers.
        name: What the request calls it.
        question: What is asked.
        includes_usage: Whether a stream ends with what it took.
        notices: What a person should know of how the request was changed.
    """

    model: ChatModel
    name: str
    question: ChatQuestion
    includes_usage: bool
    notices: tuple[str, ...] = ()


def read_question(data: bytes, shelf: ModelShelf, options: ServerOptions, owner: str) -> Asked:
    """Check a body, and get what it names; blocks, and ends by the wish of who waits for it.

    Args:
        data: The body.
        shelf: The models that there are.
        options: What the server allows.
        owner: Id of the caller's key.

    Raises:
        UsageError: The body is no JSON object; a `FieldError` names the field that is wrong.
        NotFoundError: There is no such model.
        InputError, FetchError: A file cannot be had or read.
        TooLargeError: The files are too large.
    """
    raw = open_body(data)
    model = shelf.get(raw.model)
    kind = model.kind
    body, extensions = checked_body(raw, kind)
    includes_usage = _includes_usage(body, kind)
    params = sampling_params(body, kind)
    tools = tool_use(body, kind, options.tools)
    parts = PartReader(kind=kind, media=_media(options), max_files=options.max_chat_pages)
    question = ChatQuestion(
        messages=read_messages(body.messages, parts),
        params=params,
        tools=tools.tools,
        tool_choice=tools.choice,
        parallel_tool_calls=body.parallel_tool_calls is not False or not tools.tools,
        owner=owner,
        max_pages=options.max_chat_pages,
        max_pixels=options.limits.max_pixels,
        extensions=extensions,
        stream=bool(body.stream),
    )
    return Asked(
        model=model,
        name=raw.model,
        question=question,
        includes_usage=includes_usage,
        notices=tools.notices,
    )


def _media(options: ServerOptions) -> Media:
    rules = MediaRules(
        limits=options.limits,
        media_dir=options.media_dir,
        max_total_bytes=max(options.max_body_bytes, options.limits.max_bytes),
    )
    return Media(rules, stop_of_thread())


@contextmanager
def told_to_callers() -> Iterator[None]:
    """Leave out of hints the options of the command line, which callers cannot set."""
    try:
        yield
    except ShuowenError as error:
        error.hint = _FLAG.sub("", error.hint)
        raise


def _includes_usage(body: ChatBody, kind: ModelKind) -> bool:
    if body.stream_options is None:
        return False
    place = fields.STREAM_OPTIONS
    kept = FIELDS.kept(place, body.stream_options, kind, place)
    return bool(shaped(kept, StreamOptions, place).include_usage)
