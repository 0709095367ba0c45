"""From a name to an engine: a folder or a hub's model runs here, a URL is asked for answers."""

from __future__ import annotations

import difflib
import importlib.util
import re
from collections.abc import Mapping
from dataclasses import fields
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from shuowen.engines.pytorch.options import EngineOptions
from shuowen.errors import MissingExtraError, UsageError
from shuowen.generation.engine import Engine

_URL = re.compile(r"https?://", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?!hf:|modelscope:)(?:localhost|\[[0-9a-f:]+\]|[\w.-]+(?=:\d))(?::\d{1,5})?(?:/.*)?",
    re.IGNORECASE,
)
_TORCH_PACKAGES = ("torch", "safetensors")


def load_model(name: str | PathLike[str], **options: Any) -> Engine:
    """Open a model for generation; public as `shuowen.load_model`.

    Args:
        name: A folder with weights; a name on a hub, such as "OpenGVLab/InternVL3-1B"; or the http
            or https URL of a server that speaks the OpenAI protocol.
        **options: Fields of `EngineOptions` (weights, device, …) for a model that runs here, of
            `RemoteOptions` (model, api_key, …) for a server.

    Returns:
        An engine, which can give the best of several answers (`SamplingParams.best_of`); close it
        when it is no longer needed.

    Raises:
        UsageError: An option that this kind of engine does not have, or an address without http://.
        MissingExtraError: The packages that run a model here are not installed.
        ModelError: The folder's weights are missing, damaged or of another shape.
        CapacityError: The model does not fit in memory.
    """
    text = fspath(name)
    check_scheme(text)
    return _open_remote(text, options) if is_url(text) else _open_pytorch(text, options)


def is_url(name: str) -> bool:
    """Whether a model's name is the address of a server."""
    return _URL.match(name) is not None


def check_scheme(name: str) -> None:
    """Raise `UsageError` where the name is an address, such as gpu:8000, that lacks http://."""
    if _ADDRESS.fullmatch(name) and not Path(name).exists():
        raise UsageError(f"{name} is the address of a server.", f"Write http://{name}.")


def check_can_run_here(name: str) -> None:
    """Find out before minutes of downloading that a model could not be loaded after them.

    Raises:
        MissingExtraError: The packages that run a model here are not installed.
    """
    for package in _TORCH_PACKAGES:
        if importlib.util.find_spec(package) is None:
            raise _missing(name, package)


def _open_remote(url: str, options: Mapping[str, Any]) -> Engine:
    from shuowen.engines.best_of import with_best_of
    from shuowen.engines.remote import RemoteEngine  # urllib3 takes 0.1 s to import
    from shuowen.engines.remote_options import RemoteOptions

    _check_names(options, RemoteOptions, "A model on a server")
    return with_best_of(RemoteEngine(url, RemoteOptions(**options)))


def _open_pytorch(name: str, options: Mapping[str, Any]) -> Engine:
    _check_names(options, EngineOptions, "A model that runs here")
    chosen = EngineOptions(**options)
    try:
        from shuowen.engines.pytorch.judging import load_judged_engine

        return load_judged_engine(name, chosen)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _TORCH_PACKAGES:
            raise
        raise _missing(name, error.name or "torch") from error


def _missing(name: str, package: str) -> MissingExtraError:
    return MissingExtraError(
        f"{name} can run here only with {package}, which is not installed.",
        "Run: pip install 'shuowen[torch]'",
    )


def _check_names(options: Mapping[str, Any], record: Any, whose: str) -> None:
    """Raise `UsageError` for an option that `record` has no field for."""
    known = [each.name for each in fields(record)]
    for name in options:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            advice = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}."
            raise UsageError(f"{whose} has no option {name!r}.", advice)
