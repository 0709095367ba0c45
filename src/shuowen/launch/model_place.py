"""What the named model is for an engine: where it lies, what it is called, whose programs it needs.

Names are ours (`hub/names.py`); engines want a name without a hub and the revision as a flag.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from shuowen.errors import ModelError, UsageError
from shuowen.hub.catalogue import known_model
from shuowen.hub.names import HubName, parse_name

_QWEN_SIZES = re.compile(r"InternVL3-(?:1|2|8|14|38|78)B(?:-|$)")
"""InternVL3 with a language model of the Qwen2.5 family; 9B's is InternLM3."""
_ORIGINAL = "InternVLChatModel"


@dataclass(frozen=True, kw_only=True)
class ModelPlace:
    """A model as an engine is told of it.

    Attributes:
        name: The folder's whole path, or owner and name.
        revision: Branch, tag or commit; empty for the default.
        hub: Where a name is looked up; None for a folder.
        is_original: Whether it is known to have InternVL's own layout, which some engines can only
            load by programs that come with it.
        has_programs: Whether they are there: a name's are on its hub, a folder may lack them.
        is_trusted: Whether it is one of OpenGVLab's own, on whose programs LMDeploy relied unasked
            until 0.13.
        writes_qwen_calls: Whether it calls tools as Qwen2.5 does.
    """

    name: str
    revision: str = ""
    hub: HubName | None = None
    is_original: bool = False
    has_programs: bool = True
    is_trusted: bool = False
    writes_qwen_calls: bool = False


def find_place(model: str, revision: str = "") -> ModelPlace:
    """What `model` stands for; nothing is sent.

    Raises:
        UsageError: It is neither a folder nor a name, or `revision` does not fit it.
        ModelError: It looks like a folder and is none, or is none of a model.
    """
    named = parse_name(model)
    if isinstance(named, Path):
        if revision:
            raise UsageError(f"{model} is a folder, which has no --revision.", "Leave it out.")
        return _folder(named.resolve())
    if revision and named.revision and revision != named.revision:
        raise UsageError(
            f"{model} names the revision {named.revision}, and --revision another.",
            "Leave one of them out.",
        )
    known = known_model(named.repo_id)
    is_original = known is not None and known.layout == "original"
    return ModelPlace(
        name=named.repo_id,
        revision=revision or named.revision,
        hub=named.hub,
        is_original=is_original,
        is_trusted=is_original,
        writes_qwen_calls=_QWEN_SIZES.search(named.repo_id) is not None,
    )


def _folder(folder: Path) -> ModelPlace:
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        language = config.get("llm_config") or config.get("text_config") or {}
        family = str(language.get("model_type", ""))
    except FileNotFoundError as error:
        raise ModelError(
            f"{folder} holds no config.json, so it is no model.", "Name the model's own folder."
        ) from error
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(f"{path} cannot be read.", "Download the model again.") from error
    return ModelPlace(
        name=str(folder),
        is_original=config.get("architectures") == [_ORIGINAL],
        has_programs=any(folder.glob("*.py")),
        writes_qwen_calls=family.startswith("qwen2"),
    )
