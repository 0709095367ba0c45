"""Which engine answers on this machine: LMDeploy or vLLM, the model in Shuowen, or the reader."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shuowen.errors import (
    MissingExtraError,
    ModelError,
    ShuowenError,
    UsageError,
)
from shuowen.hub.download import find_model
from shuowen.hub.folder import missing_in
from shuowen.hub.names import ModelName, parse_name
from shuowen.hub.settings import HubSettings
from shuowen.launch.engine_install import how_to_install
from shuowen.launch.engine_python import TITLES, EngineEnvironment, Program, find_engine
from shuowen.launch.gpus import Gpu, find_gpus
from shuowen.launch.model_place import find_place
from shuowen.launch.parse import ApiServerRequest
from shuowen.launch.treat import treat

READER = "shuowen-embedded"
_ENGINE_ONLY = ("--engine-python", "--install-engine", "--startup-seconds")


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What there is to run a model with.

    Attributes:
        gpus: Graphics cards that may be used.
        engine: The environment of the engine that was asked for; None where there is none.
        has_torch: Whether models can run in Shuowen itself.
        has_model: Whether the whole model is on this machine.
        has_guard: Whether children can be guarded: on POSIX.
    """

    gpus: tuple[Gpu, ...] = ()
    engine: EngineEnvironment | None = None
    has_torch: bool = False
    has_model: bool = False
    has_guard: bool = sys.platform != "win32"


@dataclass(frozen=True, kw_only=True)
class RunsEngine:
    """LMDeploy or vLLM is started as a child."""

    program: Program
    environment: EngineEnvironment


@dataclass(frozen=True, kw_only=True)
class RunsHere:
    """The model runs in Shuowen itself.

    Attributes:
        model: As `load_model` takes it.
        options: Fields of its options.
        told: What the person should know.
    """

    model: str
    options: Mapping[str, Any] = field(default_factory=dict)
    told: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OnlyReads:
    """No model runs, and the embedded reader answers alone.

    Attributes:
        told: Why, and how to get the model.
    """

    told: tuple[str, ...]


Decision = RunsEngine | RunsHere | OnlyReads


def program_of(request: ApiServerRequest) -> Program | None:
    """The program that was asked for; None for Shuowen's own engine."""
    backend = request.value("--backend", "turbomind")
    if backend == "shuowen":
        return None
    return "vllm" if backend == "vllm" else "lmdeploy"


def look_around(request: ApiServerRequest, environ: Mapping[str, str]) -> Machine:
    """What this machine has, as far as the request makes it worth asking.

    Raises:
        UsageError: The model is neither a folder nor a name.
        ModelError: It looks like a folder, and there is none.
        MissingExtraError: The Python that is named for the engine does not have it.
    """
    program = program_of(request)
    given = request.value("--engine-python")
    python = Path(given).expanduser() if given else None
    return Machine(
        gpus=find_gpus(environ) if program else (),
        engine=find_engine(program, environ, python) if program else None,
        has_torch=all(importlib.util.find_spec(each) for each in ("torch", "safetensors")),
        has_model=_has_model(request, environ),
    )


def decide(request: ApiServerRequest, machine: Machine) -> Decision:
    """What answers.

    Raises:
        UsageError: More graphics cards are asked for than there are, or a flag that only a real
            engine has where none can run.
        MissingExtraError: No engine can run here, and `--fallback none` wants no other.
    """
    program = program_of(request)
    if program is None:
        return _here(request, machine)
    lack = _lack(request, machine, program)
    if lack is None:
        assert machine.engine is not None
        _check_cards(request, machine)
        return RunsEngine(program=program, environment=machine.engine)
    fallback = request.value("--fallback", "auto")
    if fallback == "none":
        raise lack
    try:
        if fallback == "auto" and machine.has_torch and machine.has_model:
            return _runs_here(request, (*_why(lack), f"{request.model} runs in Shuowen itself."))
        treat(request, "here")
    except UsageError as error:
        raise UsageError(f"{lack.message} {error.message}", error.hint) from error
    return OnlyReads(told=_only_reads(request, machine, lack))


def _here(request: ApiServerRequest, machine: Machine) -> Decision:
    """`--backend shuowen`: a name on a hub may be downloaded, as by `shuowen chat`."""
    for name in _ENGINE_ONLY:
        if name in request.given:
            raise UsageError(f"{name} is for LMDeploy or vLLM.", "Leave it out, or --backend.")
    if request.engine_words:
        raise UsageError("What stands after -- is for LMDeploy or vLLM.", "Leave it out.")
    if machine.has_torch:
        return _runs_here(request, ())
    error = MissingExtraError(
        f"{request.model} can run in Shuowen only with torch, which is not installed.",
        "Run: pip install 'shuowen[torch]'",
    )
    if request.value("--fallback", "auto") == "none":
        raise error
    treat(request, "here")
    return OnlyReads(told=(*_why(error), _reader_only()))


