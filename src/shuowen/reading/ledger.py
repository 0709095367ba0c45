"""Which output files a folder holds, what each was made from, and which name a source gets.

The ledger is an append-only file of JSON Lines. A line is written before its output is renamed
into place, so a crash between the two leaves at worst a line too many. From the ledger a later run
knows: a file that is as it was written and still wanted is skipped; one that was written from older
content or options is replaced; one that a person has changed since is kept, and so is one that the
ledger does not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from pathlib import Path, PurePath, PurePosixPath

import msgspec

from shuowen.errors import OutputError
from shuowen.source.model import Source
from shuowen.writers.save import name_key


class Origin(msgspec.Struct, frozen=True):
    """Where a source comes from: its `Source.place` and the SHA-256 of its content."""

    place: str
    sha256: str


class OutputRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One output that was written.

    Attributes:
        output: Path inside the folder, with forward slashes.
        stem: That path without the suffix, as it was given to the source.
        sha256: Hash of the output's bytes.
        key: What it was made with; see `journal.reading_key`.
        complete: Whether every page that was asked for is in it.
    """

    output: str
    stem: str
    sha256: str
    key: str
    complete: bool
    origin: Origin


class OutputState(Enum):
    """What a file at an output's place is to us."""

    WANTED = "missing, or written by us from something else: write it"
    CURRENT = "as we wrote it, from the same content and options: nothing to do"
    EDITED = "changed since we wrote it: keep it"
    FOREIGN = "never written by us: keep it, unless it is just what we would write"


class Ledger:
    """The outputs of one folder."""

    def __init__(self, folder: Path, path: Path) -> None:
        """Load `path`, the ledger of `folder`; a file that is not there holds nothing."""
        self._folder = folder
        self._path = path
        self._by_output: dict[str, dict[str, OutputRecord]] = {}
        self._owners: dict[str, Origin] = {}
        self._given: dict[str, str] = {}
        for record in _load(path):
            self._take(record)

    def stem_for(self, origin: Origin, folder: PurePosixPath, name: str, suffix: str) -> str:
        """The output path without suffix for a source, the same one run after run.

        `name` if it is free, else `name` with the source's own `suffix`, else numbered. A stem is
        free when no other source of this run has it and no other source of an earlier run had it;
        a source is the same when its place or its content is.
        """
        for candidate in _candidates(name, suffix):
            stem = str(folder / candidate)
            if self._is_free(stem, origin):
                self._given[name_key(stem)] = origin.place
                self._owners[name_key(stem)] = origin
                return stem
        raise AssertionError("numbers do not run out")

    def state(self, output: str, key: str) -> OutputState:
        """What stands at `output`, looked at with what is wanted there now."""
        records = self._by_output.get(output)
        if not (self._folder / output).is_file():
            return OutputState.WANTED
        if not records:
            return OutputState.FOREIGN
        record = records.get(self.sha256_of(output))
        if record is None:
            return OutputState.EDITED
        is_current = record.key == key and record.complete
        return OutputState.CURRENT if is_current else OutputState.WANTED

    def sha256_of(self, output: str) -> str:
        """Hash of the file at `output`; raises `InputError` where it cannot be read."""
        path = self._folder / output
        return Source(name=str(path), path=path).sha256()

    def knows(self, path: PurePath) -> bool:
        """Whether the file at `path`, inside the folder, is one of its outputs."""
        return path.as_posix() in self._by_output

    def add(self, record: OutputRecord) -> None:
        """Note an output that is about to be put into place; raises `OutputError`."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                file.write(b"\n" + msgspec.json.encode(record) + b"\n")
        except OSError as error:
            raise OutputError(
                f"{self._path} cannot be written: {error.strerror}.",
                "Free some space or choose another folder with -o, then run the command again.",
            ) from error
        self._take(record)

    def _take(self, record: OutputRecord) -> None:
        self._by_output.setdefault(record.output, {})[record.sha256] = record
        self._owners[name_key(record.stem)] = record.origin

    def _is_free(self, stem: str, origin: Origin) -> bool:
        key = name_key(stem)
        if key in self._given:
            return self._given[key] == origin.place
        owner = self._owners.get(key)
        return owner is None or owner.place == origin.place or owner.sha256 == origin.sha256


def _candidates(name: str, suffix: str) -> Iterator[str]:
    yield name
    if suffix:
        yield f"{name}{suffix}"
    number = 2
    while True:
        yield f"{name}{suffix}-{number}"
        number += 1


def _load(path: Path) -> Iterator[OutputRecord]:
    if not path.exists():
        return
    decoder = msgspec.json.Decoder(OutputRecord)
    with path.open("rb") as file:
        for line in file:
            try:
                yield decoder.decode(line)
            except msgspec.DecodeError:
                continue  # blank, or torn by a crash: its output counts as not ours
