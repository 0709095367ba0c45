"""Whether a model's files are what they were when they were published."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shuowen.errors import ModelError
from shuowen.hub.files import Checksum, RemoteFile, is_intact, is_wanted
from shuowen.hub.folder import weight_names
from shuowen.hub.headers import read_header
from shuowen.hub.manifest import MANIFEST_NAME, read_manifest

_LENGTHS = {64: "sha256", 40: "git"}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found about one file.

    Attributes:
        path: Its name in the folder.
        state: ok; unknown: whole as far as can be told, but no checksum is known; missing;
            damaged.
        detail: What is wrong, or what was checked.
    """

    path: str
    state: Literal["ok", "unknown", "missing", "damaged"]
    detail: str

    @property
    def is_bad(self) -> bool:
        """Whether the model cannot be trusted because of it."""
        return self.state in ("missing", "damaged")


def noted_files(folder: Path) -> Mapping[str, RemoteFile]:
    """What the folder itself says about its files: its manifest, or the names in the shared cache.

    Returns:
        Files by path; empty when nothing is known.

    Raises:
        ModelError: The manifest cannot be read.
    """
    manifest = read_manifest(folder)
    if manifest is not None:
        return manifest.files
    linked = (_linked(folder, path) for path in sorted(folder.rglob("*")) if path.is_symlink())
    return {file.path: file for file in linked if file is not None}


def verify_files(
    folder: Path,
    expected: Mapping[str, RemoteFile],
    on_bytes: Callable[[int], None] | None = None,
) -> Iterator[Finding]:
    """Look at every file that is expected, and at every one that holds weights.

    Args:
        folder: The model's.
        expected: By path; may be empty.
        on_bytes: Told how many bytes more were hashed.

    Yields:
        One finding a file, as soon as it is known.
    """
    for _, file in sorted(expected.items()):
        yield _compared(folder, file, on_bytes)
    present = {path.name for path in folder.iterdir() if path.is_file() and is_wanted(path.name)}
    listed = set(weight_names(folder)) | {"config.json"}
    for path in sorted((present | listed) - set(expected) - {MANIFEST_NAME}):
        yield _alone(folder, path)


def delete_damaged(folder: Path, findings: list[Finding]) -> list[str]:
    """Delete damaged files so that a download brings them anew.

    What they link to in the shared cache goes as well; what lies elsewhere stays.

    Returns:
        Their names.

    Raises:
        OSError: One cannot be deleted.
    """
    damaged = [finding.path for finding in findings if finding.state == "damaged"]
    for name in damaged:
        path = folder / name
        # The shared cache keeps contents in `blobs`; a link to anywhere else is not ours to follow.
        if path.is_symlink() and path.resolve().parent == folder.resolve().parents[1] / "blobs":
            path.resolve().unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    return damaged


def _linked(folder: Path, path: Path) -> RemoteFile | None:
    """A file of the shared cache: it links to bytes that are named by their checksum."""
    name = path.readlink().name
    kind = _LENGTHS.get(len(name))
    relative = path.relative_to(folder).as_posix()
    if kind is None or not is_wanted(relative):
        return None
    size_bytes = path.stat().st_size if path.exists() else 0
    try:
        checksum = Checksum("sha256" if kind == "sha256" else "git", name)
        return RemoteFile(path=relative, size_bytes=size_bytes, checksum=checksum)
    except ModelError:  # a link that somebody else made
        return None


def _compared(folder: Path, file: RemoteFile, on_bytes: Callable[[int], None] | None) -> Finding:
    path = folder.joinpath(*file.path.split("/"))
    if not path.is_file():
        return Finding(path=file.path, state="missing", detail="it is not there")
    if not is_intact(path, file, on_bytes):
        size = path.stat().st_size
        detail = "its checksum is wrong"
        if size != file.size_bytes:
            detail = f"it has {size} bytes instead of {file.size_bytes}"
        return Finding(path=file.path, state="damaged", detail=detail)
    if file.checksum is None:
        return Finding(path=file.path, state="unknown", detail="length right, no checksum known")
    return _header_checked(path, file.path, "ok", "checksum right")


def _alone(folder: Path, name: str) -> Finding:
    path = folder / name
    if not path.is_file():
        return Finding(path=name, state="missing", detail="it is not there")
    return _header_checked(path, name, "unknown", "no checksum known")


def _header_checked(path: Path, name: str, state: Literal["ok", "unknown"], detail: str) -> Finding:
    if not name.endswith(".safetensors"):
        return Finding(path=name, state=state, detail=detail)
    try:
        num_tensors = len(read_header(path))
    except ModelError as error:
        return Finding(path=name, state="damaged", detail=error.message)
    return Finding(path=name, state=state, detail=f"{detail}, {num_tensors} tensors")
