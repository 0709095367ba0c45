"""What the language model's files must be: sizes and checksums, written down beside them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from shuowen.engines.embedded.language.model import MODEL_FOLDER
from shuowen.errors import ModelError
from shuowen.source.model import Source

RECORD_NAME = "MANIFEST.json"


class FileRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of the model.

    Attributes:
        file: Its name, in the record's folder.
        licence: SPDX expression over all its sources; the file's header lists them.
        num_bytes, sha256: What the file must be.
    """

    file: str
    licence: str
    num_bytes: int
    sha256: str


class ModelRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The model's files."""

    models: tuple[FileRecord, ...]


def read_record(folder: Path = MODEL_FOLDER) -> tuple[FileRecord, ...]:
    """The record in `folder`; raises `ModelError` when it cannot be read."""
    try:
        return msgspec.json.decode((folder / RECORD_NAME).read_bytes(), type=ModelRecord).models
    except (OSError, msgspec.DecodeError) as error:
        raise ModelError(
            f"The language model's record cannot be read: {error}.", "Install shuowen again."
        ) from error


def check_model(folder: Path = MODEL_FOLDER) -> None:
    """Raise `ModelError` unless the model's files in `folder` are those that are meant."""
    for each in read_record(folder):
        path = folder / each.file
        if not path.is_file():
            raise ModelError(
                f"The language model {each.file} is missing.", "Install shuowen again."
            )
        if Source(name=each.file, path=path).sha256() != each.sha256:
            raise ModelError(
                f"The language model {each.file} is damaged.", "Install shuowen again."
            )
