"""The output files of one source in a folder: which are wanted, and putting them into place."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from shuowen.errors import ShuowenError, as_shuowen_error
from shuowen.reading.ledger import Ledger, Origin, OutputRecord, OutputState
from shuowen.writers import DocumentWriter, PageWriter, Writer
from shuowen.writers.save import save


@dataclass(frozen=True, kw_only=True)
class FolderOptions:
    """Where to write and what.

    Attributes:
        folder: Where the outputs go; created when missing.
        writers: One output for each, for each document or page.
        roots: Folders that were asked for; what lies below one keeps its place in `folder`.
        force: Read again what was read, and replace even files that a person changed or wrote.
    """

    folder: Path
    writers: tuple[Writer, ...]
    roots: tuple[Path, ...] = ()
    force: bool = False


class Outputs:
    """The output files of one source.

    Attributes:
        origin: Where the source comes from.
        written: Files put into place in this run.
        edited: Files that were left alone because a person changed them.
        foreign: Files that were left alone because others wrote them.
        unmade: Outputs that could not be made, and why.
    """

    def __init__(
        self,
        wanted: FolderOptions,
        ledger: Ledger,
        stem: str,
        origin: Origin,
        key: str,
    ) -> None:
        """`key` tells what the outputs are made with; see `journal.reading_key`."""
        self._wanted = wanted
        self._ledger = ledger
        self._stem = stem
        self.origin = origin
        self._key = key
        self.written: list[Path] = []
        self.edited: list[Path] = []
        self.foreign: list[Path] = []
        self.unmade: dict[str, ShuowenError] = {}

    def of_document(self) -> Iterator[tuple[DocumentWriter, str]]:
        """Each writer of whole documents, and its output's path in the folder."""
        for writer in self._wanted.writers:
            if isinstance(writer, DocumentWriter):
                yield writer, f"{self._stem}{writer.suffix}"

    def of_page(self, page_number: int) -> Iterator[tuple[PageWriter, str]]:
        """Each writer of single pages, and its output's path in the folder."""
        for writer in self._wanted.writers:
            if isinstance(writer, PageWriter):
                yield writer, f"{self._stem}{writer.suffix_of(page_number)}"

    def is_wanted(self, output: str) -> bool:
        """Whether to make `output` now; what a person changed is not, and is remembered."""
        path = self._wanted.folder / output
        if path in self.written or path in self.foreign or output in self.unmade:
            return False
        if self._wanted.force:
            return True
        state = self._ledger.state(output, self._key)
        if state is OutputState.EDITED and path not in self.edited:
            self.edited.append(path)
        return state in (OutputState.WANTED, OutputState.FOREIGN)

    def make(self, output: str, write: Callable[[], bytes], *, is_complete: bool) -> None:
        """Put what `write` gives into place, if `output` is wanted; a failure of it costs no other.

        Raises:
            OutputError: The file cannot be written, as on a full disk.
        """
        if not self.is_wanted(output):
            return
        try:
            data = write()
        except Exception as error:  # even a bug that one output shows costs that output alone
            self.unmade[output] = as_shuowen_error(error, f"making {output}")
        else:
            self._put(output, data, is_complete=is_complete)

    def _put(self, output: str, data: bytes, *, is_complete: bool) -> None:
        """Note what an output was made from and write it, unless others wrote something else."""
        path, sha256 = self._wanted.folder / output, hashlib.sha256(data).hexdigest()
        is_foreign = self._is_foreign(output)
        if is_foreign and self._ledger.sha256_of(output) != sha256:
            self.foreign.append(path)
            return
        self._ledger.add(
            OutputRecord(
                output=output,
                stem=self._stem,
                sha256=sha256,
                key=self._key,
                complete=is_complete,
                origin=self.origin,
            )
        )
        if not is_foreign:
            save(path, data)
            self.written.append(path)

    def _is_foreign(self, output: str) -> bool:
        if self._wanted.force:
            return False
        return self._ledger.state(output, self._key) is OutputState.FOREIGN
