"""A whole model from a hub to the disk, and where a model is.

`download` always asks the hub; `resolve_model` asks it only when something is missing here.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Protocol

from shuowen.errors import ModelError, OutputError, UsageError
from shuowen.hub.client import MAX_CONNECTIONS, HubClient, Refused
from shuowen.hub.files import RemoteFile
from shuowen.hub.folder import missing_in
from shuowen.hub.huggingface import HuggingFace
from shuowen.hub.listing import Listing, refusal
from shuowen.hub.lock import only_one
from shuowen.hub.manifest import read_manifest
from shuowen.hub.modelscope import ModelScope
from shuowen.hub.names import ModelName, parse_name
from shuowen.hub.packaged import PACKAGED, REINSTALL
from shuowen.hub.places import Place, PlainFolder
from shuowen.hub.settings import HubSettings
from shuowen.hub.transfer import Stopped, Transfer, partial_path
from shuowen.hub.watch import Silent, Watcher
from shuowen.hub.writing import writing

_SPARE_BYTES = 64 * 1024**2
"""What a download leaves free on the disk."""


class Hub(Protocol):
    """A hub: what `HuggingFace` and `ModelScope` have in common."""

    client: HubClient

    def listing(self, name: ModelName) -> Listing:
        """Ask which files a model has."""

    def url(self, listing: Listing, file: RemoteFile) -> str:
        """Where a file's bytes are."""

    def place(self, listing: Listing) -> Place:
        """Where the model goes unless told otherwise."""

    def find(self, name: ModelName) -> Path | None:
        """The folder of a model on this machine, whole or not."""


@dataclass(frozen=True, kw_only=True)
class Downloaded:
    """What a download did.

    Attributes:
        folder: Where the model is.
        listing: What the hub said of it.
        num_files: How many files were missing and came; 0 when all was there.
    """

    folder: Path
    listing: Listing
    num_files: int


def hub_of(name: ModelName, settings: HubSettings) -> Hub:
    """The hub that a name is on."""
    return HuggingFace(settings) if name.hub == "hf" else ModelScope(settings)


def find_model(name: ModelName, settings: HubSettings) -> Path | None:
    """The folder of a model that is whole on this machine; nothing is sent."""
    folder = hub_of(name, settings).find(name)
    return folder if folder is not None and not missing_in(folder) else None


def resolve_model(
    text: str, settings: HubSettings | None = None, watcher: Watcher | None = None
) -> Path:
    """The folder of a model, downloaded first when it is not on this machine.

    Args:
        text: A folder or a name, as in `names`.
        settings: From the environment by default.
        watcher: Told how a download goes.

    Raises:
        UsageError: `text` is neither folder nor name.
        ModelError: A folder lacks files; or the model cannot be had.
        FetchError: The hub cannot be reached.
        OutputError: The model cannot be written.
    """
    settings = settings or HubSettings.from_environment()
    named = parse_name(text)
    if isinstance(named, Path):
        return _whole(named)
    folder = find_model(named, settings)
    return folder or download(named, settings, watcher=watcher).folder


def download(
    name: ModelName,
    settings: HubSettings,
    *,
    to: Path | None = None,
    watcher: Watcher | None = None,
) -> Downloaded:
    """Bring a model onto this machine; files that are there and right are not sent again.

    Args:
        name: Which model.
        settings: Where the hubs are.
        to: A folder to put it into; by default the cache of the hub.
        watcher: Told how it goes.

    Raises:
        ModelError: The model cannot be had, or a file is not what the hub says it is.
        FetchError: The hub cannot be reached.
        OutputError: The model cannot be written.
        CapacityError: Another process is downloading to the same place.
    """
    if settings.is_offline:
        raise offline_error(name)
    watcher = watcher or Silent()
    hub = hub_of(name, settings)
    listing = hub.listing(name)
    place = PlainFolder(to) if to is not None else hub.place(listing)
    with writing(place.root):
        place.root.mkdir(parents=True, exist_ok=True)
    with writing(place.root), only_one(place.root):
        if to is not None:
            _check_strays(to, listing)
        missing = [file for file in listing.files if not place.has(file)]
        # Two files with the same bytes are one in a cache that names files by their checksum.
        wanted = {place.target(file): file for file in missing if place.needs_bytes(file)}
        files = list(wanted.values())
        watcher.listed(listing, len(files), sum(file.size_bytes for file in files))
        _check_space(place, files)
        _transfer(hub, listing, place, files, watcher)
        for file in missing:
            place.publish(file)
        place.finish(listing)
    return Downloaded(folder=place.folder, listing=listing, num_files=len(files))


