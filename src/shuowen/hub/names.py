"""What people call a model: a folder, or the name of one here, on Hugging Face or ModelScope.

::

    shuowen-nano                              a model that is a part of this package
    ./my-model                                a folder on this machine
    OpenGVLab/InternVL3-1B-Instruct           Hugging Face
    hf:OpenGVLab/InternVL3-1B-Instruct        the same
    modelscope:OpenGVLab/InternVL3-1B         ModelScope
    OpenGVLab/InternVL3-1B@v1.0               a branch, tag or commit
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shuowen.errors import ModelError, UsageError
from shuowen.hub.catalogue import KNOWN_MODELS
from shuowen.hub.packaged import packaged_folder

HubName = Literal["hf", "modelscope"]

_PART = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?"
_NAME = re.compile(rf"(?:(hf|modelscope):)?({_PART}/{_PART})(?:@([A-Za-z0-9][\w.-]{{0,127}}))?")
_DOUBLED = re.compile(r"--|\.\.")  # neither hub has such names, and cache folders are built of them
_FORMS = (
    "Give a folder, or a name such as OpenGVLab/InternVL3-1B-Instruct; hf: or modelscope: may stand"
    " before it and @REVISION behind it. `shuowen models list` shows what there is."
)


@dataclass(frozen=True, kw_only=True)
class ModelName:
    """A model on a hub.

    Attributes:
        hub: Which hub.
        repo_id: Owner and name: "OpenGVLab/InternVL3-1B".
        revision: Branch, tag or commit; empty for the hub's own default.
    """

    hub: HubName
    repo_id: str
    revision: str = ""

    def __str__(self) -> str:
        prefix = "" if self.hub == "hf" else f"{self.hub}:"
        return prefix + self.repo_id + (f"@{self.revision}" if self.revision else "")


def parse_name(text: str) -> Path | ModelName:
    """The folder or the name that is meant; a folder that is there wins, then a model of ours.

    Raises:
        ModelError: It looks like a folder, and there is none.
        UsageError: It is neither; the nearest known model is named.
    """
    folder = _folder(text) or packaged_folder(text)
    if folder is not None:
        return folder
    match = _NAME.fullmatch(text)
    if match and not _DOUBLED.search(match[2]):
        hub: HubName = "modelscope" if match[1] == "modelscope" else "hf"
        return ModelName(hub=hub, repo_id=match[2], revision=match[3] or "")
    if _looks_like_a_path(text):
        raise ModelError(f"There is no folder {text}.", _FORMS)
    raise UsageError(f"{text!r} is no model. {_nearest(text)}".rstrip(), _FORMS)


def _folder(text: str) -> Path | None:
    try:
        folder = Path(text).expanduser()
        return folder if text and folder.is_dir() else None
    except (RuntimeError, ValueError):  # ~nobody; a zero byte
        return None


def _looks_like_a_path(text: str) -> bool:
    return text.startswith((".", "/", "~")) or "\\" in text or text.count("/") > 1


def _nearest(text: str) -> str:
    by_end = {model.name.rpartition("/")[2].lower(): model.name for model in KNOWN_MODELS}
    near = difflib.get_close_matches(text.rpartition("/")[2].lower(), by_end, n=1)
    return f"Did you mean {by_end[near[0]]}?" if near else ""
