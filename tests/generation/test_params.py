from __future__ import annotations

from typing import Any

import pytest

from shuowen.errors import UsageError
from shuowen.generation.params import MAX_BIASES, MAX_STOP_LENGTH, MAX_STOPS, SamplingParams


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("top_k", 2.5, "top_k is 2.5"),
        ("top_k", -1, "top_k is -1"),
        ("max_tokens", True, "max_tokens is True"),
        ("max_tokens", "9", "max_tokens is '9'"),
        ("num_candidates", 129, "num_candidates is 129"),
        ("logprobs", 21, "logprobs is 21"),
        ("logprobs", 1.5, "logprobs is 1.5"),
        ("seed", 1.0, "seed is 1.0"),
        ("seed", 2**64, "seed is"),
        ("temperature", float("nan"), "temperature is nan"),
        ("temperature", "1", "temperature is '1'"),
        ("top_p", True, "top_p is True"),
        ("logit_bias", {"12": 1.0}, "token id"),
        ("logit_bias", {-1: 1.0}, "token id"),
        ("logit_bias", {12: 101}, r"logit_bias\[12\]"),
        ("logit_bias", dict.fromkeys(range(MAX_BIASES + 1), 1.0), "names 2001 tokens"),
        ("stop", "end", "stop is 'end'"),
        ("stop", (1,), "stop is"),
        ("stop", ("",), "empty"),
        ("stop", ("a" * (MAX_STOP_LENGTH + 1),), "too long"),
        ("stop", ("a",) * (MAX_STOPS + 1), "too many"),
    ],
)
def test_what_would_stop_the_engine_is_refused_before(name: str, value: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        SamplingParams(**{name: value})


def test_the_bounds_themselves_pass() -> None:
    SamplingParams(
        top_k=0,
        logprobs=20,
        seed=2**64 - 1,
        temperature=2,
        logit_bias={0: -100, 151_935: 100},
        stop=("a" * MAX_STOP_LENGTH,) * MAX_STOPS,
    )