def _runs_here(request: ApiServerRequest, told: tuple[str, ...]) -> RunsHere:
    treated = treat(request, "here")
    options = dict(treated.options)
    revision = options.pop("revision", "")
    find_place(request.model, revision)
    is_new = revision and "@" not in request.model
    model = f"{request.model}@{revision}" if is_new else request.model
    if request.engine_words:
        told = (*told, f"What stands after -- has no effect here: {request.engine_words[0]} …")
    return RunsHere(model=model, options=options, told=(*told, *treated.told))


def _lack(request: ApiServerRequest, machine: Machine, program: Program) -> ShuowenError | None:
    """What keeps the engine from running; None when nothing does."""
    title = TITLES[program]
    if not machine.has_guard:
        return MissingExtraError(
            f"{title} is started only on Linux and macOS.",
            "Start it in WSL, and: shuowen serve --upstream URL",
        )
    if _needs_cards(request, machine) and not machine.gpus:
        return MissingExtraError(
            f"{title} needs an NVIDIA graphics card, and there is none here that it may use.",
            "On a machine with one, the same command starts it. Over the network: shuowen serve"
            " --upstream URL",
        )
    if machine.engine is None:
        return MissingExtraError(
            f"{title} is not installed.",
            "Add --install-engine to install it into an environment of its own (several"
            f" gigabytes), or run: {how_to_install(program)}",
        )
    return None


def _needs_cards(request: ApiServerRequest, machine: Machine) -> bool:
    """Whether the engine runs on NVIDIA's cards: not on other makers', nor as a CPU build."""
    is_for_cpu = machine.engine is not None and machine.engine.is_for_cpu
    return bool(request.value("--device", "cuda") == "cuda") and not is_for_cpu


def _check_cards(request: ApiServerRequest, machine: Machine) -> None:
    """Fewer cards than asked for would be told by the engine much later, and less clearly."""
    is_spread = request.value("--distributed-executor-backend") == "ray"
    if is_spread or not _needs_cards(request, machine):
        return
    # LMDeploy's --tp counts all cards of its --dp copies, vLLM's those of one.
    dp = request.value("--dp", 1) if program_of(request) == "vllm" else 1
    tp = request.value("--tp", 1)
    nodes = max(1, request.value("--nnodes", 1))
    needed = -(-tp * dp // nodes)
    if needed > len(machine.gpus):
        raise UsageError(
            f"--tp {tp}{f' --dp {dp}' if dp > 1 else ''} needs {needed} graphics cards here, and"
            f" there are {len(machine.gpus)}.",
            f"Write --tp {_power_of_two(len(machine.gpus))}; CUDA_VISIBLE_DEVICES says which"
            " cards may be used.",
        )


def _only_reads(request: ApiServerRequest, machine: Machine, lack: ShuowenError) -> tuple[str, ...]:
    told = list(_why(lack))
    if request.value("--fallback", "auto") == "auto":
        if not machine.has_torch:
            told.append(
                "To run the model in Shuowen itself: pip install 'shuowen[torch]'"
                + ("." if machine.has_model else f" && shuowen models download {request.model}")
            )
        elif not machine.has_model:
            told.append(
                "To run the model in Shuowen itself, slowly without a graphics card: shuowen"
                f" models download {request.model}"
            )
    return (*told, _reader_only())


def _reader_only() -> str:
    return (
        f"UNTIL THEN ONLY THE EMBEDDED READER ANSWERS, under the name {READER}: it reads what"
        " pictures and documents say, and answers no other questions. --fallback none makes this"
        " an error."
    )


def _why(lack: ShuowenError) -> tuple[str, ...]:
    return (lack.message, lack.hint)


def _has_model(request: ApiServerRequest, environ: Mapping[str, str]) -> bool:
    """Whether all of the model is here; nothing is sent. Raises what `parse_name` raises."""
    named = parse_name(request.model)
    try:
        if isinstance(named, Path):
            return not missing_in(named)
        settings = HubSettings.from_environment(environ)
        revision = request.value("--revision") or named.revision
        wanted = ModelName(hub=named.hub, repo_id=named.repo_id, revision=revision)
        return find_model(wanted, settings) is not None
    except ModelError:  # damaged
        return False


def _power_of_two(number: int) -> int:
    return 1 << max(0, number.bit_length() - 1)
