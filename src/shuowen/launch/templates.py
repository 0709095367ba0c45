"""The chat template `internvl2_5` for engines that no longer have it, or never had.

LMDeploy had it built in up to 0.9; 0.10 and 0.11 put the tokenizer's template in its place, and
from 0.12 on its name is an error. The tokenizer's template is not always the same: some revisions
of the models carry Qwen's system prompt, with which they read worse (OpenGVLab/InternVL#1094,
vllm-project/vllm#23988). So the template is written out as a file that says the same as before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shuowen.errors import UsageError
from shuowen.launch.version import Version
from shuowen.prompt.template import SYSTEM_PROMPT

ALIAS = "internvl2_5"
LMDEPLOY_FILE, VLLM_FILE = "internvl2_5.lmdeploy.json", "internvl2_5.jinja"
_NO_LONGER_BUILT_IN = (0, 10, 0)
_OWN = "hf"
"""LMDeploy's name for the tokenizer's own template."""


@dataclass(frozen=True, kw_only=True)
class TemplateChoice:
    """How an engine is told its template.

    Attributes:
        words: For its command line.
        files: Files that must be there when it starts, with their text.
        told: What the person should know; may be empty.
    """

    words: tuple[str, ...] = ()
    files: Mapping[Path, str] = field(default_factory=dict)
    told: str = ""


def lmdeploy_template(
    value: str, version: Version, folder: Path, *, forwards_tools: bool
) -> TemplateChoice:
    """LMDeploy's `--chat-template`, where `value` may be the alias.

    Args:
        value: What was asked for: a name of LMDeploy's, a JSON file of its form, or the alias.
        version: Of LMDeploy.
        folder: Where a template may be written.
        forwards_tools: Whether tools of requests go to the engine.

    Raises:
        UsageError: A Jinja file, which LMDeploy does not read.
    """
    if value.endswith((".jinja", ".jinja2", ".j2")):
        raise UsageError(
            "LMDeploy does not read Jinja files as --chat-template.",
            "Put it into the model's tokenizer_config.json, or use --backend vllm.",
        )
    if value != ALIAS or version < _NO_LONGER_BUILT_IN:
        return TemplateChoice(words=("--chat-template", value))
    if forwards_tools:
        return TemplateChoice(
            told=f"--chat-template {ALIAS} is left out: LMDeploy no longer has it, and the same"
            " words in a file would not tell the model of tools; the tokenizer's own one is used."
        )
    file = folder / LMDEPLOY_FILE
    return TemplateChoice(
        words=("--chat-template", str(file)),
        files={file: lmdeploy_file()},
        told=f"--chat-template {ALIAS}: LMDeploy no longer has it, so it is given as a file with"
        " the same words.",
    )


def vllm_template(value: str, folder: Path) -> TemplateChoice:
    """vLLM's `--chat-template`; raises `UsageError` for a template that only LMDeploy has."""
    if value == _OWN:
        return TemplateChoice()
    if value == ALIAS:
        file = folder / VLLM_FILE
        return TemplateChoice(
            words=("--chat-template", str(file)),
            files={file: vllm_file()},
            told=f"--chat-template {ALIAS} is given to vLLM as a file with the same words.",
        )
    if value.endswith(".json") or not Path(value).is_file():
        raise UsageError(
            f"--chat-template {value} is a template of LMDeploy's, which vLLM does not have.",
            f"Choose {ALIAS}, {_OWN} (the tokenizer's own), or a Jinja file.",
        )
    return TemplateChoice(words=("--chat-template", value))


def lmdeploy_file() -> str:
    """The template as LMDeploy's JSON (lmdeploy/model.py, ChatTemplateConfig)."""
    # Under its old name, 0.10 and 0.11 would put the tokenizer's template in its place.
    return json.dumps(
        {
            "model_name": f"shuowen-{ALIAS}",
            "system": "<|im_start|>system\n",
            "meta_instruction": SYSTEM_PROMPT,
            "eosys": "<|im_end|>\n",
            "user": "<|im_start|>user\n",
            "eoh": "<|im_end|>\n",
            "assistant": "<|im_start|>assistant\n",
            "eoa": "<|im_end|>",
            "separator": "\n",
            "tool": "<|im_start|>user\n<tool_response>\n",
            "eotool": "\n</tool_response><|im_end|>\n",
            "stop_words": ["<|im_end|>", "<|action_end|>"],
        },
        ensure_ascii=False,
        indent=2,
    )


def vllm_file() -> str:
    """The template as Jinja, tools included; vLLM puts pictures into the content itself."""
    text = (Path(__file__).parent / VLLM_FILE).read_text(encoding="utf-8")
    return text.replace("SYSTEM_PROMPT", SYSTEM_PROMPT)
