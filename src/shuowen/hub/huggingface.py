"""Hugging Face: which files a model has, and which of its models are on this machine.

The hub's own client keeps no half-downloaded file, checks no checksum of a file that comes over
plain HTTP and reads HF_ENDPOINT only once; so it is not used, but its cache is: what it downloaded
is found, and it finds what is downloaded here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from shuowen.hub.client import HubClient, Refused
from shuowen.hub.files import Checksum, RemoteFile, is_wanted
from shuowen.hub.listing import Listing, checked_files, refusal, unreadable
from shuowen.hub.names import ModelName
from shuowen.hub.places import HuggingFaceCache, Place, cache_folder
from shuowen.hub.settings import HubSettings

_DEFAULT_REVISION = "main"


class HuggingFace:
    """The hub as the rest of this package sees it."""

    def __init__(self, settings: HubSettings) -> None:
        self._settings = settings
        self.client = HubClient(settings.hf_endpoint, settings, settings.hf_token)

    def listing(self, name: ModelName) -> Listing:
        """Ask which files a model has.

        Raises:
            ModelError: There is no such model, it is not for everyone, or not a safe one.
            FetchError: The hub cannot be reached or makes no sense.
        """
        revision = quote(name.revision or _DEFAULT_REVISION, safe="")
        path = f"/api/models/{name.repo_id}/revision/{revision}"
        try:
            answer = self.client.json(path, "blobs=true")
        except Refused as refused:
            raise refusal(self.client, name, refused) from refused
        try:
            return Listing(
                name=name,
                commit=_commit(answer["sha"]),
                files=checked_files(name, _files(answer["siblings"])),
                licence=_licence(answer.get("cardData") or {}),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise unreadable(self.client, name) from error

    def url(self, listing: Listing, file: RemoteFile) -> str:
        """Where a file's bytes are."""
        return (
            f"{self.client.endpoint}/{listing.name.repo_id}/resolve/{listing.commit}/"
            f"{quote(file.path)}"
        )

    def place(self, listing: Listing) -> Place:
        """Where the model goes unless told otherwise: the shared cache."""
        return HuggingFaceCache(self._settings.hf_cache, listing.name.repo_id, listing.commit)

    def find(self, name: ModelName) -> Path | None:
        """The folder of a model in the cache, whole or not; None when there is none."""
        root = cache_folder(self._settings.hf_cache, name.repo_id)
        revision = name.revision or _DEFAULT_REVISION
        try:
            commit = (root / "refs" / revision).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            commit = revision
        folder = root / "snapshots" / commit
        return folder if commit and folder.is_dir() else None


def _commit(value: str) -> str:
    """A commit becomes the name of a folder, so it must look like one."""
    if not (7 <= len(value) <= 64 and value.isalnum() and value.isascii()):
        raise ValueError("no commit")
    return value


def _files(siblings: list[Mapping[str, Any]]) -> Iterator[RemoteFile]:
    for each in siblings:
        path = str(each["rfilename"])
        if is_wanted(path):
            large = each.get("lfs")
            yield RemoteFile(
                path=path,
                size_bytes=int(large["size"] if large else each["size"]),
                checksum=Checksum("sha256", str(large["sha256"]))
                if large
                else Checksum("git", str(each["blobId"])),
            )


def _licence(card: Mapping[str, Any]) -> str:
    """The card's licence; "other" is a name given elsewhere on the card."""
    licence = card.get("license") or ""
    if licence == "other":
        licence = card.get("license_name") or licence
    return ", ".join(licence) if isinstance(licence, list) else str(licence)
