"""The list of files and checksums in a model's folder: where it came from, and whether it is whole.

::

    {"source": "modelscope:OpenGVLab/InternVL3-1B", "commit": "master", "licence": "apache-2.0",
     "files": [{"path": "config.json", "size_bytes": 6330, "sha256": "0e1f…"}]}
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shuowen.errors import ModelError
from shuowen.hub.files import Checksum, RemoteFile, hash_file, is_wanted
from shuowen.hub.writing import writing

MANIFEST_NAME = "MANIFEST.json"

_KINDS = ("sha256", "git")


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a folder should hold.

    Attributes:
        source: The model's name on a hub, or the folder that it was made from.
        commit: The commit there; empty where there is none.
        licence: As the model's card names it; empty when unknown.
        files: By path.
    """

    source: str
    commit: str
    licence: str
    files: Mapping[str, RemoteFile]


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder, None when it has none.

    Raises:
        ModelError: It is there and cannot be read.
    """
    path = folder / MANIFEST_NAME
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        files = [_file(each) for each in fields["files"]]
        return Manifest(
            source=str(fields["source"]),
            commit=str(fields["commit"]),
            licence=str(fields["licence"]),
            files={file.path: file for file in files},
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{path} cannot be read as a list of files.",
            "Delete it; what it lists is then looked up or hashed again.",
        ) from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it, whole or not at all; raises `OutputError`."""
    fields = {
        "source": manifest.source,
        "commit": manifest.commit,
        "licence": manifest.licence,
        "files": [_fields(file) for _, file in sorted(manifest.files.items())],
    }
    text = json.dumps(fields, indent=1, ensure_ascii=False) + "\n"
    partial = folder / f"{MANIFEST_NAME}.part"
    with writing(folder / MANIFEST_NAME):
        partial.write_text(text, encoding="utf-8")
        partial.replace(folder / MANIFEST_NAME)


def manifest_of(
    folder: Path, source: str, licence: str, on_bytes: Callable[[int], None] | None = None
) -> Manifest:
    """Hash what a folder holds, for one that was made here and not downloaded.

    Raises:
        OSError: A file cannot be read.
    """
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST_NAME]
    files = {}
    for path in sorted(path for path in paths if is_wanted(path.name)):
        name, size_bytes = path.relative_to(folder).as_posix(), path.stat().st_size
        hasher = Checksum("sha256", "0" * 64).hasher(size_bytes)
        checksum = Checksum("sha256", hash_file(path, hasher, on_bytes))
        files[name] = RemoteFile(path=name, size_bytes=size_bytes, checksum=checksum)
    return Manifest(source=source, commit="", licence=licence, files=files)


def _file(fields: Mapping[str, Any]) -> RemoteFile:
    kind = next((kind for kind in _KINDS if kind in fields), None)
    return RemoteFile(
        path=fields["path"],
        size_bytes=int(fields["size_bytes"]),
        checksum=None if kind is None else Checksum(kind, fields[kind]),  # type: ignore[arg-type]
    )


def _fields(file: RemoteFile) -> dict[str, Any]:
    shown: dict[str, Any] = {"path": file.path, "size_bytes": file.size_bytes}
    if file.checksum:
        shown[file.checksum.kind] = file.checksum.hex
    return shown
