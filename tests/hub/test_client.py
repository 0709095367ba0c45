"""Requests to a hub: proxies, certificates, redirects and patience."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from urllib3 import PoolManager

from shuowen.errors import FetchError
from shuowen.hub.client import HubClient, TryAgain
from shuowen.hub.download import download
from shuowen.hub.names import ModelName
from shuowen.hub.settings import HubSettings
from tests.hub.fake_hub import COMMIT, REPO, FakeHub

TLS = Path(__file__).parents[1] / "data" / "tls"
FILE = f"/{REPO}/resolve/{COMMIT}/model.safetensors"


@pytest.fixture
def secure(hub: FakeHub) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "cert.pem", TLS / "key.pem")
    hub.socket = context.wrap_socket(hub.socket, server_side=True)
    return hub.url.replace("http:", "https:")


def test_the_proxy_that_is_set_is_used(
    hub: FakeHub, settings: HubSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", hub.url.replace("//", "//me:secret@"))
    elsewhere = HubClient("http://hub.invalid", settings)
    assert elsewhere.json(f"/api/models/{REPO}/revision/main")["sha"] == COMMIT
    _, path, headers = hub.requests[0]
    assert path == f"http://hub.invalid/api/models/{REPO}/revision/main"
    assert headers["proxy-authorization"] == "Basic bWU6c2VjcmV0"
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    HubClient(hub.url, settings).json(f"/api/models/{REPO}/revision/main")
    assert hub.requests[1][1] == f"/api/models/{REPO}/revision/main"


def test_a_proxy_of_another_kind_is_refused(
    settings: HubSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1")
    with pytest.raises(FetchError, match="socks5"):
        HubClient("http://hub.invalid", settings).json("/api")


def test_a_certificate_that_is_not_trusted_ends_it(secure: str, settings: HubSettings) -> None:
    with pytest.raises(FetchError, match="certificate is not trusted"):
        HubClient(secure, settings).json("/api")


def test_https_is_not_given_up_by_a_redirect(
    hub: FakeHub, secure: str, settings: HubSettings
) -> None:
    client = HubClient(secure, settings)
    client._pools[""] = PoolManager(ca_certs=str(TLS / "cert.pem"), assert_hostname=False)
    assert client.json(f"/api/models/{REPO}/revision/main")["sha"] == COMMIT
    with pytest.raises(FetchError, match="not safe to follow"), client.get(secure + FILE):
        pass
    assert hub.cdn is not None
    assert hub.cdn.requests == []


def test_a_ring_of_redirects_ends(hub: FakeHub, settings: HubSettings) -> None:
    assert hub.cdn is not None
    hub.cdn.statuses["model.safetensors"] = [302] * 20  # without an address: to itself
    with (
        pytest.raises(FetchError, match="redirects more than"),
        HubClient(hub.url, settings).get(hub.url + FILE),
    ):
        pass


def test_patience_starts_anew_whenever_something_came(settings: HubSettings) -> None:
    waits: list[float] = []
    attempts = 0

    def attempt() -> str:
        nonlocal attempts
        attempts += 1
        if attempts < 12:
            raise TryAgain("the line broke", wait_seconds=7.0)
        return "done"

    client = HubClient("http://hub.invalid", settings)
    assert client.persist(attempt, lambda: attempts % 3 == 0, waits.append) == "done"
    assert waits == [7.0] * 11
    attempts = 0
    with pytest.raises(FetchError, match="5 times in a row; the last time the line broke"):
        client.persist(attempt, pause=waits.append)


def test_only_the_program_is_named_to_the_hub(hub: FakeHub, settings: HubSettings) -> None:
    download(ModelName(hub="hf", repo_id=REPO), settings)
    for _, _, headers in hub.requests:
        assert set(headers) <= {"host", "user-agent", "accept-encoding", "range"}
        assert headers["user-agent"].startswith("shuowen/")
