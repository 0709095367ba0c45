"""Which models `shuowen serve` was asked for, and opening them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import click

from shuowen.cli.console import printable
from shuowen.cli.models_download import bring_missing
from shuowen.engines.best_of import innermost
from shuowen.engines.load import check_scheme, is_url, load_model
from shuowen.engines.remote import RemoteEngine
from shuowen.engines.remote_options import API_KEY_VARIABLE
from shuowen.errors import AccessError, ShuowenError, UsageError
from shuowen.generation.engine import Engine
from shuowen.server.build import MakeModels, no_models
from shuowen.server.chat.engine_model import EngineModel
from shuowen.server.chat.model import ChatModel
from shuowen.server.desk import Desk
from shuowen.server.options import ServerOptions, is_loopback

_ENGINE_OPTIONS = ("weights", "vision_weights", "device", "threads", "max_running", "critic")
_UPSTREAM_OPTIONS = ("upstream_model", "upstream_key")
_MAX_NAMES_SHOWN = 10
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def models_from(values: Mapping[str, Any], options: ServerOptions) -> MakeModels:
    """What opens the models that the command line names, in the server, when it starts.

    Raises:
        UsageError: Options exclude each other, or lack what they belong to.
    """
    model, upstream = values["model"], values["upstream"]
    if model is not None and upstream is not None:
        raise UsageError("MODEL and --upstream exclude each other.", "Choose one.")
    if model is not None and is_url(model):
        model, upstream = None, model
    if model is not None:
        check_scheme(model)
    if upstream is not None and not is_url(upstream):
        hint = "http:// or https://" if "://" in upstream else f"http://{upstream}"
        raise UsageError(f"--upstream {upstream} is no address of a server.", f"Write {hint}.")
    given = [name for name in _ENGINE_OPTIONS if values[name] is not None]
    if given and model is None:
        raise UsageError(f"{_flag(given[0])} is for a model that runs here.", "Name a MODEL.")
    if upstream is None:
        for name in _UPSTREAM_OPTIONS:
            if values[name] is not None:
                raise UsageError(f"{_flag(name)} is for another server.", "Give --upstream URL.")
    if upstream is not None:
        return _upstream(upstream, values, options)
    if model is not None:
        return _local(model, {name: values[name] for name in given})
    return no_models


def _local(model: str, engine_options: Mapping[str, Any]) -> MakeModels:
    def make(options: ServerOptions, desk: Desk) -> Sequence[ChatModel]:
        del desk
        for name in filter(None, (model, engine_options.get("critic"))):
            bring_missing(name)
        click.echo(f"Loading {printable(model)} …", err=True)
        return [EngineModel(load_model(model, **engine_options), limits=options.limits)]

    return make


def _upstream(url: str, values: Mapping[str, Any], options: ServerOptions) -> MakeModels:
    _check_no_ring(url, options)
    settings = {
        "model": values["upstream_model"] or "",
        "api_key": _key(values["upstream_key"]),
        "dialect": "auto",
    }

    def make(options: ServerOptions, desk: Desk) -> Sequence[ChatModel]:
        del desk
        engine = load_model(url, **settings)
        try:
            _ask_for_models(innermost(engine), settings["model"])
        except BaseException:
            engine.close()
            raise
        return [EngineModel(engine, limits=options.limits)]

    return make


def _ask_for_models(engine: Engine, wanted: str) -> None:
    """Find out at the start whether another server has the model; raises `UsageError`."""
    assert isinstance(engine, RemoteEngine)
    try:
        names = engine.model_names()
    except AccessError:
        raise
    except UsageError:  # it lists none
        if not wanted:
            raise
        return
    except ShuowenError as error:
        _warn(engine, wanted, error)
        return
    shown = ", ".join(names[:_MAX_NAMES_SHOWN]) or "none"
    if wanted and wanted not in names:
        raise UsageError(
            f"{engine.address} has no model {wanted!r}. It has: {shown}.",
            "Name one of them with --upstream-model, or leave it out where there is only one.",
        )
    if not wanted and len(names) != 1:
        raise UsageError(
            f"{engine.address} has {len(names)} models: {shown}.",
            "Name the one to use: --upstream-model NAME.",
        )


def _warn(engine: RemoteEngine, wanted: str, error: ShuowenError) -> None:
    which = wanted or "its model, which is not listed meanwhile,"
    click.echo(
        printable(
            f"WARNING: {engine.address} cannot be asked for its models now: {error.message}"
            f" Chats with {which} fail until it answers; this server need not be started again."
        ),
        err=True,
    )


def _check_no_ring(url: str, options: ServerOptions) -> None:
    parts = urlsplit(url)
    own = options.is_local or options.host in ("0.0.0.0", "::")
    if own and options.port and parts.port == options.port and is_loopback(parts.hostname or ""):
        raise UsageError(
            "--upstream leads back to this server itself.", "Give one of them another --port."
        )


def _key(variable: str | None) -> str:
    """The key in an environment variable; a key given in its place is not repeated."""
    if variable is None:
        return os.environ.get(API_KEY_VARIABLE, "")
    if not _VARIABLE.fullmatch(variable) or variable not in os.environ:
        raise UsageError(
            "--upstream-key names no environment variable that is set.",
            "Put the key into one and give its name: --upstream-key UPSTREAM_KEY.",
        )
    return os.environ[variable]


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
