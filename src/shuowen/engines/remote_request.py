"""A request as the OpenAI protocol writes it, and the options that it cannot carry.

Field names: https://platform.openai.com/docs/api-reference/chat/create; those that only some
servers know: LMDeploy 0.18 serve/openai/protocol.py, vLLM entrypoints/openai/chat_completion.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import msgspec
from PIL import Image

from shuowen.engines.remote_options import PROTOCOL_FIELDS, Dialect, RemoteOptions
from shuowen.errors import CapacityError, UsageError
from shuowen.generation.engine import Request
from shuowen.generation.params import ALL_ROOM, Constraint, Regex, SamplingParams
from shuowen.prompt.messages import (
    ImagePart,
    Message,
    Part,
    Picture,
    TextPart,
    Tool,
    ToolCall,
    VideoPart,
)
from shuowen.prompt.options import EncodeOptions

_JPEG_QUALITY = 95
_DEFAULTS = SamplingParams()
_BEYOND_OPENAI = {
    "top_k": "top_k",
    "min_p": "min_p",
    "repetition_penalty": "repetition_penalty",
    "ignore_end": "ignore_eos",
}
"""Parameters, and the fields by which all of `EXTENDED` know them."""
EXTENDED: tuple[Dialect, ...] = ("lmdeploy", "vllm", "shuowen")
"""Servers that know more than OpenAI's fields."""
TILING: tuple[Dialect, ...] = ("lmdeploy", "shuowen")
"""Servers that can be told into how many tiles a picture is cut."""
_HINT = (
    "Leave it out; or, where the server knows a field for it, send that as an extra field"
    ' (extra_fields={"top_k": 50}).'
)


def check_request(request: Request, dialect: Dialect = "openai") -> None:
    """Raise `UsageError` for an option that the server's protocol has no field for.

    A repetition guard of its own kind is such an option; the usual one is our own engine's matter,
    and a server guards itself or does not.
    """
    params = request.params
    if params.best_of > 1 and dialect != "shuowen":
        message = "A server cannot be told best_of; whoever asks it must choose among its answers."
        raise UsageError(message, "Ask through shuowen.load_model(url), which does.")
    unknown = ["no_repeat_ngram"] if dialect in EXTENDED else [*_BEYOND_OPENAI, "no_repeat_ngram"]
    for name in unknown:
        if getattr(params, name) != getattr(_DEFAULTS, name):
            raise _unknown(name)
    if params.repetition_guard not in (None, _DEFAULTS.repetition_guard):
        raise _unknown("repetition_guard")
    if isinstance(params.constraint, Regex) and dialect not in EXTENDED:
        raise _unknown("a regular expression as constraint")
    for each in fields(EncodeOptions):
        if getattr(request.encode, each.name) != each.default:
            raise _unknown(each.name)
    parts = [part for message in request.messages for part in message.parts]
    if taken := sorted(PROTOCOL_FIELDS & set(request.extra_fields)):
        raise UsageError(f"{taken[0]!r} cannot be an extra field.", "It is a parameter; set that.")
    has_max_tiles = any(isinstance(each, ImagePart) and each.max_tiles for each in parts)
    if has_max_tiles and dialect not in TILING:
        raise _unknown("max_tiles")


