"""Plans of engines for tests of their command lines."""

from __future__ import annotations

import shlex
from pathlib import Path

from shuowen.launch.command import EnginePlan
from shuowen.launch.model_place import find_place
from shuowen.launch.parse import parse
from shuowen.launch.start import served_name_of
from shuowen.launch.version import version_of
from tests.launch.flag_cases import MODEL

PORT = 40001


def plan(words: str = "", version: str = "0.18.0", model: str = MODEL) -> EnginePlan:
    request = parse([model, *shlex.split(words)])
    return EnginePlan(
        request=request,
        place=find_place(model, request.value("--revision", "")),
        served_name=served_name_of(request),
        python=Path("python"),
        version=version_of(version),
        port=PORT,
        templates=Path("/templates"),
    )


def has_in_a_row(words: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return any(words[at : at + len(wanted)] == wanted for at in range(len(words)))


def flags_in(words: tuple[str, ...]) -> list[str]:
    return [word.partition("=")[0] for word in words if word.startswith("--")]
