from __future__ import annotations

import re

import httpx


def test_a_request_id_is_made_or_taken_if_it_is_sane(client: httpx.Client) -> None:
    ids = {client.get("/health").headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(re.fullmatch(r"req_[0-9a-f]{24}", each) for each in ids)
    given = client.get("/health", headers={"X-Request-Id": "my-id.1"})
    assert given.headers["x-request-id"] == "my-id.1"
    for bad in ("x" * 65, "a b", "é", '"}{'):
        got = client.get("/health", headers={"X-Request-Id": bad.encode()})
        assert got.headers["x-request-id"].startswith("req_")
    assert client.get("/nowhere").headers["x-request-id"]
