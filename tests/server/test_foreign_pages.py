from __future__ import annotations

import httpx
import pytest

from tests.server.conftest import Serve


def test_scripts_of_other_pages_get_nothing_unless_they_are_named(serve: Serve) -> None:
    page = {"Origin": "https://app.example.com"}
    closed = serve().url
    refused = httpx.post(f"{closed}/v1/documents", headers=page)
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers
    assert httpx.get(f"{closed}/health", headers={"Origin": closed}).status_code == 200
    preflight = {**page, "Access-Control-Request-Method": "POST"}
    assert httpx.options(f"{closed}/v1/documents", headers=preflight).status_code == 403
    opened = serve(cors_origins=("https://app.example.com",), api_keys=("sk-1",)).url
    allowed = httpx.options(f"{opened}/v1/documents", headers=preflight)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == page["Origin"]
    refused = httpx.get(f"{opened}/v1/documents", headers=page)
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == page["Origin"]
    assert "x-request-id" in refused.headers["access-control-expose-headers"].lower()
    other = httpx.get(f"{opened}/health", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:1", 200),
        ("127.0.0.1", 200),
        ("[::1]:9", 200),
        ("192.168.1.7:9", 200),
        ("host.docker.internal:9", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example:9", 421),
        ("localhost.evil.example", 421),
    ],
)
def test_a_name_turned_to_this_machine_is_refused(
    client: httpx.Client, host: str, status: int
) -> None:
    assert client.get("/health", headers={"Host": host}).status_code == status


def test_a_name_that_is_allowed_or_a_key_opens_the_server_to_other_names(serve: Serve) -> None:
    host = {"Host": "ocr.example.com"}
    named = serve(allowed_hosts=("OCR.example.com",)).url
    assert httpx.get(f"{named}/health", headers=host).status_code == 200
    assert httpx.get(f"{serve(api_keys=('sk-1',)).url}/health", headers=host).status_code == 200
