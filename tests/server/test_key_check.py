from __future__ import annotations

import threading
from pathlib import Path

import httpx

from shuowen.server.key_file import add_key
from tests.server.conftest import Serve
from tests.server.paths import Held, error_of


def test_keys_in_every_way_that_clients_send_them(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    key = add_key(path, "alice")
    url = serve(keys_file=path).url
    for headers in (
        {"Authorization": f"Bearer {key}"},
        {"Authorization": f"bearer  {key}"},
        {"Authorization": f"token {key}"},
        {"X-Api-Key": key},
    ):
        assert httpx.get(f"{url}/v1/documents", headers=headers).status_code == 200
    for headers in (
        {},
        {"Authorization": key},
        {"X-Api-Key": f"{key}x"},
        {"Authorization": "Bearer"},
    ):
        for address in ("/v1/documents", "/metrics", "/nowhere", "/", "/openapi.json"):
            response = httpx.get(url + address, headers=headers)
            assert response.status_code == 401
            assert error_of(response)["type"] == "authentication_error"
            assert response.headers["www-authenticate"] == "Bearer"
            assert key not in response.text
    assert httpx.get(f"{url}/health").status_code == 200
    assert httpx.get(f"{url}/ready").status_code in (200, 503)


def test_a_key_has_its_own_rate_and_its_own_places(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    fast = {"X-Api-Key": add_key(path, "fast", requests_per_minute=0)}
    slow = {"X-Api-Key": add_key(path, "slow")}
    one = {"X-Api-Key": add_key(path, "one", concurrent=1, requests_per_minute=0)}
    held = Held()
    url = serve(paths=held, keys_file=path, requests_per_minute=3).url
    statuses = [httpx.get(f"{url}/v1/documents", headers=slow).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    refused = httpx.get(f"{url}/v1/documents", headers=slow)
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert {httpx.get(f"{url}/v1/documents", headers=fast).status_code for _ in range(6)} == {200}
    thread = threading.Thread(target=lambda: httpx.post(f"{url}/held", headers=one))
    thread.start()
    held.wait_for(1)
    assert httpx.get(f"{url}/v1/documents", headers=one).status_code == 429
    assert httpx.get(f"{url}/v1/documents", headers=fast).status_code == 200
    held.let_go.set()
    thread.join(10)
    assert httpx.get(f"{url}/v1/documents", headers=one).status_code == 200
