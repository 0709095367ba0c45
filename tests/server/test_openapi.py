"""Everything that our OpenAPI allows, and much that it does not, is asked: nothing ends in 5xx.

A document that cannot be read is the client's trouble (4xx); so is one that must be downloaded from
where nothing is. A server error would be ours.
"""

from __future__ import annotations

from contextlib import suppress

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode

from tests.server.conftest import RunningServer

FEWEST_OPERATIONS = 30
BASE = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
QUICK = settings(BASE, max_examples=4, derandomize=True)
THOROUGH = settings(BASE, max_examples=200)


def ask_everything(server: RunningServer, effort: settings) -> int:
    """Ask each path with data that fits its description and data that does not; how many paths."""
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            ask_often(operation, mode, effort)
    return len(operations)


def ask_often(operation: schemathesis.Operation, mode: GenerationMode, effort: settings) -> None:
    @effort
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=[not_a_server_error], timeout=60)

    with suppress(Unsatisfiable):  # GET /health has nothing that could be wrong
        ask()


def test_nothing_that_may_be_asked_ends_in_a_server_error(server: RunningServer) -> None:
    assert ask_everything(server, QUICK) >= FEWEST_OPERATIONS


@pytest.mark.slow
def test_the_same_for_hundreds_of_requests_to_each_path(server: RunningServer) -> None:
    assert ask_everything(server, THOROUGH) >= FEWEST_OPERATIONS
