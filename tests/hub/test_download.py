"""Downloads from both hubs: what comes, what is not sent twice, and what goes wrong."""

from __future__ import annotations

import json
import shutil
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest

from shuowen.errors import CapacityError, FetchError, ModelError, OutputError, UsageError
from shuowen.hub.download import download, find_model, resolve_model
from shuowen.hub.listing import Listing
from shuowen.hub.lock import only_one
from shuowen.hub.manifest import MANIFEST_NAME
from shuowen.hub.names import ModelName, parse_name
from shuowen.hub.settings import HubSettings
from tests.hub.fake_hub import COMMIT, REPO, FakeHub, sha256, tiny_files

WANTED = {"README.md", "config.json", "model.safetensors", "tokenizer.json"}
BOTH = pytest.mark.parametrize("prefix", ["hf", "modelscope"])
WEIGHTS = "model.safetensors"


class Counted:
    def __init__(self) -> None:
        self.expected = 0
        self.received_bytes = 0

    def listed(self, listing: Listing, num_files: int, num_bytes: int) -> None:
        self.expected = num_bytes

    def received(self, num_bytes: int) -> None:
        self.received_bytes += num_bytes


def name_on(prefix: str, repo: str = REPO) -> ModelName:
    name = parse_name(f"{prefix}:{repo}")
    assert isinstance(name, ModelName)
    return name


def names_in(folder: Path) -> set[str]:
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return found - {MANIFEST_NAME, ".shuowen.lock"}


def part_of(settings: HubSettings, prefix: str) -> Path:
    """Where the weights are while they come."""
    if prefix == "hf":
        blobs = settings.hf_cache / "models--OpenGVLab--InternVL3-1B" / "blobs"
        return blobs / f"{sha256(tiny_files()[WEIGHTS])}.part"
    return settings.modelscope_caches[0] / "models" / REPO / f"{WEIGHTS}.part"


@BOTH
def test_a_model_comes_whole_and_without_programs(
    hub: FakeHub, settings: HubSettings, prefix: str
) -> None:
    watcher = Counted()
    done = download(name_on(prefix), settings, watcher=watcher)
    assert names_in(done.folder) == WANTED
    assert all((done.folder / name).read_bytes() == hub.files[name] for name in WANTED)
    assert done.num_files == len(WANTED)
    assert watcher.received_bytes == watcher.expected == sum(len(hub.files[n]) for n in WANTED)
    assert done.listing.licence in ("apache-2.0", "Apache License 2.0")
    assert find_model(name_on(prefix), settings) == done.folder


@BOTH
def test_a_second_run_sends_no_file(hub: FakeHub, settings: HubSettings, prefix: str) -> None:
    first = download(name_on(prefix), settings)
    hub.requests.clear()
    again = download(name_on(prefix), settings)
    assert (again.num_files, again.folder) == (0, first.folder)
    assert not [path for _, path, _ in hub.requests if "/resolve/" in path]


@BOTH
def test_a_resolved_model_that_is_here_needs_no_hub(
    hub: FakeHub, settings: HubSettings, prefix: str
) -> None:
    folder = resolve_model(f"{prefix}:{REPO}", settings)
    hub.requests.clear()
    assert resolve_model(f"{prefix}:{REPO}", settings) == folder
    assert resolve_model(f"{prefix}:{REPO}", replace(settings, is_offline=True)) == folder
    assert resolve_model(str(folder)) == folder
    assert hub.requests == []


@BOTH
def test_a_line_that_breaks_is_taken_up_where_it_broke(
    hub: FakeHub, settings: HubSettings, prefix: str
) -> None:
    server = hub.cdn if prefix == "hf" else hub
    assert server is not None
    server.cut_after[WEIGHTS] = [70_000, 65_536, 0, 0]
    folder = download(name_on(prefix), settings).folder
    assert (folder / WEIGHTS).read_bytes() == hub.files[WEIGHTS]
    ranges = [each for each in hub.sent_files() if each.startswith(f"{WEIGHTS}bytes=")]
    expected = [f"{WEIGHTS}bytes={first}-" for first in (65_536, 131_072, 131_072, 131_072)]
    assert ranges == expected * (2 if prefix == "hf" else 1)  # the hub, and where it redirects to


