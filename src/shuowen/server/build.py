"""Building a server's parts from its options, and taking them apart again, once and in order."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import get_args

from shuowen.errors import OutputError
from shuowen.server.admission import Admission
from shuowen.server.chat.model import ChatModel
from shuowen.server.chat.reader_model import ReaderModel
from shuowen.server.chat.shelf import READER_NAME, ModelShelf
from shuowen.server.desk import Desk
from shuowen.server.documents.records import JobState
from shuowen.server.documents.store import DocumentStore
from shuowen.server.drain import Drain
from shuowen.server.keys import KeyRing
from shuowen.server.metrics import Metrics
from shuowen.server.options import ServerOptions
from shuowen.server.parts import Parts
from shuowen.server.rates import Rates
from shuowen.server.readiness import Readiness

_NONE: Mapping[JobState, int] = MappingProxyType(dict.fromkeys(get_args(JobState), 0))

MakeModels = Callable[[ServerOptions, Desk], Sequence[ChatModel]]
"""Opens the models that are served besides the embedded reader, the one that people meant first."""


def no_models(options: ServerOptions, desk: Desk) -> Sequence[ChatModel]:
    """Nothing but the embedded reader."""
    del options, desk
    return ()


@contextmanager
def open_parts(options: ServerOptions, make_models: MakeModels = no_models) -> Iterator[Parts]:
    """All parts, for as long as the block runs.

    Args:
        options: How the server is set up.
        make_models: Opens more models than the embedded reader; they are closed with the rest.

    Raises:
        ShuowenError: The keys, the data folder or a model cannot be had.
    """
    with ExitStack() as opened:
        keys = KeyRing(options)
        _prepare(options.data_dir)
        metrics = Metrics()
        drain = Drain(options.drain_seconds)
        desk = Desk(num_threads=options.jobs, metrics=metrics)
        opened.callback(lambda: desk.close(drain.closing_seconds))
        documents = DocumentStore(options, desk)
        opened.callback(lambda: documents.close(drain.closing_seconds))
        models = ModelShelf(
            [
                *make_models(options, desk),
                ReaderModel(desk, limits=options.limits, name=READER_NAME),
            ]
        )
        opened.callback(models.close)
        drain.on_begin(documents.stop_listening)
        metrics.watch_documents(lambda: {**_NONE, **documents.num_by_state()})
        documents.start()
        yield Parts(
            options=options,
            desk=desk,
            models=models,
            documents=documents,
            keys=keys,
            rates=Rates(),
            admission=Admission(options.max_requests),
            drain=drain,
            readiness=Readiness(),
            metrics=metrics,
        )


def _prepare(folder: Path) -> None:
    """Make the data folder, for its owner alone, and prove that it can be written to."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise OutputError(
            f"The data folder {folder} cannot be used: {reason}.",
            "Choose one that you may write to: --data-dir FOLDER.",
        ) from error
