"""The command line of vLLM, whose flags have other names and sometimes other meanings.

Facts: `vllm serve --help=all` of 0.32.0 and the arguments of releases from 0.12.0 on. vLLM runs
InternVL3's original layout only with the model's own programs (transformers_utils/config.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from shuowen.errors import ModelError, UsageError
from shuowen.launch.command import (
    LOOPBACK,
    SILENT,
    EngineCommand,
    EnginePlan,
    check_engine_words,
    tool_parser_of,
)
from shuowen.launch.flags_model import vllm_tool_words
from shuowen.launch.templates import TemplateChoice, vllm_template
from shuowen.launch.treat import treat
from shuowen.launch.treatment import Outcome
from shuowen.launch.version import OLDEST_VLLM, version_of

KEY_VARIABLE = "VLLM_API_KEY"
MAX_PICTURES = 128
"""Pictures of one request; what is more than vLLM's own start needs memory for."""
SINCE = {"--language-model-only": "0.17.0"}
"""Flags of ours' translation that came after `OLDEST_VLLM`."""

_TRUST, _TEMPLATE = "--trust-remote-code", "--chat-template"
_LEVELS = {"FATAL": "CRITICAL", "WARN": "WARNING", "REQUEST": "INFO", "NOTSET": "DEBUG"}
"""Levels of LMDeploy's that vLLM does not have."""


def vllm_command(plan: EnginePlan) -> EngineCommand:
    """How vLLM is started.

    Raises:
        UsageError: vLLM has nothing like a flag, or the release is too old.
        ModelError: The folder lacks the programs that vLLM needs for its layout.
    """
    if plan.version < version_of(OLDEST_VLLM):
        raise UsageError(
            f"vLLM {_shown(plan)} is too old.", f"Update it to {OLDEST_VLLM} or newer."
        )
    check_engine_words(plan.request.engine_words)
    _check_programs(plan)
    template = _template(plan)
    done = {_TEMPLATE: Outcome(words=template.words, told=template.told)}
    treated = treat(plan.request, "vllm", done)
    _check_release(treated.words, plan)
    words = [str(plan.python), "-m", "vllm.entrypoints.cli.main", "serve", plan.place.name]
    words += [*treated.words, *_place(plan), *_unasked(plan), *plan.request.engine_words]
    return EngineCommand(
        words=tuple(words),
        environment={**SILENT, **treated.environment, **_environment(plan)},
        key_variable=KEY_VARIABLE,
        files=template.files,
        told=(*treated.told, *_remarks(plan)),
    )


def _place(plan: EnginePlan) -> Iterator[str]:
    """Where it listens; a machine that only computes does not."""
    yield from ("--served-model-name", plan.served_name)
    if plan.node_rank:
        yield "--headless"
    else:
        yield from ("--host", LOOPBACK, "--port", str(plan.port))


def _unasked(plan: EnginePlan) -> Iterator[str]:
    if plan.place.revision and plan.request.value("--revision") is None:
        yield from ("--revision", plan.place.revision)
    if _needs_trust(plan):
        yield _TRUST
    if plan.forwards_tools and plan.request.value("--tool-call-parser") is None:
        yield from vllm_tool_words(tool_parser_of(plan))
    if not plan.request.value("--language-model-only", False):
        # Videos come as pictures, so that no memory need be kept for them.
        limits = {"image": MAX_PICTURES, "video": 0}
        yield from ("--limit-mm-per-prompt", json.dumps(limits))


def _remarks(plan: EnginePlan) -> Iterator[str]:
    if _needs_trust(plan):
        yield (
            f"{_TRUST} is added: vLLM needs the programs that come with {plan.request.model}, and"
            " runs them."
        )


def _needs_trust(plan: EnginePlan) -> bool:
    return plan.place.is_trusted and not plan.request.value(_TRUST, False)


def _check_programs(plan: EnginePlan) -> None:
    place = plan.place
    if not place.is_original or place.is_trusted:
        return
    if not place.has_programs:
        raise ModelError(
            f"{plan.request.model} lacks the programs without which vLLM cannot load its layout.",
            f"Convert it: shuowen models convert {plan.request.model} NEW-FOLDER --layout hf",
        )
    if not plan.request.value(_TRUST, False):
        raise UsageError(
            f"vLLM loads {plan.request.model} only by programs that come with it.",
            f"If you trust them, add {_TRUST}; else convert the folder: shuowen models convert"
            f" {plan.request.model} NEW-FOLDER --layout hf",
        )


def _template(plan: EnginePlan) -> TemplateChoice:
    value = plan.request.value(_TEMPLATE)
    return TemplateChoice() if value is None else vllm_template(value, plan.templates)


def _environment(plan: EnginePlan) -> dict[str, str]:
    level = plan.request.value("--log-level", "WARNING")
    found = {"VLLM_LOGGING_LEVEL": _LEVELS.get(level, level)}
    if plan.place.hub == "modelscope":
        found["VLLM_USE_MODELSCOPE"] = "True"
    return found


def _check_release(words: tuple[str, ...], plan: EnginePlan) -> None:
    for name, since in SINCE.items():
        if name in words and plan.version < version_of(since):
            raise UsageError(
                f"vLLM {_shown(plan)} has no {name}.",
                f"It came with {since}: update vLLM, or leave the flag out.",
            )


def _shown(plan: EnginePlan) -> str:
    return ".".join(map(str, plan.version))