@BOTH
def test_a_broken_run_is_taken_up_by_the_next(
    hub: FakeHub, settings: HubSettings, prefix: str
) -> None:
    server = hub.cdn if prefix == "hf" else hub
    assert server is not None
    server.cut_after[WEIGHTS] = [70_000, *[0] * 9]
    with pytest.raises(FetchError, match="times in a row"):
        download(name_on(prefix), replace(settings, num_tries=2))
    assert part_of(settings, prefix).stat().st_size == 65_536
    server.cut_after.clear()
    hub.requests.clear()
    watcher = Counted()
    folder = download(name_on(prefix), settings, watcher=watcher).folder
    assert (folder / WEIGHTS).read_bytes() == hub.files[WEIGHTS]
    assert f"{WEIGHTS}bytes=65536-" in hub.sent_files()
    assert watcher.received_bytes == watcher.expected
    assert not part_of(settings, prefix).exists()


def test_a_server_without_ranges_starts_anew(hub: FakeHub, settings: HubSettings) -> None:
    hub.has_ranges = False
    hub.cut_after[WEIGHTS] = [70_000]
    watcher = Counted()
    folder = download(name_on("modelscope"), settings, watcher=watcher).folder
    assert (folder / WEIGHTS).read_bytes() == hub.files[WEIGHTS]
    assert watcher.received_bytes == watcher.expected


@BOTH
def test_a_damaged_start_is_found_and_removed(
    hub: FakeHub, settings: HubSettings, prefix: str
) -> None:
    part = part_of(settings, prefix)
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 1000)
    with pytest.raises(ModelError, match="checksum is wrong"):
        download(name_on(prefix), settings)
    assert not part.exists()
    assert find_model(name_on(prefix), settings) is None
    download(name_on(prefix), settings)
    assert find_model(name_on(prefix), settings)


@BOTH
def test_a_file_with_another_checksum_is_refused(
    hub: FakeHub, settings: HubSettings, prefix: str
) -> None:
    hub.checksums[WEIGHTS] = sha256(b"what was promised")
    with pytest.raises(ModelError, match=r"model\.safetensors .* checksum is wrong"):
        download(name_on(prefix), settings)
    left = [path for path in settings.hf_cache.parent.rglob("*") if path.is_file()]
    assert not [path for path in left if path.stat().st_size >= 300_000]


@BOTH
def test_a_small_file_that_was_changed_on_the_way_is_refused(
    hub: FakeHub, settings: HubSettings, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = settings.hf_cache.parent / "to"
    folder.mkdir()
    partial = folder / "config.json.part"
    partial.write_bytes(hub.files["config.json"].replace(b"chat", b"evil"))
    with pytest.raises(ModelError, match=r"config\.json .* checksum is wrong"):
        download(name_on(prefix), settings, to=folder)
    assert not (folder / "config.json").exists()


@BOTH
def test_a_model_that_is_not_there_is_named(
    hub: FakeHub, settings: HubSettings, prefix: str
) -> None:
    with pytest.raises(ModelError, match="has no model .*OpenGVLab/Nothing") as raised:
        download(name_on(prefix, "OpenGVLab/Nothing"), settings)
    assert "shuowen models list" in raised.value.hint


def test_a_gated_model_tells_about_the_token(hub: FakeHub, settings: HubSettings) -> None:
    hub.is_gated = True
    settings = replace(settings, hf_token="hf_secret")
    with pytest.raises(ModelError, match="does not hand out") as raised:
        download(name_on("hf"), settings)
    assert "HF_TOKEN" in raised.value.hint
    assert f"{hub.url}/{REPO}" in raised.value.hint
    assert "hf_secret" not in repr(raised.value) + repr(settings)


def test_the_token_goes_to_the_hub_alone(hub: FakeHub, settings: HubSettings) -> None:
    assert hub.cdn is not None
    settings = replace(settings, hf_token="hf_secret")
    download(name_on("hf"), settings)
    assert all(headers["authorization"] == "Bearer hf_secret" for _, _, headers in hub.requests)
    assert [path for _, path, _ in hub.cdn.requests] == [f"/cdn/{WEIGHTS}"]
    assert not [headers for _, _, headers in hub.cdn.requests if "authorization" in headers]
    hub.requests.clear()
    download(name_on("modelscope"), settings)
    assert not [headers for _, _, headers in hub.requests if "authorization" in headers]


@BOTH
@pytest.mark.parametrize(
    "path", ["../evil.json", "/etc/evil.json", "a/../../evil.json", "C:evil.json", "a\\evil.json"]
)
def test_names_that_leave_the_folder_are_refused(
    hub: FakeHub, settings: HubSettings, prefix: str, path: str
) -> None:
    hub.files[path] = b"{}"
    with pytest.raises(ModelError, match="outside its folder"):
        download(name_on(prefix), settings)
    assert not list(settings.hf_cache.parent.rglob("*evil*"))


@BOTH
def test_offline_nothing_is_sent(hub: FakeHub, settings: HubSettings, prefix: str) -> None:
    offline = replace(settings, is_offline=True)
    for attempt in (
        lambda: download(name_on(prefix), offline),
        lambda: resolve_model(f"{prefix}:{REPO}", offline),
    ):
        with pytest.raises(ModelError, match="offline mode is on") as raised:
            attempt()
        assert f"shuowen models download {name_on(prefix)} --to DIR" in raised.value.hint
    assert hub.requests == []


@BOTH
def test_a_folder_of_ones_own_carries_a_manifest(
    hub: FakeHub, settings: HubSettings, prefix: str, tmp_path: Path
) -> None:
    to = tmp_path / "a" / "b"
    done = download(name_on(prefix), settings, to=to)
    assert done.folder == to
    assert names_in(to) == WANTED
    manifest = json.loads((to / MANIFEST_NAME).read_text())
    assert manifest["source"] == str(name_on(prefix))
    assert {file["path"] for file in manifest["files"]} == WANTED
    hub.requests.clear()
    assert download(name_on(prefix), settings, to=to).num_files == 0
    (to / "config.json").write_bytes(b"changed")
    assert download(name_on(prefix), settings, to=to).num_files == 1
    assert (to / "config.json").read_bytes() == hub.files["config.json"]


def test_two_models_do_not_share_a_folder(
    hub: FakeHub, settings: HubSettings, tmp_path: Path
) -> None:
    (tmp_path / "model-00001-of-00002.safetensors").write_bytes(b"")
    with pytest.raises(UsageError, match="holds another model"):
        download(name_on("hf"), settings, to=tmp_path)


@BOTH
def test_a_full_disk_is_noticed_before_the_first_byte(
    hub: FakeHub, settings: HubSettings, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 10, 100_000))
    with pytest.raises(OutputError, match=r"needs 0\.0 GB more .* are free"):
        download(name_on(prefix), settings)
    assert hub.sent_files() == []


