"""How to sample, from the fields of a body."""

from __future__ import annotations

import re
from typing import Any

from shuowen.errors import FieldError, UsageError
from shuowen.generation.params import (
    ALL_ROOM,
    DEFAULT_CRITIC,
    Constraint,
    JsonSchema,
    Regex,
    SamplingParams,
)
from shuowen.server.chat import fields
from shuowen.server.chat.body import ChatBody, JsonSchemaBody, ResponseFormat, shaped
from shuowen.server.chat.fields import FIELDS
from shuowen.server.chat.model import ModelKind

FORMS: tuple[str, ...] = ("text", "json_object", "json_schema", "regex_schema")
"""Types of `response_format`."""

_SAME_NAMES = (
    *("temperature", "top_p", "top_k", "min_p", "seed"),
    *("presence_penalty", "frequency_penalty", "repetition_penalty"),
)
_OF_A_READER = ("max_tokens", "stop", "constraint")


def sampling_params(body: ChatBody, kind: ModelKind) -> SamplingParams:
    """How to sample.

    Where a body does not say, the likeliest token is taken (temperature 0), unless several answers
    are asked for, which would then all be the same.

    Raises:
        FieldError: A value is out of range, or two fields contradict each other.
    """
    values: dict[str, Any] = {"max_tokens": _max_tokens(body)}
    for name in _SAME_NAMES:
        if (value := getattr(body, name)) is not None:
            values[name] = _checked(name, name, value)
    if body.n is not None:
        values["num_candidates"] = _checked("n", "num_candidates", body.n)
        if body.n > 1:
            values.setdefault("temperature", 1.0)
    values |= _best_of(body)
    if body.stop is not None:
        stop = (body.stop,) if isinstance(body.stop, str) else tuple(body.stop)
        values["stop"] = _checked("stop", "stop", stop)
    if body.logit_bias:
        values["logit_bias"] = _checked("logit_bias", "logit_bias", _biases(body.logit_bias))
    values["logprobs"] = _logprobs(body)
    values["ignore_end"] = bool(body.ignore_eos)
    values["constraint"] = _constraint(body.response_format, kind)
    if kind == "reader":  # all have been checked, and the others would change nothing
        values = {name: value for name, value in values.items() if name in _OF_A_READER}
    return SamplingParams(**values)


def _checked(param: str, name: str, value: Any) -> Any:
    """A value that `SamplingParams` takes; raises `FieldError` under the field's own name."""
    try:
        SamplingParams(**{name: value})
    except UsageError as error:
        message = re.sub(rf"^{name}\b", param, error.message)
        raise FieldError(message, error.hint, param=param) from error
    return value


def _best_of(body: ChatBody) -> dict[str, Any]:
    """How many answers are written for the one that is given, and who chooses."""
    several = body.best_of is not None and _checked("best_of", "best_of", body.best_of) > 1
    if not several:
        if body.critic not in (None, DEFAULT_CRITIC):
            message = "critic chooses among several answers, and one is asked for."
            raise FieldError(message, 'Add "best_of": 8, or leave it out.', param="critic")
        return {}
    if (body.n or 1) > 1:
        message = f"best_of is {body.best_of} and n {body.n}."
        raise FieldError(message, "Ask for the best answer, or for several.", param="best_of")
    values: dict[str, Any] = {"best_of": body.best_of}
    if body.critic is not None:
        values["critic"] = _checked("critic", "critic", body.critic)
    return values


def _max_tokens(body: ChatBody) -> int:
    older, newer = body.max_tokens, body.max_completion_tokens
    if older is not None and newer is not None and older != newer:
        message = f"max_tokens is {older}, and max_completion_tokens {newer}."
        raise FieldError(message, "Send one of them.", param="max_tokens")
    param = "max_tokens" if newer is None else "max_completion_tokens"
    value = older if newer is None else newer
    return ALL_ROOM if value is None else int(_checked(param, "max_tokens", value))


def _logprobs(body: ChatBody) -> int | None:
    if body.top_logprobs is not None:
        _checked("top_logprobs", "logprobs", body.top_logprobs)
        if body.top_logprobs and not body.logprobs:
            message = "top_logprobs needs logprobs."
            raise FieldError(message, 'Add "logprobs": true.', param="top_logprobs")
    return (body.top_logprobs or 0) if body.logprobs else None


def _biases(given: dict[str, float]) -> dict[int, float]:
    biases = {}
    for token, bias in given.items():
        if not re.fullmatch("[0-9]{1,10}", token):
            message = f"logit_bias names {token[:40]!r}, which is no token id."
            raise FieldError(message, "Use ids as keys.", param="logit_bias")
        biases[int(token)] = bias
    return biases


def _constraint(given: dict[str, Any] | None, kind: ModelKind) -> Constraint | None:
    """What the answer must look like; None for any text."""
    if given is None:
        return None
    param = "response_format"
    kept = FIELDS.kept(fields.RESPONSE_FORMAT, given, kind, param)
    form = shaped(kept, ResponseFormat, param)
    if form.type not in FORMS:
        hint = f"Choose one of: {', '.join(FORMS)}."
        raise FieldError(f"{param}.type is {form.type[:60]!r}.", hint, param=f"{param}.type")
    for name in ("json_schema", "regex_schema"):
        if (getattr(form, name) is None) == (form.type == name):
            said = "needs" if form.type == name else "has no use for"
            message = f"A {param} of the type {form.type} {said} {name}."
            raise FieldError(message, "See docs/server.md.", param=f"{param}.{name}")
    if form.regex_schema is not None:
        return Regex(form.regex_schema)
    if form.json_schema is not None:
        return JsonSchema(_schema(form.json_schema, f"{param}.json_schema", kind))
    return JsonSchema() if form.type == "json_object" else None


def _schema(given: dict[str, Any], param: str, kind: ModelKind) -> dict[str, Any]:
    kept = FIELDS.kept(fields.JSON_SCHEMA, given, kind, param)
    body = shaped(kept, JsonSchemaBody, param)
    if body.schema is None:
        hint = 'Write {"name": "invoice", "schema": {"type": "object", …}}.'
        raise FieldError(f"{param}.schema is missing.", hint, param=f"{param}.schema")
    return body.schema
