"""Names of files in strangers' lists: only files below the list's own folder may be meant."""

from __future__ import annotations

from pathlib import PurePosixPath

from shuowen.errors import InputError


def safe_path(name: str, place: str) -> PurePosixPath:
    """`name` as a path below a folder.

    Args:
        name: A relative path with slashes, as the list writes it.
        place: File and row that name it, for the error.

    Raises:
        InputError: It is empty or absolute, holds a zero character, or climbs out with "..".
    """
    path = PurePosixPath(name.replace("\\", "/"))
    has_drive = ":" in path.parts[0] if path.parts else True
    if path.is_absolute() or has_drive or ".." in path.parts or "\0" in name:
        raise InputError(
            f"{place} names {name!r}, which is no file inside the data's folder.",
            "Files are named relative to that folder, and lie in it.",
        )
    return path