def test_a_folder_that_cannot_be_made_is_an_output_error(
    hub: FakeHub, settings: HubSettings, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written"):
        download(name_on("hf"), settings, to=tmp_path / "file" / "below")


def test_two_downloads_do_not_write_to_one_place(
    hub: FakeHub, settings: HubSettings, tmp_path: Path
) -> None:
    with only_one(tmp_path), pytest.raises(CapacityError, match="Another process"):
        download(name_on("hf"), settings, to=tmp_path)


@BOTH
def test_a_busy_hub_is_asked_again(hub: FakeHub, settings: HubSettings, prefix: str) -> None:
    hub.statuses["revision/main"] = [503, 429]
    hub.statuses["repo/files"] = [500]
    hub.statuses["config.json"] = [502]
    assert download(name_on(prefix), settings).num_files == len(WANTED)


def test_a_hub_that_is_not_there_is_a_fetch_error(settings: HubSettings) -> None:
    settings = replace(settings, hf_endpoint="http://127.0.0.1:1", num_tries=2)
    with pytest.raises(FetchError, match=r"failed 2 times .* it cannot be reached"):
        download(name_on("hf"), settings)


def test_a_login_page_is_no_list_of_files(hub: FakeHub, settings: HubSettings) -> None:
    settings = replace(settings, hf_endpoint=f"{hub.url}/cdn/README.md?")
    with pytest.raises(FetchError, match="no list of files"):
        download(name_on("hf"), settings)


def test_a_model_without_safetensors_is_refused(hub: FakeHub, settings: HubSettings) -> None:
    del hub.files[WEIGHTS]
    with pytest.raises(ModelError, match="no weights in the format safetensors"):
        download(name_on("hf"), settings)


def test_weights_without_a_checksum_are_refused(hub: FakeHub, settings: HubSettings) -> None:
    hub.checksums[WEIGHTS] = ""
    with pytest.raises(ModelError, match="no checksum"):
        download(name_on("modelscope"), settings)


def test_two_files_with_the_same_bytes_are_sent_once(hub: FakeHub, settings: HubSettings) -> None:
    hub.files["special_tokens_map.json"] = hub.files["tokenizer.json"]
    folder = download(name_on("hf"), settings).folder
    assert (folder / "special_tokens_map.json").read_bytes() == b"{}"
    assert len([each for each in hub.requests if each[1].endswith(".json")]) == 2


def test_the_commit_is_noted_for_other_programs(hub: FakeHub, settings: HubSettings) -> None:
    folder = download(name_on("hf"), settings).folder
    assert folder.name == COMMIT
    assert (folder.parents[1] / "refs" / "main").read_text() == COMMIT
    assert (folder / WEIGHTS).resolve().name == sha256(hub.files[WEIGHTS])


def test_a_folder_that_is_not_whole_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"lacks config\.json, model\.safetensors, tokenizer"):
        resolve_model(str(tmp_path))
