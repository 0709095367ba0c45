from __future__ import annotations

import httpx

from tests.server.paths import error_of


def test_an_unknown_path_gets_the_nearest_as_advice(client: httpx.Client) -> None:
    response = client.get("/v1/documnets")
    assert response.status_code == 404
    error = error_of(response)
    assert error["type"] == "not_found_error"
    assert "/v1/documents" in error["message"]
    assert error_of(client.post("/utterly/else"))["message"].endswith("which paths there are.")
    assert client.get("/v1/documents/").status_code == 404  # and no redirect


def test_a_wrong_method_names_the_right_ones(client: httpx.Client) -> None:
    response = client.put("/health")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD"
    assert "PUT" in error_of(response)["message"]
    assert client.put("/v1/documents").headers["allow"] == "GET, POST"
    refused = client.put("/v1/documents/some-id")
    assert refused.headers["allow"] == "DELETE, GET"
    assert "It takes: DELETE, GET." in error_of(refused)["message"]
    assert error_of(client.request("BREW", "/health"))["type"] == "invalid_request_error"
