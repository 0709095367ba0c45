"""ModelScope: which files a model has, and which of its models are on this machine.

Facts: the requests and cache folders of the package `modelscope-hub` 0.5.1. Its older versions keep
a model in `models/OWNER/NAME` with each dot of the name as three underscores, and the newer ones
find it there; so that is where a download goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from shuowen.hub.client import HubClient, Refused
from shuowen.hub.files import Checksum, RemoteFile, is_wanted
from shuowen.hub.listing import Listing, checked_files, refusal, unreadable
from shuowen.hub.manifest import read_manifest
from shuowen.hub.names import ModelName
from shuowen.hub.places import Place, PlainFolder
from shuowen.hub.settings import HubSettings

_DEFAULT_REVISION = "master"


class ModelScope:
    """The hub as the rest of this package sees it."""

    def __init__(self, settings: HubSettings) -> None:
        self._settings = settings
        self.client = HubClient(settings.modelscope_endpoint, settings)

    def listing(self, name: ModelName) -> Listing:
        """Ask which files a model has, and what its licence is.

        Raises:
            ModelError: There is no such model, it is not for everyone, or not a safe one.
            FetchError: The hub cannot be reached or makes no sense.
        """
        revision = name.revision or _DEFAULT_REVISION
        path = f"/api/v1/models/{name.repo_id}"
        query = urlencode({"Revision": revision, "Recursive": "true"})
        try:
            about = self.client.json(path)
            answer = self.client.json(f"{path}/repo/files", query)
        except Refused as refused:
            raise refusal(self.client, name, refused) from refused
        try:
            return Listing(
                name=name,
                commit=revision,
                files=checked_files(name, _files(answer["Data"]["Files"])),
                licence=str((about.get("Data") or {}).get("License") or ""),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise unreadable(self.client, name) from error

    def url(self, listing: Listing, file: RemoteFile) -> str:
        """Where a file's bytes are."""
        return (
            f"{self.client.endpoint}/models/{listing.name.repo_id}/resolve/"
            f"{quote(listing.commit, safe='')}/{quote(file.path)}"
        )

    def place(self, listing: Listing) -> Place:
        """Where the model goes unless told otherwise; an own folder for what is no default."""
        cache = self._settings.modelscope_caches[0]
        return PlainFolder(_folder(cache, listing.name))

    def find(self, name: ModelName) -> Path | None:
        """The folder of a model in a cache, whole or not; None when there is none."""
        for cache in self._settings.modelscope_caches:
            for folder in (_folder(cache, name), _newer_folder(cache, name)):
                if folder.is_dir() and _is_of(folder, name):
                    return folder
        return None


def _folder(cache: Path, name: ModelName) -> Path:
    owner, _, model = name.repo_id.partition("/")
    suffix = f"@{name.revision}" if name.revision not in ("", _DEFAULT_REVISION) else ""
    return cache / "models" / owner / (model.replace(".", "___") + suffix)


def _newer_folder(cache: Path, name: ModelName) -> Path:
    folder = cache / "models" / name.repo_id.replace("/", "--")
    return folder / "snapshots" / (name.revision or _DEFAULT_REVISION)


def _is_of(folder: Path, name: ModelName) -> bool:
    """Whether a folder holds that revision, as far as its manifest tells."""
    manifest = read_manifest(folder)
    return manifest is None or manifest.commit == (name.revision or _DEFAULT_REVISION)


def _files(entries: list[Mapping[str, Any]]) -> Iterator[RemoteFile]:
    for each in entries:
        path = str(each["Path"])
        if each.get("Type") != "tree" and is_wanted(path):
            sha256 = str(each.get("Sha256") or "")
            yield RemoteFile(
                path=path,
                size_bytes=int(each["Size"]),
                checksum=Checksum("sha256", sha256.lower()) if sha256 else None,
            )
