"""The command line of LMDeploy, by its release.

Facts: `lmdeploy serve api_server --help` of 0.18.0; cli/serve.py, cli/utils.py and model.py of the
releases from 0.7.3 on, for when a flag came and went.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shuowen.errors import UsageError
from shuowen.launch.command import (
    LOOPBACK,
    SILENT,
    EngineCommand,
    EnginePlan,
    check_engine_words,
    tool_parser_of,
)
from shuowen.launch.flag import Flag
from shuowen.launch.flags import FLAGS
from shuowen.launch.templates import TemplateChoice, lmdeploy_template
from shuowen.launch.treat import treat
from shuowen.launch.treatment import Outcome
from shuowen.launch.version import OLDEST_LMDEPLOY, version_of

KEY_VARIABLE = "SHUOWEN_ENGINE_KEY"
_START = (
    "import os, sys; from lmdeploy.cli.entrypoint import run;"
    f' sys.argv += ["--api-keys", os.environ.pop("{KEY_VARIABLE}")]; run()'
)
"""LMDeploy takes its keys from the command line alone, which everybody on a machine can read."""

_TRUST, _TEMPLATE, _METRICS = "--trust-remote-code", "--chat-template", "--disable-metrics"
_EYELESS = "--language-model-only"
_TRUSTS_BY_ITSELF = (0, 13, 0)
_COUNTS_BY_ITSELF = (0, 11, 0)
_ALONE = {"PyTorch engine": "pytorch", "TurboMind engine": "turbomind"}


def lmdeploy_command(plan: EnginePlan) -> EngineCommand:
    """How LMDeploy is started.

    Raises:
        UsageError: This release does not have a flag, a flag is for the other of its engines, or
            the release is older than all that are supported.
    """
    if plan.version < version_of(OLDEST_LMDEPLOY):
        raise UsageError(
            f"LMDeploy {_shown(plan)} is too old for InternVL3.",
            f"Update it to {OLDEST_LMDEPLOY} or newer.",
        )
    check_engine_words(plan.request.engine_words)
    template = _template(plan)
    done = {**dict(_by_release(plan)), _TEMPLATE: Outcome(words=template.words, told=template.told)}
    treated = treat(plan.request, "lmdeploy", done)
    for name in plan.request.given:
        if name not in done:
            _check(FLAGS[name], plan)
    words = [str(plan.python), "-c", _START, "serve", "api_server", plan.place.name]
    words += [*treated.words, *_always(plan), *_unasked(plan), *plan.request.engine_words]
    return EngineCommand(
        words=tuple(words),
        environment={**SILENT, **treated.environment, **_hub(plan)},
        key_variable=KEY_VARIABLE,
        files=template.files,
        told=(*treated.told, *_remarks(plan)),
    )


def _always(plan: EnginePlan) -> Iterator[str]:
    """Where it listens, what the model is called, and that prompts stay out of the log."""
    yield from ("--server-name", LOOPBACK, "--server-port", str(plan.port))
    yield from ("--model-name", plan.served_name)
    yield from ("--log-level", plan.request.value("--log-level", "WARNING"))
    if plan.request.value("--max-log-len") is None:
        yield from ("--max-log-len", "0")


def _unasked(plan: EnginePlan) -> Iterator[str]:
    """What makes things work that would not, were it left to the person."""
    if plan.place.revision and plan.request.value("--revision") is None:
        yield from ("--revision", plan.place.revision)
    if _needs_trust(plan):
        yield _TRUST
    if plan.forwards_tools and plan.request.value("--tool-call-parser") is None:
        yield from ("--tool-call-parser", tool_parser_of(plan))
    knows_mode = plan.version >= version_of(FLAGS["--logprobs-mode"].since)
    if _backend(plan) == "pytorch" and knows_mode and not plan.request.value("--logprobs-mode"):
        yield from ("--logprobs-mode", "raw_logprobs")


def _remarks(plan: EnginePlan) -> Iterator[str]:
    if _needs_trust(plan):
        yield (
            f"{_TRUST} is added: LMDeploy {_shown(plan)} asks for it, and it lets programs run that"
            f" come with {plan.request.model}."
        )


def _needs_trust(plan: EnginePlan) -> bool:
    is_given = plan.request.value(_TRUST, False)
    return plan.version >= _TRUSTS_BY_ITSELF and plan.place.is_trusted and not is_given


def _template(plan: EnginePlan) -> TemplateChoice:
    value = plan.request.value(_TEMPLATE)
    if value is None:
        return TemplateChoice()
    return lmdeploy_template(
        value, plan.version, plan.templates, forwards_tools=plan.forwards_tools
    )


def _by_release(plan: EnginePlan) -> Iterator[tuple[str, Outcome]]:
    """Flags that older releases have under another name, or need not have."""
    given: Any = plan.request.given
    if _TRUST in given and plan.version < _TRUSTS_BY_ITSELF:
        yield _TRUST, Outcome(told=f"{_TRUST} is left out: LMDeploy {_shown(plan)} always does so.")
    if _METRICS in given and plan.version < _COUNTS_BY_ITSELF:
        yield _METRICS, Outcome(told=f"{_METRICS} is left out: they are off in {_shown(plan)}.")
    is_older = (0, 9, 2) <= plan.version < version_of(FLAGS[_EYELESS].since)
    if _EYELESS in given and is_older:
        older = "--disable-vision-encoder"
        yield _EYELESS, Outcome(words=(older,), told=f"{_EYELESS} is called {older} there.")


def _check(flag: Flag, plan: EnginePlan) -> None:
    """Raise `UsageError` where this release, or this one of its engines, lacks a flag."""
    value = plan.request.given[flag.name]
    if flag.name == "--dp" and value > 1 and _backend(plan) == "pytorch":
        raise UsageError(
            f"--dp {value} is not supported with --backend pytorch: LMDeploy then starts several"
            " servers, which need a proxy of its own.",
            "Use --backend turbomind or vllm, or start a server on every machine.",
        )
    if not flag.lmdeploy.apply(flag.name, value).words or (flag.name, value) == (
        "--device",
        "cuda",
    ):
        return
    if flag.since and plan.version < version_of(flag.since):
        raise UsageError(
            f"LMDeploy {_shown(plan)} has no {flag.name}.",
            f"It came with {flag.since}: update LMDeploy, or leave the flag out.",
        )
    only = _ALONE.get(flag.group, _backend(plan))
    if only != _backend(plan) and flag.name != "--device":
        raise UsageError(
            f"{flag.name} is for LMDeploy's {flag.group}, which is not the one that was chosen.",
            f"Add --backend {only}, or leave the flag out.",
        )


def _backend(plan: EnginePlan) -> str:
    return str(plan.request.value("--backend", "turbomind"))


def _hub(plan: EnginePlan) -> dict[str, str]:
    return {"LMDEPLOY_USE_MODELSCOPE": "True"} if plan.place.hub == "modelscope" else {}


def _shown(plan: EnginePlan) -> str:
    return ".".join(map(str, plan.version))
