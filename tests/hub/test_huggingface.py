"""The cache that is shared with Hugging Face's own client, which is the judge here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import constants
from huggingface_hub.utils import disable_progress_bars

from shuowen.errors import FetchError, ModelError
from shuowen.hub.download import download, resolve_model
from shuowen.hub.names import ModelName
from shuowen.hub.settings import HubSettings
from tests.hub.fake_hub import COMMIT, REPO, FakeHub

NAME = ModelName(hub="hf", repo_id=REPO)


@pytest.fixture(autouse=True)
def no_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    disable_progress_bars()
    monkeypatch.setenv("HF_TOKEN", "")
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)


def test_what_we_download_their_client_finds(hub: FakeHub, settings: HubSettings) -> None:
    folder = download(NAME, settings).folder
    hub.requests.clear()
    found = huggingface_hub.snapshot_download(
        REPO, cache_dir=settings.hf_cache, local_files_only=True, endpoint=hub.url
    )
    assert Path(found) == folder.resolve()
    cached = huggingface_hub.try_to_load_from_cache(REPO, "config.json", settings.hf_cache)
    assert isinstance(cached, str)
    assert Path(cached).read_bytes() == hub.files["config.json"]
    assert hub.requests == []


def test_their_client_completes_what_we_began_without_sending_it_again(
    hub: FakeHub, settings: HubSettings
) -> None:
    download(NAME, settings)
    hub.requests.clear()
    huggingface_hub.snapshot_download(REPO, cache_dir=settings.hf_cache, endpoint=hub.url)
    sent = {path.rpartition("/")[2] for method, path, _ in hub.requests if "/resolve/" in path}
    assert "model.safetensors" not in sent
    assert "config.json" not in sent


def test_what_their_client_downloaded_we_find(hub: FakeHub, settings: HubSettings) -> None:
    theirs = huggingface_hub.snapshot_download(
        REPO, cache_dir=settings.hf_cache, endpoint=hub.url, ignore_patterns=["*.py"]
    )
    hub.requests.clear()
    assert resolve_model(REPO, settings).resolve() == Path(theirs)
    assert resolve_model(f"{REPO}@{COMMIT}", settings).resolve() == Path(theirs)
    assert hub.requests == []
    assert download(NAME, settings).num_files == 0


def test_a_cache_that_lacks_files_is_completed(hub: FakeHub, settings: HubSettings) -> None:
    huggingface_hub.hf_hub_download(
        REPO, "config.json", cache_dir=settings.hf_cache, endpoint=hub.url
    )
    with pytest.raises(ModelError, match="offline"):
        resolve_model(REPO, replace(settings, is_offline=True))
    hub.requests.clear()
    folder = resolve_model(REPO, settings)
    assert (folder / "model.safetensors").read_bytes() == hub.files["model.safetensors"]
    assert not [path for _, path, _ in hub.requests if path.endswith("config.json")]


def test_a_new_commit_shares_the_files_that_did_not_change(
    hub: FakeHub, settings: HubSettings
) -> None:
    folder = download(NAME, settings).folder
    folder.rename(folder.with_name("0123456789abcdef"))
    hub.requests.clear()
    assert download(NAME, settings).num_files == 0
    assert not [path for _, path, _ in hub.requests if "/resolve/" in path]


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ({"license": "mit"}, "mit"),
        ({"license": "other", "license_name": "qwen"}, "qwen"),
        ({"license": "other"}, "other"),
        ({}, ""),
    ],
)
def test_the_licence_is_the_cards(
    hub: FakeHub, settings: HubSettings, card: dict[str, str], licence: str
) -> None:
    hub.license = card
    assert download(NAME, settings).listing.licence == licence


def test_an_answer_of_another_shape_is_refused(
    hub: FakeHub, settings: HubSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.hub.fake_hub.COMMIT", "../../elsewhere")
    with pytest.raises(FetchError, match="not understood"):
        download(NAME, settings)
