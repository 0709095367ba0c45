"""Where downloaded files go: a plain folder, or the cache that Hugging Face's programs share.

That cache keeps each file once, under its checksum, and each commit as a folder of links::

    models--OpenGVLab--InternVL3-1B/
        blobs/5f2c…                         the bytes, named by their checksum
        snapshots/4415a3b…/config.json      a link to them
        refs/main                           the commit that the branch stands for
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from shuowen.hub.files import Checksum, RemoteFile, is_intact
from shuowen.hub.listing import Listing
from shuowen.hub.manifest import Manifest, read_manifest, write_manifest


class Place(Protocol):
    """Somewhere to put one model's files."""

    @property
    def root(self) -> Path:
        """The folder that everything is below, whether or not it is there yet."""

    @property
    def folder(self) -> Path:
        """The folder to load the model from."""

    def has(self, file: RemoteFile) -> bool:
        """Whether the file is there and is the right one."""

    def needs_bytes(self, file: RemoteFile) -> bool:
        """Whether a file that is not `has` must be sent, and not only published."""

    def target(self, file: RemoteFile) -> Path:
        """Where its checked bytes go."""

    def publish(self, file: RemoteFile) -> None:
        """Make it a part of the model, once its bytes are at `target`."""

    def finish(self, listing: Listing) -> None:
        """Note down what the model is, once all is there."""


class PlainFolder:
    """Files under their own names, and a manifest of their checksums."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self.folder = folder
        self._known = read_manifest(folder) if folder.is_dir() else None

    def has(self, file: RemoteFile) -> bool:
        """By the manifest where it tells, else by reading the file."""
        path = self.target(file)
        noted = self._known.files.get(file.path) if self._known else None
        if noted is not None and noted == file and path.is_file():
            return path.stat().st_size == file.size_bytes
        return is_intact(path, file)

    def needs_bytes(self, file: RemoteFile) -> bool:
        """Always."""
        return True

    def target(self, file: RemoteFile) -> Path:
        """Below the folder, under its own name."""
        return self.folder.joinpath(*file.path.split("/"))

    def publish(self, file: RemoteFile) -> None:
        """It already is where it belongs."""

    def finish(self, listing: Listing) -> None:
        """Write the manifest."""
        write_manifest(
            self.folder,
            Manifest(
                source=str(listing.name),
                commit=listing.commit,
                licence=listing.licence,
                files={file.path: file for file in listing.files},
            ),
        )


class HuggingFaceCache:
    """One model in the cache that Hugging Face's programs share."""

    def __init__(self, cache: Path, repo_id: str, commit: str) -> None:
        self.root = cache_folder(cache, repo_id)
        self.folder = self.root / "snapshots" / commit

    def has(self, file: RemoteFile) -> bool:
        """By its link, whose target was checked before it got its name."""
        path = self._link(file)
        return path.is_file() and path.stat().st_size == file.size_bytes

    def needs_bytes(self, file: RemoteFile) -> bool:
        """Unless another commit has the same file."""
        blob = self.target(file)
        return not blob.is_file() or blob.stat().st_size != file.size_bytes

    def target(self, file: RemoteFile) -> Path:
        """Under its checksum."""
        return self.root / "blobs" / _required(file.checksum).hex

    def publish(self, file: RemoteFile) -> None:
        """Link it: by name, where that is not allowed by content, and where there are no links
        at all as a copy."""
        link, blob = self._link(file), self.target(file)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        with suppress(OSError):
            link.symlink_to(os.path.relpath(blob, link.parent))
            return
        with suppress(OSError):
            os.link(blob, link)
            return
        shutil.copyfile(blob, link)

    def finish(self, listing: Listing) -> None:
        """Let the branch stand for the commit, as other programs look it up."""
        ref = self.root / "refs" / (listing.name.revision or "main")
        ref.parent.mkdir(parents=True, exist_ok=True)
        ref.write_text(listing.commit, encoding="utf-8")

    def _link(self, file: RemoteFile) -> Path:
        return self.folder.joinpath(*file.path.split("/"))


def cache_folder(cache: Path, repo_id: str) -> Path:
    """A model's own folder in Hugging Face's cache."""
    return cache / f"models--{repo_id.replace('/', '--')}"


def _required(checksum: Checksum | None) -> Checksum:
    assert checksum is not None, "Hugging Face names every file's checksum"
    return checksum
