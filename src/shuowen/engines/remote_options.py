"""How a model server is spoken to: one frozen record, checked when it is made."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from shuowen.errors import UsageError

Dialect = Literal["openai", "lmdeploy", "vllm", "shuowen"]
"""What a server knows beyond OpenAI's protocol, by the program that it is; openai: nothing."""

API_KEY_VARIABLE = "SHUOWEN_API_KEY"
"""The environment variable that holds the key when none is given."""

PROTOCOL_FIELDS = frozenset(
    ("model", "messages", "max_tokens", "temperature", "top_p", "presence_penalty", "logit_bias")
    + ("frequency_penalty", "seed", "stop", "n", "logprobs", "top_logprobs", "response_format")
    + ("tools", "stream", "stream_options")
)
"""The fields that a request fills in; none of them can be an extra field."""


def _key_from_environment() -> str:
    return os.environ.get(API_KEY_VARIABLE, "")


@dataclass(frozen=True, kw_only=True)
class RemoteOptions:
    """How a model server is spoken to."""

    model: str = ""
    """The model's name on the server; empty when it has only one."""
    api_key: str = field(default_factory=_key_from_environment, repr=False)
    """Sent as bearer token; by default what SHUOWEN_API_KEY holds."""
    connect_seconds: float = 20.0
    """Longest time for the connection to come about."""
    idle_seconds: float = 600.0
    """Longest silence, the one before the first token included."""
    total_seconds: float = 3600.0
    """Longest time for one whole answer."""
    max_request_bytes: int = 64 * 1024**2
    """Largest request, pictures included."""
    max_answer_bytes: int = 64 * 1024**2
    """Largest answer, with all that is around its text."""
    dialect: Dialect | Literal["auto"] = "openai"
    """Which program the server is; auto asks it, which its list of models tells (`owned_by`)."""
    picture_format: Literal["png", "jpeg"] = "png"
    """png sends pictures without loss; jpeg at quality 95, several times smaller."""
    extra_fields: Mapping[str, Any] = field(default_factory=dict)
    """Sent with every request as they are, for what one server knows beyond the protocol, such as
    {"top_k": 50}."""

    def __post_init__(self) -> None:
        key = self.api_key
        if not (key.isascii() and key.isprintable()) or key != key.strip():
            raise UsageError("The API key holds characters that no key has.", "Copy it again.")
        if self.picture_format not in ("png", "jpeg"):
            raise UsageError(f"picture_format is {self.picture_format!r}.", "Choose png or jpeg.")
        if self.dialect not in (dialects := ("auto", *get_args(Dialect))):
            message = f"dialect is {self.dialect!r}."
            raise UsageError(message, f"Choose one of: {', '.join(dialects)}.")
        for name in ("connect_seconds", "idle_seconds", "total_seconds"):
            if not 0 < getattr(self, name) <= 1e6:
                raise UsageError(f"{name} is {getattr(self, name)}.", "Choose up to 1000000.")
        for name in ("max_request_bytes", "max_answer_bytes"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name)}.", "Choose at least 1.")
        if taken := sorted(PROTOCOL_FIELDS & set(self.extra_fields)):
            raise UsageError(
                f"{taken[0]!r} cannot be an extra field.", "It has an option of its own; use that."
            )
