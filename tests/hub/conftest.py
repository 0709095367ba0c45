from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shuowen.hub.settings import HubSettings
from tests.hub.fake_hub import FakeHub, serving


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    cdn = FakeHub()
    server = FakeHub(cdn)
    with serving(cdn), serving(server):
        yield server


@pytest.fixture
def settings(hub: FakeHub, tmp_path: Path) -> HubSettings:
    return HubSettings(
        hf_endpoint=hub.url,
        modelscope_endpoint=hub.url,
        hf_cache=tmp_path / "hf",
        modelscope_caches=(tmp_path / "ms",),
        first_wait_seconds=0.001,
    )
