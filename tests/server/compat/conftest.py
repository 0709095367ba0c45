"""One server for all tests of this folder; those that need another one start it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shuowen.server.options import ServerOptions
from tests.server.conftest import RunningServer, running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with defaults."""
    options = ServerOptions(port=0, data_dir=tmp_path_factory.mktemp("data"))
    with running(options) as started:
        yield started
