"""The environment that the hubs' own programs read."""

from __future__ import annotations

from pathlib import Path

import pytest

from shuowen.errors import UsageError
from shuowen.hub.client import HubClient
from shuowen.hub.settings import HubSettings


def test_nothing_set_means_the_hubs_themselves() -> None:
    settings = HubSettings.from_environment({})
    assert settings.hf_endpoint == "https://huggingface.co"
    assert settings.modelscope_endpoint == "https://modelscope.cn"
    assert settings.hf_cache == Path.home() / ".cache" / "huggingface" / "hub"
    assert settings.modelscope_caches[0] == Path.home() / ".cache" / "modelscope" / "hub"
    assert not settings.is_offline


@pytest.mark.parametrize(
    ("environ", "cache"),
    [
        ({"HF_HUB_CACHE": "/c", "HF_HOME": "/h"}, "/c"),
        ({"HF_HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/h/hub"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/huggingface/hub"),
    ],
)
def test_the_cache_is_where_others_keep_it(environ: dict[str, str], cache: str) -> None:
    assert HubSettings.from_environment(environ).hf_cache == Path(cache)


def test_endpoints_are_read_when_asked() -> None:
    settings = HubSettings.from_environment(
        {"HF_ENDPOINT": "https://hf-mirror.example/", "MODELSCOPE_ENDPOINT": "http://10.0.0.1:8080"}
    )
    assert settings.hf_endpoint == "https://hf-mirror.example"
    assert settings.modelscope_endpoint == "http://10.0.0.1:8080"


@pytest.mark.parametrize("word", ["1", "ON", "true", "yes"])
def test_offline_is_obeyed(word: str) -> None:
    assert HubSettings.from_environment({"HF_HUB_OFFLINE": word}).is_offline
    assert not HubSettings.from_environment({"HF_HUB_OFFLINE": "0"}).is_offline
    assert HubSettings.from_environment({}, offline=True).is_offline


def test_the_token_is_found_and_never_shown(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hf_file\n")
    of_file = HubSettings.from_environment({"HF_HOME": str(tmp_path)})
    of_variable = HubSettings.from_environment({"HF_HOME": str(tmp_path), "HF_TOKEN": "hf_var"})
    assert (of_file.hf_token, of_variable.hf_token) == ("hf_file", "hf_var")
    assert "hf_" + "file" not in repr(of_file)


@pytest.mark.parametrize(
    "endpoint", ["", "huggingface.co", "file:///etc", "https://", "http://[", "http://a:x"]
)
def test_an_endpoint_that_is_no_address_is_refused(endpoint: str) -> None:
    client = HubClient(endpoint, HubSettings.from_environment({}))
    with pytest.raises(UsageError, match="no address of a hub"):
        client.json("/api")
