"""The JSON of a chat request as records; what each field means is decided elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from shuowen.errors import FieldError, UsageError
from shuowen.server.chat.fields import FIELDS
from shuowen.server.chat.model import ModelKind

MAX_DEPTH = 64
"""Objects and lists inside each other; JSON schemas of real forms have about 10."""

_PATH = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?", re.DOTALL)
_Record = TypeVar("_Record")


class StreamOptions(msgspec.Struct):
    """How a stream is written."""

    include_usage: bool | None = None


class JsonSchemaBody(msgspec.Struct):
    """A schema with its name, which changes nothing."""

    schema: dict[str, Any] | None = None


class ResponseFormat(msgspec.Struct):
    """What the answer must look like."""

    type: str
    json_schema: dict[str, Any] | None = None
    regex_schema: str | None = None


class ChatBody(msgspec.Struct, kw_only=True):
    """The fields that have an effect; parts, tools and schemas are looked at where they count."""

    model: str
    messages: list[dict[str, Any]]
    n: int | None = None
    best_of: int | None = None
    critic: str | None = None
    stop: str | list[str] | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    repetition_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    ignore_eos: bool | None = None
    response_format: dict[str, Any] | None = None
    stream: bool | None = None
    stream_options: dict[str, Any] | None = None
    tools: list[Any] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None


@dataclass(frozen=True)
class RawBody:
    """A body whose fields are known by name and not yet looked at.

    Attributes:
        data: The JSON.
        fields: The value of each field, as JSON.
    """

    data: bytes
    fields: Mapping[str, msgspec.Raw]

    @property
    def model(self) -> str:
        """Which model is asked; raises `FieldError` when it does not say."""
        if "model" not in self.fields:
            hint = "Name one of GET /v1/models."
            raise FieldError("The field model is missing.", hint, param="model")
        name: str = decoded(self.fields["model"], str, "model")
        return name


def open_body(data: bytes) -> RawBody:
    """Take a body apart; raises `UsageError` when it is no JSON object."""
    try:
        fields = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    except RecursionError as error:
        raise _too_deep("") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The body is not a JSON object: {_sentence(error)}.",
            "Send the fields of OpenAI's chat completions as UTF-8 JSON.",
        ) from error
    return RawBody(data, fields)


def checked_body(raw: RawBody, kind: ModelKind) -> tuple[ChatBody, dict[str, Any]]:
    """The fields that we act on, and those that go to another server as they are.

    Raises:
        FieldError: A field is unknown, refused, or of another type.
    """
    kept = FIELDS.kept("", raw.fields, kind, "", read=lambda value: decoded(value, Any, ""))
    passed_on = FIELDS.passed_on(kept, kind)
    extensions: dict[str, Any] = {name: decoded(kept[name], Any, name) for name in passed_on}
    if "messages" not in kept:
        raise FieldError("The field messages is missing.", "Say something.", param="messages")
    try:
        body = msgspec.json.decode(raw.data, type=ChatBody)
    except RecursionError as error:
        raise _too_deep("") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _wrong_shape(error, "") from error
    for name in ("messages", "response_format", "stream_options", "tools", "tool_choice"):
        check_depth(getattr(body, name), name)
    return body, extensions


def decoded(value: Any, kind: Any, param: str) -> Any:
    """A value that is still JSON; raises `FieldError` where it has another type or is too deep."""
    try:
        found = msgspec.json.decode(value, type=kind)
    except RecursionError as error:
        raise _too_deep(param) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _wrong_shape(error, param) from error
    check_depth(found, param)
    return found


def shaped(value: Any, kind: type[_Record], param: str) -> _Record:
    """A value of decoded JSON as a record; raises `FieldError` where it does not fit."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.MsgspecError as error:
        raise _wrong_shape(error, param) from error


def check_depth(value: Any, param: str) -> None:
    """Raise `FieldError` where lists and objects are inside each other too deep."""
    layer = [value]
    for _ in range(MAX_DEPTH):
        layer = [inner for each in layer for inner in _inside(each)]
        if not layer:
            return
    raise _too_deep(param)


def _inside(value: Any) -> list[Any]:
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [each for each in values if isinstance(each, dict | list)]


def _too_deep(param: str) -> FieldError:
    what = param or "The body"
    message = f"{what} has more than {MAX_DEPTH} lists and objects inside each other."
    return FieldError(message, "Make it flatter.", param=param)


def _wrong_shape(error: Exception, param: str) -> FieldError:
    """Msgspec's words, and the path of the field that they are about."""
    match = _PATH.fullmatch(str(error))
    path = (match["path"] or "") if match else ""
    where = f"{param}{path}".lstrip(".")
    message = f"{where or 'The body'} has another form: {_sentence(error)}."
    return FieldError(message, "See docs/server.md, or OpenAI's reference.", param=where)


def _sentence(error: Exception) -> str:
    match = _PATH.fullmatch(str(error))
    what = match["what"] if match else str(error)
    first = what[:1].lower() if what[1:2].islower() else what[:1]
    return (first + what[1:]).rstrip(".")
