"""Option values of `shuowen chat`, from text and files to records."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from shuowen.engines.load import is_url
from shuowen.errors import InputError, UsageError
from shuowen.generation.juries import JURIES
from shuowen.generation.params import DEFAULT_CRITIC, Constraint, JsonSchema, Regex, SamplingParams
from shuowen.prompt.messages import Tool
from shuowen.prompt.options import POSITION_STEPS
from shuowen.source.model import readable

NAMED_CRITICS = (DEFAULT_CRITIC, *JURIES, "prm", "orm")
"""Critics by name; every other is the folder or name of a model."""

_MAX_FILE_BYTES = 4 * 1024**2
_TOOL_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class PositionStep(click.ParamType):  # type: ignore[type-arg]  # generic in new versions only
    """How far a visual token advances the position: "1", "1/4" or "auto"."""

    name = "step"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | str:
        """The step as a number; fails with those that there are."""
        if value == "auto" or isinstance(value, float):
            return str(value) if value == "auto" else float(value)
        try:
            step = float(Fraction(value))
        except (ValueError, ZeroDivisionError):
            step = 0.0
        if step not in POSITION_STEPS:
            self.fail(f"{value!r} is no step. Choose 1, 1/2, 1/4 … 1/256 or auto.", param, ctx)
        return step


class ExtraField(click.ParamType):  # type: ignore[type-arg]  # as above
    """A field for a server, NAME=JSON; what is no JSON counts as text."""

    name = "field"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Any]:
        """Name and value; fails without a name."""
        if isinstance(value, tuple):
            return value[0], value[1]
        name, mark, text = value.partition("=")
        if not name or not mark:
            self.fail(f"{value!r} is no field. Write it like top_k=50.", param, ctx)
        try:
            return name, json.loads(text)
        except ValueError:
            return name, text


def sampling_from(values: Mapping[str, Any], constraint: Constraint | None) -> SamplingParams:
    """The options that have the name of a field, where they were given; raises `UsageError`."""
    names = [each.name for each in fields(SamplingParams)]
    chosen = {name: values[name] for name in names if values.get(name) is not None}
    return SamplingParams(**chosen, constraint=constraint)


def critic_from(values: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Who chooses among several answers: a critic's name, or the folder or name of a model.

    Raises:
        UsageError: There is nothing to choose among, or the model would have to run elsewhere.
    """
    critic = values["critic"]
    if critic is None:
        return None, None
    if (values["best_of"] or 1) == 1:
        raise UsageError("--critic chooses among several answers.", "Add --best-of 8.")
    if critic in NAMED_CRITICS:
        return critic, None
    if is_url(values["model"]):
        raise UsageError(
            f"--critic {critic} is a model to run beside one that runs here.",
            f"Choose one of: {', '.join(NAMED_CRITICS)}.",
        )
    return None, critic


def constraint_from(schema: Path | None, pattern: str | None) -> Constraint | None:
    """What the answer must look like; raises `UsageError` for two at once or a broken file."""
    if schema is not None and pattern is not None:
        raise UsageError("--json-schema and --regex exclude each other.", "Choose one.")
    if schema is not None:
        found = _json_file(schema)
        if not isinstance(found, dict):
            raise UsageError(f"{schema} holds no JSON Schema.", 'Begin it with {"type": …}.')
        return JsonSchema(found)
    return None if pattern is None else Regex(pattern)


def tools_from(path: Path | None) -> tuple[Tool, ...]:
    """The tools that a JSON file lists, bare or as the OpenAI API has them.

    Raises:
        UsageError: It holds something else.
    """
    if path is None:
        return ()
    found = _json_file(path)
    listed = found if isinstance(found, list) else [found]
    tools = tuple(_tool(each, path) for each in listed)
    names = [tool.name for tool in tools]
    if len(set(names)) < len(names):
        raise UsageError(f"{path} has two tools of one name.", "Rename one.")
    return tools


def prompt_from_stdin() -> str:
    """All of standard input as text; raises `UsageError` when it is no text or too long."""
    with readable("stdin"):
        data = sys.stdin.buffer.read(_MAX_FILE_BYTES + 1)
    text = _decoded(data, "Standard input").strip()
    if not text:
        raise UsageError("Standard input is empty.", "Pipe a question in, or give a PROMPT.")
    return text


def _tool(entry: Any, path: Path) -> Tool:
    body = entry.get("function", entry) if isinstance(entry, dict) else {}
    name = body.get("name") if isinstance(body, dict) else None
    if not isinstance(name, str) or not _TOOL_NAME.fullmatch(name):
        raise UsageError(
            f"{path} holds something that is no tool.",
            'A tool is {"name": "…", "description": "…", "parameters": {…}}.',
        )
    description, parameters = body.get("description", ""), body.get("parameters", {})
    if not isinstance(description, str) or not isinstance(parameters, dict):
        raise UsageError(
            f"The tool {name} in {path} has a description or parameters of the wrong kind.",
            "The description is text, the parameters are a JSON Schema.",
        )
    return Tool(name=name, description=description, parameters=parameters)


def _json_file(path: Path) -> Any:
    with readable(str(path)), path.open("rb") as file:
        data = file.read(_MAX_FILE_BYTES + 1)
    text = _decoded(data, str(path))
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON: {error}.", "Mend the file.") from error


def _decoded(data: bytes, name: str) -> str:
    if len(data) > _MAX_FILE_BYTES:
        raise UsageError(f"{name} is larger than {_MAX_FILE_BYTES} bytes.", "Make it shorter.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is no UTF-8 text.", "Convert it to UTF-8.") from error
