"""What would run, in words and as commands, without running it (`--dry-run`)."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from shuowen.errors import ShuowenError
from shuowen.launch.command import EngineCommand
from shuowen.launch.decide import (
    Machine,
    OnlyReads,
    RunsEngine,
    RunsHere,
    decide,
    program_of,
)
from shuowen.launch.engine_python import (
    TITLES,
    EngineEnvironment,
    Program,
    own_environment,
    python_of,
)
from shuowen.launch.flag import EngineName
from shuowen.launch.flags import FLAGS
from shuowen.launch.parse import ApiServerRequest
from shuowen.launch.start import command_of, plan_of
from shuowen.launch.treatment import Value, words_of
from shuowen.launch.version import NEWEST_LMDEPLOY, NEWEST_VLLM

_NEWEST: dict[Program, str] = {"lmdeploy": NEWEST_LMDEPLOY, "vllm": NEWEST_VLLM}
_ANY_PORT = 0
_SECRETS = frozenset(("--api-keys",))


def dry_run_text(request: ApiServerRequest, machine: Machine, server: Sequence[str]) -> str:
    """The command, what becomes of every flag, the server in front, and what this machine does.

    Args:
        request: The flags.
        machine: What this machine has.
        server: Lines about the server in front.

    Raises:
        UsageError: A flag is refused, or has a wrong value.
        ModelError: The folder is none of a model.
    """
    program = program_of(request)
    lines: list[str] = []
    if program is not None:
        environment, how = _environment(program, machine)
        command = command_of(program, plan_of(request, environment, _ANY_PORT))
        lines += [f"Engine: {TITLES[program]} {environment.version}, {how}", ""]
        lines += ["Command (its port is chosen when it starts):", *_command(command), ""]
        lines += [f"- {sentence}" for sentence in command.told] + [""] * bool(command.told)
    lines += ["Flags:", *_flags(request, program or "here"), ""]
    lines += [*server, "", *_here(request, machine)]
    return "\n".join(lines) + "\n"


def shown_flag(name: str, value: Value) -> str:
    """A flag as it was given, quoted for a shell; keys are not shown."""
    return f"{name} …" if name in _SECRETS else shlex.join(words_of(name, value))


def _environment(program: Program, machine: Machine) -> tuple[EngineEnvironment, str]:
    if machine.engine is not None:
        return machine.engine, f"found at {machine.engine.python}"
    python = python_of(own_environment(program))
    version = _NEWEST[program]
    how = "assumed: it is not installed here, and this is the newest that is known"
    return EngineEnvironment(python=python, version=version), how


def _command(command: EngineCommand) -> Iterator[str]:
    variables = [f"{name}={shlex.quote(value)}" for name, value in command.environment.items()]
    yield f"  {command.key_variable}=… " + " ".join(variables) + " \\"
    yield "  " + shlex.join(command.words)
    for path in command.files:
        yield f"  with the file {path}"


def _flags(request: ApiServerRequest, engine: EngineName) -> Iterator[str]:
    given = {name: value for name, value in request.given.items() if name != "--dry-run"}
    shown = {name: shown_flag(name, value) for name, value in given.items()}
    width = max((len(each) for each in shown.values()), default=0)
    for name, text in shown.items():
        treatment = FLAGS[name].treatment(engine)
        note = f": {treatment.note}" if treatment.note else ""
        yield f"  {text.ljust(width)}  {treatment.label.replace('`', '')}{note}"
    if request.engine_words:
        yield f"  -- {shlex.join(request.engine_words)}  to the engine as it is"


def _here(request: ApiServerRequest, machine: Machine) -> Iterator[str]:
    yield "On this machine, now:"
    try:
        decision = decide(request, machine)
    except ShuowenError as error:
        yield f"  it would end with an error: {error}"
        return
    if isinstance(decision, RunsEngine):
        cards = ", ".join(gpu.name for gpu in machine.gpus)
        yield f"  this would run{f', on {cards}' if cards else ''}."
    elif isinstance(decision, RunsHere):
        yield from (f"  {sentence}" for sentence in decision.told)
        options = ", ".join(f"{name}={value}" for name, value in decision.options.items())
        yield f"  {decision.model} would run in Shuowen itself{f' with {options}' * bool(options)}."
    elif isinstance(decision, OnlyReads):
        yield from (f"  {sentence}" for sentence in decision.told)
