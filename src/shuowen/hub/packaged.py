"""Models that are a part of this package: they have a name without an owner, and need no hub."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

PACKAGED: Mapping[str, Path] = MappingProxyType(
    {"shuowen-nano": Path(__file__).parents[1] / "nano"}
)
"""Folders by name."""

REINSTALL = "Install a version of shuowen that has its weights, or train it: see docs/recipe.md."
"""What helps where such a folder is not whole."""


def packaged_folder(name: str) -> Path | None:
    """The folder of a model of this package, or None; it is there unless the installation lacks
    files."""
    return PACKAGED.get(name)
