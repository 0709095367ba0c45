"""Options and fixtures that several test folders use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples every time, and no examples that are too slow on a busy machine; new ones are
# looked for with `pytest --hypothesis-profile wide`.
settings.register_profile("wide", deadline=None)
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the golden files anew; look at the difference before you commit it",
    )


@pytest.fixture
def check_golden(request: pytest.FixtureRequest) -> Callable[[Path, bytes], None]:
    """Says whether `data` is what the golden file holds; `--update-golden` writes it first."""

    def check(path: Path, data: bytes) -> None:
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        assert data.decode() == path.read_bytes().decode()

    return check
