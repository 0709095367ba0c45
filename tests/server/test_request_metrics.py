from __future__ import annotations

import httpx

from tests.server.conftest import RunningServer


def test_metrics_count_requests_by_route_and_status(server: RunningServer) -> None:
    for _ in range(2):
        httpx.get(f"{server.url}/v1/documents/doc_unknown")
    text = httpx.get(f"{server.url}/metrics").text
    line = (
        'shuowen_requests_total{method="GET",route="/v1/documents/{document_id}",status="404"} 2.0'
    )
    assert line in text
    assert "doc_unknown" not in text
    for name in (
        "shuowen_request_seconds_bucket",
        "shuowen_requests_in_flight",
        "shuowen_pages_waiting 0.0",
        "shuowen_page_seconds_count 0.0",
        'shuowen_documents{state="queued"} 0.0',
        "shuowen_process_resident_memory_bytes",
        "shuowen_info",
    ):
        assert name in text
    assert all(line.startswith(("#", "shuowen_")) for line in text.splitlines())


def test_the_description_of_all_paths_has_its_own_route(client: httpx.Client) -> None:
    assert client.get("/openapi.json").json()["openapi"]
    assert 'route="/openapi.json"' in client.get("/metrics").text
