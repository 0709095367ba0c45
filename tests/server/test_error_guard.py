from __future__ import annotations

import httpx
import pytest

from tests.server.conftest import Serve
from tests.server.paths import SECRET, error_of, failing


@pytest.mark.parametrize(
    ("kind", "status", "kind_of_error", "param"),
    [
        ("bug", 500, "server_error", None),
        ("field", 400, "invalid_request_error", "messages[0]"),
        ("conflict", 409, "conflict_error", None),
        ("model", 500, "server_error", None),
        ("memory", 503, "server_error", None),
    ],
)
def test_errors_are_openais_body(
    serve: Serve, kind: str, status: int, kind_of_error: str, param: str | None
) -> None:
    response = httpx.get(f"{serve(paths=failing).url}/fail/{kind}")
    assert response.status_code == status
    error = error_of(response)
    assert (error["type"], error["param"]) == (kind_of_error, param)
    assert SECRET not in response.text
    assert ("retry-after" in response.headers) == (status == 503)


def test_a_stream_that_breaks_is_cut_and_not_ended(serve: Serve) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{serve(paths=failing).url}/half")
