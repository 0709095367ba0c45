"""From a request to a running engine: its plan, its command, its process."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from shuowen.engines.remote_options import RemoteOptions
from shuowen.errors import UsageError
from shuowen.hub.writing import writing
from shuowen.launch.child_engine import ChildEngine
from shuowen.launch.command import LOOPBACK, EngineCommand, EnginePlan
from shuowen.launch.engine_python import TITLES, EngineEnvironment, Program
from shuowen.launch.flags import STARTUP_SECONDS
from shuowen.launch.lmdeploy import lmdeploy_command
from shuowen.launch.model_place import find_place
from shuowen.launch.parse import ApiServerRequest
from shuowen.launch.port import reserved_port
from shuowen.launch.supervisor import EngineProcess, Patience, Supervisor, Tell
from shuowen.launch.version import version_of
from shuowen.launch.vllm import vllm_command
from shuowen.machine import data_home

_KEY_BYTES = 32
_MAX_REQUEST_BYTES = 1 << 30
"""Pictures go over loopback as PNG; how many there may be is limited in front."""
_COMMANDS: dict[Program, Callable[[EnginePlan], EngineCommand]] = {
    "lmdeploy": lmdeploy_command,
    "vllm": vllm_command,
}


@dataclass(frozen=True, kw_only=True)
class RunningEngine:
    """An engine that runs, and how it is asked.

    Attributes:
        supervisor: Keeps it running.
        program: Which it is.
        url: Where it listens.
        served_name: What requests call its model.
        key: What it wants to see.
        takes_requests: Whether it is this machine that serves; else it only computes for another.
    """

    supervisor: Supervisor
    program: Program
    url: str
    served_name: str
    key: str = field(repr=False)
    takes_requests: bool

    def open(self) -> ChildEngine:
        """The engine to ask."""
        options = RemoteOptions(
            model=self.served_name,
            api_key=self.key,
            dialect=self.program,
            max_request_bytes=_MAX_REQUEST_BYTES,
        )
        return ChildEngine(
            self.url,
            options,
            title=self.supervisor.name,
            is_ready=self.supervisor.is_ready,
        )


def served_name_of(request: ApiServerRequest) -> str:
    """What requests call the model: as it was named, as with LMDeploy."""
    return str(request.value("--model-name") or request.model)


def plan_of(request: ApiServerRequest, environment: EngineEnvironment, port: int) -> EnginePlan:
    """What the command line is made from.

    Raises:
        UsageError: The model is neither a folder nor a name, or the release cannot be told.
        ModelError: The folder is none of a model.
    """
    try:
        version = version_of(environment.version)
    except ValueError as error:
        raise UsageError(
            f"{environment.python} has an engine of the unknown release {environment.version!r}.",
            "Name another Python with --engine-python.",
        ) from error
    return EnginePlan(
        request=request,
        place=find_place(request.model, request.value("--revision", "")),
        served_name=served_name_of(request),
        python=environment.python,
        version=version,
        port=port,
        templates=data_home() / "engines" / "templates",
    )


def command_of(program: Program, plan: EnginePlan) -> EngineCommand:
    """The engine's command; raises `UsageError` for a flag that it cannot be told."""
    return _COMMANDS[program](plan)


def patience_of(request: ApiServerRequest) -> Patience:
    """How long the engine may take; raises `UsageError` for no time at all."""
    seconds: int = request.value("--startup-seconds", STARTUP_SECONDS)
    if seconds < 1:
        raise UsageError(f"--startup-seconds is {seconds}.", "Choose 1 or more.")
    return Patience(startup_seconds=float(seconds))


@contextmanager
def running_engine(
    request: ApiServerRequest,
    program: Program,
    environment: EngineEnvironment,
    tell: Tell,
    patience: Patience | None = None,
) -> Iterator[RunningEngine]:
    """An engine that answers, kept running for the length of the block.

    Raises:
        UsageError, ModelError: The request cannot be turned into its command line.
        EngineError: It does not come up.
        OutputError: A template cannot be written.
    """
    patience = patience or patience_of(request)
    with reserved_port() as port:
        plan = plan_of(request, environment, port)
        command = command_of(program, plan)
        for sentence in command.told:
            tell(sentence)
        for path, text in command.files.items():
            _write(path, text)
        key = secrets.token_hex(_KEY_BYTES)  # no dash that could make it a flag
        takes_requests = plan.node_rank == 0
        url = f"http://{LOOPBACK}:{port}"
        process = EngineProcess(
            name=f"{TITLES[program]} {environment.version}",
            log_name=program,
            words=command.words,
            environment={**command.environment, command.key_variable: key},
            url=url if takes_requests else "",
            model=plan.served_name,
            key=key,
        )
        with Supervisor(process, patience, tell) as supervisor:
            if takes_requests:
                supervisor.wait_until_ready()
            yield RunningEngine(
                supervisor=supervisor,
                program=program,
                url=url,
                served_name=plan.served_name,
                key=key,
                takes_requests=takes_requests,
            )


def _write(path: Path, text: str) -> None:
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
