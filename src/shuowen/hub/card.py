"""The licence that a model's card names, for a folder that has no manifest."""

from __future__ import annotations

import re
from pathlib import Path

from shuowen.errors import ModelError
from shuowen.hub.manifest import read_manifest

_MAX_CHARACTERS = 100_000
_FIELD = re.compile(r"^(license|license_name):\s*[\"']?([\w.+ -]{1,80}?)[\"']?\s*$", re.MULTILINE)


def licence_of(folder: Path) -> str:
    """The licence of a model on disk; empty when neither its manifest nor its card names one."""
    try:
        manifest = read_manifest(folder)
    except ModelError:  # `verify` complains about it; here the card will do
        manifest = None
    if manifest is not None and manifest.licence:
        return manifest.licence
    try:
        with (folder / "README.md").open(encoding="utf-8", errors="replace") as stream:
            card = stream.read(_MAX_CHARACTERS)
    except OSError:
        return ""
    if not card.startswith("---"):
        return ""
    found: dict[str, str] = dict(_FIELD.findall(card.partition("---")[2].partition("\n---")[0]))
    licence = found.get("license", "")
    return found.get("license_name", "other") if licence == "other" else licence
