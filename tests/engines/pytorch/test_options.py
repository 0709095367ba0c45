"""Options are checked when they are made."""

from __future__ import annotations

from typing import Any

import pytest

from shuowen.engines.pytorch.options import EngineOptions
from shuowen.errors import UsageError


@pytest.mark.parametrize(
    "wrong",
    [
        {"weights": "fp8"},
        {"vision_weights": "int4"},
        {"threads": -1},
        {"max_running": 0},
        {"max_waiting": 0},
        {"page_tokens": 0},
        {"prefill_chunk_tokens": 0},
        {"kv_cache_bytes": 0},
        {"vision_batch_tiles": 0},
        {"visual_cache_bytes": -1},
    ],
)
def test_a_wrong_value_is_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        EngineOptions(**wrong)
