"""Making a data set in a folder: many processes, one result, and no half of it when stopped.

Documents are made in pieces by number. A piece's pictures are written first and then, in
one move, its rows; the files of rows are put together from the pieces at the end, or when the work
is stopped. So rows never name a picture that is not there, a piece that has its rows is not made
again, and neither the number of processes nor how often the work was stopped changes a file.
"""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import cv2
from tqdm import tqdm

from shuowen.errors import CapacityError, ConflictError, UsageError
from shuowen.image.page import Pixels
from shuowen.machine import available_cores
from shuowen.train.synthesize.documents import make_document
from shuowen.train.synthesize.made import KINDS, DocumentKind, DocumentOptions
from shuowen.train.synthesize.pieces import Piece, missing_pieces, put, put_together
from shuowen.train.synthesize.truth_files import IMAGES, annotation_rows, json_line, truth_row
from shuowen.version import __version__

JPEG_QUALITY = 92
PLAN = "made.json"
"""What the folder's documents are like; a folder is only gone on with by the same plan."""


@dataclass(frozen=True, kw_only=True)
class GenerateOptions:
    """A data set of made documents.

    Attributes:
        count: Documents, at least 1; a larger one later adds to the folder.
        kinds: Kinds in turn: document n is of kind n modulo their number.
        document: Everything else about the documents; its `kind` is not looked at.
        seed: Other seeds give other documents, 0 to 2**31 - 1.
        picture_format: Of the pictures; JPEG at quality 92 takes a fifth of PNG's room.
        num_workers: Processes; 1 works in this one, None uses every processor.
        shows_progress: Whether a bar with the time left is drawn on standard error.

    Raises:
        UsageError: A value is out of its range.
    """

    count: int
    kinds: tuple[DocumentKind, ...] = ("page",)
    document: DocumentOptions = field(default_factory=DocumentOptions)
    seed: int = 0
    picture_format: Literal["jpg", "png"] = "jpg"
    num_workers: int | None = None
    shows_progress: bool = False

    def __post_init__(self) -> None:
        if self.count < 1:
            raise UsageError(f"count is {self.count}.", "Choose at least 1.")
        if not self.kinds or set(self.kinds) - set(KINDS):
            raise UsageError(f"kinds is {self.kinds}.", f"Choose from: {', '.join(KINDS)}.")
        if self.num_workers is not None and self.num_workers < 1:
            raise UsageError(f"num_workers is {self.num_workers}.", "Choose at least 1.")
        if self.picture_format not in ("jpg", "png"):
            raise UsageError(f"picture_format is {self.picture_format!r}.", "Choose jpg or png.")
        if not 0 <= self.seed < 2**31:
            raise UsageError(f"seed is {self.seed}.", "Choose from 0 to 2147483647.")


@dataclass(frozen=True, kw_only=True)
class Generated:
    """What `generate` did.

    Attributes:
        folder: Where the data set is.
        num_made: Documents made now.
        num_kept: Documents that were there before.
        num_rows: Rows of annotations.jsonl.
        seconds: How long it took.
    """

    folder: Path
    num_made: int
    num_kept: int
    num_rows: int
    seconds: float


def generate(folder: Path, options: GenerateOptions) -> Generated:
    """Make a data set, or what is missing of it.

    Args:
        folder: Created when missing; gone on with when it holds documents by the same options.
        options: What is made.

    Raises:
        ConflictError: The folder holds documents by other options.
        CapacityError: A process was killed.
        OutputError: The disk is full, or the folder cannot be written to. What is there is
            consistent, and the next call goes on.
        KeyboardInterrupt: As `OutputError` in what it leaves.
    """
    start = time.monotonic()
    _claim(folder, options)
    missing = missing_pieces(folder, options.count)
    num_missing = sum(len(piece) for piece in missing)
    num_kept = options.count - num_missing
    bar = tqdm(
        total=options.count, initial=num_kept, unit="document", disable=not options.shows_progress
    )
    try:
        with bar:
            for piece in _made(folder, options, missing):
                bar.update(len(piece))
    finally:
        num_rows = put_together(folder, options.count)
    return Generated(
        folder=folder,
        num_made=num_missing,
        num_kept=num_kept,
        num_rows=num_rows,
        seconds=time.monotonic() - start,
    )


def _made(folder: Path, options: GenerateOptions, pieces: Sequence[Piece]) -> Iterable[Piece]:
    """Make the pieces, and give each when it is on disk."""
    num_workers = min(options.num_workers or available_cores(), max(1, len(pieces)))
    if num_workers == 1:
        return (make_piece(folder, options, piece) for piece in pieces)
    return _made_by_many(folder, options, pieces, num_workers)


def _made_by_many(
    folder: Path, options: GenerateOptions, pieces: Sequence[Piece], num_workers: int
) -> Iterator[Piece]:
    # Spawned, not forked: a process with threads in it, as torch's, must not be forked.
    pool = ProcessPoolExecutor(
        num_workers, mp_context=multiprocessing.get_context("spawn"), initializer=_start_worker
    )
    try:
        futures = [pool.submit(make_piece, folder, options, piece) for piece in pieces]
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool as error:
        raise CapacityError(
            "A process that makes documents was killed, perhaps for want of memory.",
            "Use fewer processes; the next run goes on where this one stopped.",
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start_worker() -> None:
    # Ctrl-C is for the parent, which lets every worker end its piece; one processor each.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)


def make_piece(folder: Path, options: GenerateOptions, piece: Piece) -> Piece:
    """Make the documents of a piece and write its pictures, then its rows.

    Raises:
        OutputError: The disk is full, or the folder cannot be written to.
    """
    rows = []
    for number in range(piece.start, piece.stop):
        kind = options.kinds[number % len(options.kinds)]
        own = dataclasses.replace(options.document, kind=kind)
        document = make_document(options.seed * 2**32 + number, own)
        image = f"{IMAGES}/{number:08}.{options.picture_format}"
        put(folder / image, _encoded(document.pixels, options.picture_format))
        asked = annotation_rows(document, number, image)
        rows.append(json_line({"asked": asked, "truth": truth_row(document, number, image)}))
    put(piece.path(folder), "".join(rows).encode())
    return piece


def _encoded(pixels: Pixels, picture_format: str) -> bytes:
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY] if picture_format == "jpg" else []
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    return cv2.imencode(f".{picture_format}", bgr, quality)[1].tobytes()


def _claim(folder: Path, options: GenerateOptions) -> None:
    """Write down what the folder is for, or check that it is for the same."""
    plan = json.dumps(_plan(options), ensure_ascii=False, indent=2, sort_keys=True)
    path = folder / PLAN
    if not path.is_file():
        put(path, plan.encode())
    elif path.read_text(encoding="utf-8") != plan:
        raise ConflictError(
            f"{folder} holds documents that were made with other options.",
            f"Choose another folder, or the options in {path}.",
        )


def _plan(options: GenerateOptions) -> dict[str, Any]:
    """What decides every byte of the pictures; the count may grow and the processes may change."""
    fonts = options.document.fonts
    return {
        "kinds": list(options.kinds),
        "seed": options.seed,
        "picture_format": options.picture_format,
        "language": options.document.language,
        "degradation": options.document.degradation,
        "handwriting_share": options.document.handwriting_share,
        "dpi": options.document.dpi,
        "fonts": None if fonts is None else [font.path.name for font in fonts],
        "version": __version__,
    }
