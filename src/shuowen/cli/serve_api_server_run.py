"""Carrying out `shuowen serve api_server`: the engine, and our server in front of it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import click

from shuowen.cli.console import printable
from shuowen.cli.models_download import bring_missing
from shuowen.cli.serve_options import server_options, server_options_from
from shuowen.engines.load import load_model
from shuowen.errors import CapacityError, ModelError, UsageError
from shuowen.launch.decide import (
    Machine,
    OnlyReads,
    RunsEngine,
    RunsHere,
    decide,
    look_around,
    program_of,
)
from shuowen.launch.describe import dry_run_text
from shuowen.launch.engine_install import install_engine
from shuowen.launch.front import Front, front_of
from shuowen.launch.parse import ApiServerRequest
from shuowen.launch.start import running_engine, served_name_of
from shuowen.server.announcement import address
from shuowen.server.build import MakeModels, no_models
from shuowen.server.chat.engine_model import EngineModel
from shuowen.server.chat.model import ChatModel
from shuowen.server.desk import Desk
from shuowen.server.keys import KeyRing
from shuowen.server.listening import listen
from shuowen.server.options import ServerOptions
from shuowen.server.run import run
from shuowen.server.tls import check_certificate


def carry_out(request: ApiServerRequest) -> None:
    """Serve until SIGTERM or Ctrl-C, or only say what would run.

    Raises:
        ShuowenError: A flag is refused, the engine does not come up, or the server cannot start.
        KeyboardInterrupt: A second signal cut what ran; engine and server are stopped.
    """
    program = program_of(request)
    is_trial = request.value("--dry-run", False)
    if request.value("--install-engine", False) and program is not None and not is_trial:
        install_engine(program)
    machine = look_around(request, os.environ)
    front = front_of(request, os.environ, has_child=program is not None)
    if is_trial:
        text = dry_run_text(request, machine, _server_lines(_options(front), request))
        click.echo(text, nl=False)
        return
    with _logging(front.log_level):
        _serve(request, machine)
    _say("Stopped.")


def _serve(request: ApiServerRequest, machine: Machine) -> None:
    decision = decide(request, machine)
    has_child = isinstance(decision, RunsEngine)
    options = _options(front_of(request, os.environ, has_child=has_child))
    _check_early(options)
    if isinstance(decision, RunsEngine):
        _serve_engine(request, decision, options)
    elif isinstance(decision, RunsHere):
        _say_all(decision.told)
        run(options, _model_here(request, decision), say=_say)
    else:
        _serve_reader(decision, options)


def _serve_engine(request: ApiServerRequest, decision: RunsEngine, options: ServerOptions) -> None:
    with running_engine(request, decision.program, decision.environment, _say) as engine:
        if not engine.takes_requests:
            engine.supervisor.wait_until_ended()
            return

        def make(options: ServerOptions, desk: Desk) -> Sequence[ChatModel]:
            del desk
            name = engine.served_name
            return [EngineModel(engine.open(), limits=options.limits, name=name)]

        ready_when = {engine.supervisor.name: engine.supervisor.is_ready}
        run(options, make, say=_say, ready_when=ready_when)


def _serve_reader(decision: OnlyReads, options: ServerOptions) -> None:
    _say_all(decision.told)
    run(options, no_models, say=_say)


def _model_here(request: ApiServerRequest, decision: RunsHere) -> MakeModels:
    """Loads the model; one that does not fit, or is damaged, leaves the reader, unless asked."""
    may_fall_back = request.value("--fallback", "auto") != "none" and bool(program_of(request))

    def make(options: ServerOptions, desk: Desk) -> Sequence[ChatModel]:
        del desk
        bring_missing(decision.model)
        _say(f"Loading {decision.model} …")
        try:
            engine = load_model(decision.model, **decision.options)
        except (CapacityError, ModelError) as error:
            if not may_fall_back:
                raise
            _say(f"{error} ONLY THE EMBEDDED READER ANSWERS.")
            return []
        return [EngineModel(engine, limits=options.limits, name=served_name_of(request))]

    return make


def _options(front: Front) -> ServerOptions:
    """The variables of `shuowen serve`, and the flags over them."""

    @click.command()
    @server_options
    def nothing(**values: Any) -> None:
        del values

    values = nothing.make_context("api_server", []).params
    options = replace(server_options_from(values), **front.fields)
    return replace(options, limits=replace(options.limits, hosts=front.media_domains))


def _check_early(options: ServerOptions) -> None:
    """Find out before an engine loads for minutes that the server could not start after it."""
    for each in listen(options.host, options.port):
        each.close()
    if options.tls_cert is not None:
        check_certificate(options.tls_cert, options.tls_key)
    if options.media_dir is not None and not options.media_dir.is_dir():
        raise UsageError(f"{options.media_dir} is no folder.", "Name one: --media-dir FOLDER.")
    KeyRing(options)


@contextmanager
def _logging(level: str) -> Iterator[None]:
    """Log no less, or no more, than `level`; empty leaves it as it is."""
    number = logging.getLevelName(level) if level else logging.INFO
    logger, before = logging.getLogger("shuowen"), logging.getLogger("shuowen").level
    if number < logging.INFO:
        logger.setLevel(logging.DEBUG)
    elif number > logging.INFO:
        logging.disable(number - 1)
    try:
        yield
    finally:
        logger.setLevel(before)
        logging.disable(logging.NOTSET)


def _server_lines(options: ServerOptions, request: ApiServerRequest) -> list[str]:
    keys = "with a key" if options.needs_keys else "without a key"
    return [
        f"Server: {address(options, options.port)}/v1",
        f"  {keys}; at most {options.max_requests} requests at once; tools: {options.tools};"
        f" documents in {options.data_dir}",
        f"  models: {served_name_of(request)}, shuowen-embedded",
    ]


def _say_all(sentences: Sequence[str]) -> None:
    for sentence in sentences:
        _say(sentence)


def _say(sentence: str) -> None:
    click.echo(printable(sentence), err=True)
