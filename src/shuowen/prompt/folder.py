"""What a model folder says about its chat template, and what we make of it."""

from __future__ import annotations

from pathlib import Path

from shuowen.errors import ModelError
from shuowen.prompt.tokenizer_files import read_json

_OUR_MARK = "书生·万象"  # of the system prompt that the model was trained with
_QWEN_MARK = "You are Qwen"


def template_notices(folder: Path) -> tuple[str, ...]:
    """A sentence for each file of the folder whose chat template is not the model's.

    Folders of InternVL3 were published with Qwen's template, whose system prompt costs accuracy
    (OpenGVLab/InternVL#1094, #1170, vllm-project/vllm#23988); `-hf` folders have one without any
    system prompt. `internvl2_5` is used whatever the folder says.
    """
    templates = {
        "tokenizer_config.json": read_json(folder / "tokenizer_config.json").get("chat_template"),
        "chat_template.json": read_json(folder / "chat_template.json").get("chat_template"),
        "chat_template.jinja": _text(folder / "chat_template.jinja"),
    }
    return tuple(
        f"{name} of {folder.name} has {_name(str(template))}; the model was trained with"
        " internvl2_5, which is used instead."
        for name, template in templates.items()
        if template and _OUR_MARK not in str(template)
    )


def _name(template: str) -> str:
    return "Qwen's chat template" if _QWEN_MARK in template else "another chat template"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") if path.is_file() else ""
    except ValueError as error:
        raise ModelError(f"{path} is damaged.", "Download the folder again.") from error