def request_body(
    request: Request, model: str, options: RemoteOptions, dialect: Dialect = "openai"
) -> bytes:
    """The JSON of a request whose answer comes as a stream; `check_request` has let it pass.

    Raises:
        CapacityError: It is larger than `options.max_request_bytes`.
    """
    fields_sent: dict[str, Any] = {
        "model": model,
        "messages": [_message(each, options) for each in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        **_sampling(request.params),
        **_form(request.params.constraint, dialect),
        **options.extra_fields,
        **request.extra_fields,
    }
    if request.tools:
        fields_sent["tools"] = [_tool(each) for each in request.tools]
    body = msgspec.json.encode(fields_sent)
    if len(body) > options.max_request_bytes:
        raise CapacityError(
            f"The request has {len(body)} bytes; the limit is {options.max_request_bytes}.",
            'Send fewer or smaller pictures, or picture_format="jpeg".',
        )
    return body


def notices(request: Request) -> tuple[str, ...]:
    """What a person should know of how a request is sent."""
    parts = [part for message in request.messages for part in message.parts]
    num_frames = sum(len(part.frames) for part in parts if isinstance(part, VideoPart))
    return (f"{num_frames} frames of video are sent as pictures.",) if num_frames else ()


def _unknown(name: str) -> UsageError:
    return UsageError(f"A remote server cannot be told {name}.", _HINT)


def _sampling(params: SamplingParams) -> dict[str, Any]:
    """The fields for sampling; what has the protocol's default is left to it."""
    sent: dict[str, Any] = {"temperature": params.temperature}
    if params.max_tokens != ALL_ROOM:  # which is what servers do when they are not told
        sent["max_tokens"] = params.max_tokens
    if params.top_p != 1:
        sent["top_p"] = params.top_p
    for name in ("presence_penalty", "frequency_penalty"):
        if getattr(params, name):
            sent[name] = getattr(params, name)
    for name, field in _BEYOND_OPENAI.items():
        if getattr(params, name) != getattr(_DEFAULTS, name):
            sent[field] = getattr(params, name)
    if params.logit_bias:
        sent["logit_bias"] = {str(key): bias for key, bias in params.logit_bias.items()}
    if params.seed is not None:
        sent["seed"] = params.seed
    if params.logprobs is not None:
        sent |= {"logprobs": True, "top_logprobs": params.logprobs}
    if params.stop:
        sent["stop"] = list(params.stop)
    if params.num_candidates > 1:
        sent["n"] = params.num_candidates
    if params.best_of > 1:
        sent |= {"best_of": params.best_of}
        if params.critic != _DEFAULTS.critic:
            sent |= {"critic": params.critic}
    return sent


def _form(constraint: Constraint | None, dialect: Dialect) -> dict[str, Any]:
    """The field that says what the answer must look like."""
    if constraint is None:
        return {}
    if isinstance(constraint, Regex):
        if dialect == "vllm":
            return {"structured_outputs": {"regex": constraint.pattern}}
        return {"response_format": {"type": "regex_schema", "regex_schema": constraint.pattern}}
    if not constraint.schema:
        return {"response_format": {"type": "json_object"}}
    schema = {"name": "answer", "schema": dict(constraint.schema), "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def _tool(tool: Tool) -> dict[str, Any]:
    parameters = dict(tool.parameters) or {"type": "object", "properties": {}}
    function = {"name": tool.name, "description": tool.description, "parameters": parameters}
    return {"type": "function", "function": function}


def _message(message: Message, options: RemoteOptions) -> dict[str, Any]:
    sent: dict[str, Any] = {"role": message.role, "content": _content(message.parts, options)}
    if message.tool_calls:
        sent["tool_calls"] = [_tool_call(each) for each in message.tool_calls]
    if message.role == "tool":
        sent["tool_call_id"] = message.tool_call_id
    return sent


def _tool_call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def _content(parts: tuple[Part, ...], options: RemoteOptions) -> str | list[dict[str, Any]]:
    """Words alone as plain text, which every server takes, joined as our own template does."""
    words = [part.text for part in parts if isinstance(part, TextPart)]
    if len(words) == len(parts):
        return "\n".join(words)
    return [sent for part in parts for sent in _part(part, options)]


def _part(part: Part, options: RemoteOptions) -> Iterator[dict[str, Any]]:
    """A part as the protocol has it; a video goes as its frames, labelled as in training."""
    if isinstance(part, TextPart):
        yield {"type": "text", "text": part.text}
    elif isinstance(part, ImagePart):
        yield _picture(part.picture, options, part.max_tiles)
    elif isinstance(part, VideoPart):
        for number, frame in enumerate(part.frames, start=1):
            yield {"type": "text", "text": f"Frame-{number}: "}
            yield _picture(frame, options)


def _picture(
    picture: Picture, options: RemoteOptions, max_tiles: int | None = None
) -> dict[str, Any]:
    stream = io.BytesIO()
    image = Image.fromarray(picture)
    if options.picture_format == "png":
        image.save(stream, "PNG", compress_level=1)
    else:
        image.save(stream, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    text = base64.b64encode(stream.getvalue()).decode("ascii")
    url = f"data:image/{options.picture_format};base64,{text}"
    told = {} if max_tiles is None else {"max_dynamic_patch": max_tiles}
    return {"type": "image_url", "image_url": {"url": url, **told}}
