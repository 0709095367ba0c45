from __future__ import annotations

import re

import httpx

from tests.server.conftest import Serve


def test_openapi_and_pages_need_nothing_from_elsewhere(client: httpx.Client) -> None:
    schema = client.get("/openapi.json").json()
    assert {"/health", "/v1/documents", "/v1/chat/completions"} <= set(schema["paths"])
    for path in ("/", "/docs"):
        response = client.get(path)
        assert response.headers["content-type"].startswith("text/html")
        policy = response.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "<script" not in response.text
        links = re.findall(r'(?:src|href)="([^"]+)"', response.text)
        assert all(link.startswith("data:") or "//" not in link for link in links)
    assert "说文" in client.get("/").text
    assert "/v1/documents/{document_id}" in client.get("/docs").text.replace("<wbr>", "")


def test_a_host_header_cannot_put_markup_on_the_page(serve: Serve) -> None:
    url = serve(api_keys=("sk-1",)).url
    headers = {"Host": "a<b>\"'", "X-Api-Key": "sk-1"}
    assert "a<b>" not in httpx.get(f"{url}/", headers=headers).text


def test_pages_can_be_left_out(serve: Serve) -> None:
    url = serve(docs=False).url
    assert httpx.get(f"{url}/docs").status_code == 404
    assert httpx.get(f"{url}/openapi.json").status_code == 404
    assert "openapi.json" not in httpx.get(f"{url}/").text