def offline_error(name: ModelName) -> ModelError:
    """The error for a model that is not here while nothing may be sent."""
    return ModelError(
        f"{name} is not on this machine, or not all of it, and offline mode is on.",
        f"Run `shuowen models download {name} --to DIR` where there is a network, copy DIR here and"
        " give the folder; or unset HF_HUB_OFFLINE and leave out --offline.",
    )


def _whole(folder: Path) -> Path:
    missing = missing_in(folder)
    if missing:
        is_ours = folder in PACKAGED.values()
        raise ModelError(
            f"{folder} is no whole model: it lacks {', '.join(missing)}.",
            REINSTALL if is_ours else "`shuowen models verify` looks at every file.",
        )
    return folder


def _check_strays(folder: Path, listing: Listing) -> None:
    """Refuse to mix two models in one folder."""
    manifest = read_manifest(folder)
    names = {file.path for file in listing.files}
    strays = [path.name for path in folder.glob("*.safetensors") if path.name not in names]
    if strays or (manifest is not None and manifest.source != str(listing.name)):
        holds = manifest.source if manifest else ", ".join(sorted(strays))
        raise UsageError(f"{folder} holds another model: {holds}.", "Give --to an empty folder.")


def _check_space(place: Place, files: Sequence[RemoteFile]) -> None:
    """Refuse before the first byte what would fill the disk."""
    needed = sum(file.size_bytes - _partial_bytes(place.target(file)) for file in files)
    free = shutil.disk_usage(place.root).free
    if needed and needed + _SPARE_BYTES > free:
        raise OutputError(
            f"The model needs {needed / 1e9:.1f} GB more in {place.root}, and {free / 1e9:.1f} GB"
            " are free.",
            "Free some space, or choose another disk with --to DIR.",
        )


def _partial_bytes(target: Path) -> int:
    partial = partial_path(target)
    return partial.stat().st_size if partial.is_file() else 0


def _transfer(
    hub: Hub, listing: Listing, place: Place, files: Sequence[RemoteFile], watcher: Watcher
) -> None:
    """Several files at a time, long ones first; the first failure stops the others."""
    stop = Event()

    def bring(file: RemoteFile) -> None:
        transfer = Transfer(hub.client, file, place.target(file), watcher.received, stop)
        transfer.run(hub.url(listing, file))

    ordered = sorted(files, key=lambda file: -file.size_bytes)
    with ThreadPoolExecutor(MAX_CONNECTIONS) as pool:
        waiting = [pool.submit(bring, file) for file in ordered]
        try:
            wait(waiting, return_when=FIRST_EXCEPTION)
        finally:  # Ctrl-C too must not wait for gigabytes
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
    _raise_first(hub, listing, waiting)


def _raise_first(hub: Hub, listing: Listing, waiting: Sequence[Future[None]]) -> None:
    """What went wrong, if something did; that others stopped because of it is no news."""
    failures = [each.exception() for each in waiting if not each.cancelled()]
    for failure in failures:
        if isinstance(failure, Refused):
            raise refusal(hub.client, listing.name, failure) from failure
        if failure is not None and not isinstance(failure, Stopped):
            raise failure
