"""Flags about the model: where it comes from, how it is addressed and how answers are taken apart.

Names of parsers: LMDeploy 0.18 serve/parsers; vLLM 0.32 tool_parsers/__init__.py and
reasoning/__init__.py. InternVL3's language models are Qwen2.5, whose form of tool calls LMDeploy
calls qwen2d5 and vLLM hermes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shuowen.errors import UsageError
from shuowen.launch.flag import Flag
from shuowen.launch.treatment import (
    Converted,
    Needless,
    Ours,
    Outcome,
    Passed,
    Refused,
    words_of,
)

VLLM_TOOL_PARSERS = {
    "deepseek-v32": "deepseek_v32",
    "deepseek-v4": "deepseek_v4",
    "glm47": "glm47",
    "internlm": "internlm",
    "kimi_k2": "kimi_k2",
    "kimi-k2": "kimi_k2",
    "llama3": "llama3_json",
    "qwen": "hermes",
    "qwen2d5": "hermes",
    "qwen3": "hermes",
    "qwen3coder": "qwen3_coder",
}
VLLM_REASONING_PARSERS = {
    "deepseek-r1": "deepseek_r1",
    "deepseek-v3": "deepseek_v3",
    "deepseek-v4": "deepseek_v4",
    "qwen-qwq": "deepseek_r1",
}
_OUR_TEMPLATE = "internvl2_5"


def vllm_tool_words(parser: str) -> tuple[str, ...]:
    """The flags that let vLLM answer with tool calls, by LMDeploy's name of the parser."""
    named = _vllm_parser("--tool-call-parser", parser, VLLM_TOOL_PARSERS)
    return ("--enable-auto-tool-choice", "--tool-call-parser", named)


def _tool_parser(name: str, value: Any) -> Outcome:
    return Outcome(words=vllm_tool_words(value))


def _reasoning_parser(name: str, value: Any) -> Outcome:
    return Outcome(words=(name, _vllm_parser(name, value, VLLM_REASONING_PARSERS)))


def _vllm_parser(flag: str, value: str, known: Mapping[str, str]) -> str:
    if value in known:
        return known[value]
    if value in known.values():
        return value
    raise UsageError(
        f"vLLM has nothing like LMDeploy's {flag} {value}.",
        f"Choose one of {', '.join(known)}; or name one of vLLM's own after --.",
    )


def _generation_config(name: str, value: Any) -> Outcome:
    return Outcome(words=words_of(name, "vllm" if value == "lmdeploy" else value))


def _template_here(name: str, value: Any) -> Outcome:
    if value == _OUR_TEMPLATE:
        return Outcome()
    raise UsageError(
        f"--chat-template {value} is not supported here: a model that runs in Shuowen itself is"
        f" always asked by {_OUR_TEMPLATE}, which it was trained with.",
        "Leave it out.",
    )


def _revision_here(name: str, value: Any) -> Outcome:
    return Outcome(options={"revision": value})


MODEL_FLAGS = (
    Flag(
        name="--backend",
        group="Model",
        says="Which engine answers; shuowen is the one in this program, for one machine",
        lmdeploy=Passed(),
        vllm=Ours(),
        here=Ours(),
        choices=("pytorch", "turbomind", "vllm", "shuowen"),
        default="turbomind",
    ),
    Flag(
        name="--trust-remote-code",
        group="Model",
        says="Let programs run that come with the model",
        lmdeploy=Passed("set by itself for OpenGVLab's models, as before LMDeploy 0.13"),
        vllm=Passed("set by itself for OpenGVLab's models"),
        here=Needless("no program of a model is ever run"),
        takes="nothing",
        since="0.13.0",
    ),
    Flag(
        name="--chat-template",
        group="Model",
        says="How messages become a prompt: a built-in name, or a file",
        lmdeploy=Passed(
            "internvl2_5, which LMDeploy no longer has, is written out as a file of the same words"
        ),
        vllm=Passed("internvl2_5 is written out as a Jinja file of the same words"),
        here=Converted("internvl2_5", _template_here, "the only one"),
    ),
    Flag(
        name="--tool-call-parser",
        group="Model",
        says="How calls of tools are found in answers; also hands tools of requests to the engine",
        lmdeploy=Passed("qwen2d5 fits InternVL3"),
        vllm=Converted("`--tool-call-parser`", _tool_parser, "by vLLM's names: qwen2d5 is hermes"),
        here=Needless("calls are found in the form that InternVL3 writes"),
    ),
    Flag(
        name="--reasoning-parser",
        group="Model",
        says="How thoughts are told from answers",
        lmdeploy=Passed(),
        vllm=Converted("`--reasoning-parser`", _reasoning_parser, "by vLLM's names"),
        here=Refused("InternVL3 does not mark its thoughts"),
    ),
    Flag(
        name="--revision",
        group="Model",
        says="Branch, tag or commit of the model",
        lmdeploy=Passed(),
        vllm=Passed(),
        here=Converted("`MODEL@REVISION`", _revision_here),
    ),
    Flag(
        name="--download-dir",
        group="Model",
        says="Folder for downloaded models",
        lmdeploy=Passed(),
        vllm=Passed(),
        here=Refused(
            "models are kept in the cache that other programs share", "Set HF_HUB_CACHE instead."
        ),
    ),
    Flag(
        name="--generation-config",
        group="Model",
        says="Where defaults for sampling come from: auto, lmdeploy (none), or a folder",
        lmdeploy=Passed(),
        vllm=Converted("`--generation-config`", _generation_config, "lmdeploy is called vllm"),
        here=Refused(
            "requests say how to sample, and what they leave out has fixed defaults",
            unless=("auto", "lmdeploy"),
        ),
        default="auto",
        since="0.15.0",
    ),
    Flag(
        name="--vision-max-batch-size",
        group="Model",
        says="Pictures that are looked at together",
        lmdeploy=Passed(),
        vllm=Needless("vLLM batches pictures by itself"),
        here=Needless("tiles are batched by the memory there is"),
        takes="whole number",
        default="1",
    ),
)
