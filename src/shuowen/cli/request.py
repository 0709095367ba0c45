"""What `shuowen read` was asked for, and carrying it out: sources found, results put in place."""

from __future__ import annotations

import glob
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from types import MappingProxyType

from shuowen.cli.console import Console, printable
from shuowen.cli.report import Progress, Report
from shuowen.config import Limits, ReadOptions
from shuowen.document.model import Document
from shuowen.errors import EXIT_INTERRUPTED, UsageError
from shuowen.machine import available_cores
from shuowen.reading.folder import Folder
from shuowen.reading.in_memory import InMemory
from shuowen.reading.outputs import FolderOptions
from shuowen.reading.run import Destination, Outcome, run
from shuowen.source.expand import STDIN, expand
from shuowen.source.model import FailedSource, Source
from shuowen.source.ranges import check_ranges
from shuowen.writers import WRITERS, DocumentWriter


def _as_comment(name: str) -> str:
    """A comment in Markdown with a name that can neither end it nor open another."""
    name = re.sub("-(?=-)", "- ", name).replace(">", "&gt;")
    return f"<!-- source: {name} -->"


_SEPARATORS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"md": _as_comment, "txt": "==> {} <==".format}
)
"""Formats that may follow one another in one stream, and what stands before each document."""


@dataclass(frozen=True, kw_only=True)
class ReadRequest:
    """All that the command line asks for.

    Attributes:
        sources: What to read, as it was typed.
        formats: Names of writers.
        folder: Where to write; None for standard output.
        jobs: Pages side by side; None for as many as there are cores.
        force: Read again and replace what is done.
        quiet: Say nothing but errors.
    """

    sources: tuple[str, ...]
    formats: tuple[str, ...]
    folder: Path | None
    options: ReadOptions
    limits: Limits
    jobs: int | None
    force: bool
    quiet: bool


def carry_out(request: ReadRequest) -> int:
    """Read and write; the exit code.

    Raises:
        UsageError: The request makes no sense as a whole.
        OutputError: Nothing can be written where it should go.
    """
    check_ranges(request.options.pages)
    with Console(quiet=request.quiet) as console:
        if request.folder is None:
            return _to_stdout(request, console)
        return _to_folder(request, request.folder, console)


def _to_folder(request: ReadRequest, folder: Path, console: Console) -> int:
    wanted = FolderOptions(
        folder=folder,
        writers=tuple(WRITERS[name] for name in request.formats),
        roots=tuple(_roots(request.sources)),
        force=request.force,
    )
    destination = Folder(wanted, request.options, request.limits)
    report = Report(console, folder)
    found = _sources(request)
    progress = Progress(console, _num_known(found))
    sources = _without_own(found, destination, progress)
    try:
        for outcome in _outcomes(request, sources, destination, progress):
            report.add(outcome)
    except KeyboardInterrupt:
        console.say_error(
            f"Stopped. Finished pages are kept in {folder}, but for a few that were just read;"
            " run the same command again to go on."
        )
        return EXIT_INTERRUPTED
    report.sum_up()
    return report.exit_code()


def _to_stdout(request: ReadRequest, console: Console) -> int:
    writer = _stream_writer(request)
    found = _sources(request)
    sources = iter(found)
    begun = list(islice(sources, 2))
    if len(begun) > 1 and writer.name not in _SEPARATORS:
        raise UsageError(
            f"Several documents as {writer.name} cannot follow one another on standard output.",
            "Add -o DIR to get a file for each.",
        )
    separator = _SEPARATORS[writer.name] if len(begun) > 1 else None
    report = Report(console, None)
    progress = Progress(console, _num_known(found))
    destination = InMemory(options=request.options, limits=request.limits)
    try:
        for outcome in _outcomes(request, chain(begun, sources), destination, progress):
            report.add(outcome)
            if outcome.document is not None:
                console.show(_as_bytes(outcome.document, writer, separator))
    except KeyboardInterrupt:
        console.say_error("Stopped. With -o DIR, the same command run again would go on from here.")
        return EXIT_INTERRUPTED
    return report.exit_code()


def _outcomes(
    request: ReadRequest,
    sources: Iterable[Source | FailedSource],
    destination: Destination,
    progress: Progress,
) -> Iterator[Outcome]:
    jobs = request.jobs or available_cores()
    return run(sources, destination, request.options, jobs=jobs, watch=progress)


def _sources(request: ReadRequest) -> Iterable[Source | FailedSource]:
    """Everything to read; listed at once, so that progress can count it, where that is quick."""
    found = expand(request.sources, request.limits)
    is_slow = any(source == STDIN or "://" in source for source in request.sources)
    return found if is_slow else list(found)


def _num_known(sources: Iterable[Source | FailedSource]) -> int | None:
    return len(sources) if isinstance(sources, list) else None


def _without_own(
    sources: Iterable[Source | FailedSource], folder: Folder, progress: Progress
) -> Iterator[Source | FailedSource]:
    """The sources without those that an earlier run wrote into the folder."""
    for source in sources:
        if folder.is_own_output(source):
            progress.passed(source.name)
        else:
            yield source


def _roots(sources: Iterable[str]) -> Iterator[Path]:
    """The folders below which outputs keep their place: those named, and where patterns start."""
    for source in sources:
        path = Path(source)
        if path.is_dir():
            yield path
        elif glob.has_magic(source) and "://" not in source and not path.exists():
            parts = path.parts
            num_plain = next(index for index, part in enumerate(parts) if glob.has_magic(part))
            yield Path(*parts[:num_plain])


def _stream_writer(request: ReadRequest) -> DocumentWriter:
    """The one writer whose result fits on standard output; raises `UsageError`."""
    writers = [WRITERS[name] for name in request.formats]
    if len(writers) > 1:
        names = " and ".join(request.formats)
        raise UsageError(f"{names} do not fit on one standard output.", "Add -o DIR.")
    if not isinstance(writers[0], DocumentWriter):
        raise UsageError(f"{writers[0].name} makes a file for each page.", "Add -o DIR.")
    return writers[0]


def _as_bytes(
    document: Document, writer: DocumentWriter, separator: Callable[[str], str] | None
) -> bytes:
    """The document as it goes to standard output, under a line with its name if it has company."""
    body = writer.write(document)
    if separator is None:
        return body
    head = separator(printable(document.source.name))
    return f"{head}\n\n".encode() + body + b"\n"
