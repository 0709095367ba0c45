"""A request as the OpenAI protocol writes it, and the options that it cannot carry.

Field names: https://platform.openai.com/docs/api-reference/chat/create.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import msgspec
from PIL import Image

from shuowen.engines.remote_options import RemoteOptions
from shuowen.errors import CapacityError, UsageError
from shuowen.generation.engine import Request
from shuowen.generation.params import JsonSchema, Regex, SamplingParams
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
_UNKNOWN_PARAMS = ("top_k", "min_p", "repetition_penalty", "no_repeat_ngram", "ignore_end")
_HINT = (
    "Leave it out; or, where the server knows a field for it, send that as an extra field"
    ' (extra_fields={"top_k": 50}).'
)


def check_request(request: Request) -> None:
    """Raise `UsageError` for an option that the protocol has no field for.

    A repetition guard of its own kind is such an option; the usual one is our own engine's matter,
    and a server guards itself or does not.
    """
    defaults, params = SamplingParams(), request.params
    for name in _UNKNOWN_PARAMS:
        if getattr(params, name) != getattr(defaults, name):
            raise _unknown(name)
    if params.repetition_guard not in (None, defaults.repetition_guard):
        raise _unknown("repetition_guard")
    if isinstance(params.constraint, Regex):
        raise _unknown("a regular expression as constraint")
    for each in fields(EncodeOptions):
        if getattr(request.encode, each.name) != each.default:
            raise _unknown(each.name)
    for message in request.messages:
        for part in message.parts:
            if isinstance(part, ImagePart) and part.max_tiles is not None:
                raise _unknown("max_tiles")


def request_body(request: Request, model: str, options: RemoteOptions) -> bytes:
    """The JSON of a request whose answer comes as a stream.

    Raises:
        CapacityError: It is larger than `options.max_request_bytes`.
    """
    fields_sent: dict[str, Any] = {
        "model": model,
        "messages": [_message(each, options) for each in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        **_sampling(request.params),
        **options.extra_fields,
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
    sent: dict[str, Any] = {"max_tokens": params.max_tokens, "temperature": params.temperature}
    if params.top_p != 1:
        sent["top_p"] = params.top_p
    for name in ("presence_penalty", "frequency_penalty"):
        if getattr(params, name):
            sent[name] = getattr(params, name)
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
    if isinstance(params.constraint, JsonSchema):
        sent["response_format"] = _response_format(params.constraint)
    return sent


def _response_format(constraint: JsonSchema) -> dict[str, Any]:
    if not constraint.schema:
        return {"type": "json_object"}
    schema = {"name": "answer", "schema": dict(constraint.schema), "strict": True}
    return {"type": "json_schema", "json_schema": schema}


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
        yield _picture(part.picture, options)
    elif isinstance(part, VideoPart):
        for number, frame in enumerate(part.frames, start=1):
            yield {"type": "text", "text": f"Frame-{number}: "}
            yield _picture(frame, options)


def _picture(picture: Picture, options: RemoteOptions) -> dict[str, Any]:
    stream = io.BytesIO()
    image = Image.fromarray(picture)
    if options.picture_format == "png":
        image.save(stream, "PNG", compress_level=1)
    else:
        image.save(stream, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    text = base64.b64encode(stream.getvalue()).decode("ascii")
    url = f"data:image/{options.picture_format};base64,{text}"
    return {"type": "image_url", "image_url": {"url": url}}
