"""The words of a command line as a request, the way LMDeploy takes them apart.

`_` and `-` are one in names of flags, names may be shortened as long as they are clear, `--flag=x`
is `--flag x`, `--flag.key=x` is a part of a flag that takes JSON, and some flags take several
values (lmdeploy/cli/utils.py, FlexibleArgumentParser, on Python's argparse). Words after `--` are
for the engine and not looked at here.
"""

from __future__ import annotations

import argparse
import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from shuowen.errors import UsageError
from shuowen.launch.flag import Flag
from shuowen.launch.flags import ALIASES, FLAGS, REMOVED
from shuowen.launch.treatment import Value

_HELP = "All flags: shuowen serve api_server --help"


@dataclass(frozen=True, kw_only=True)
class ApiServerRequest:
    """What somebody asked for.

    Attributes:
        model: A folder or a name on a hub.
        given: The flags that were given, by their full name.
        engine_words: What stands after `--`, for the engine.
    """

    model: str
    given: Mapping[str, Value] = field(repr=False)  # keys are among them
    engine_words: tuple[str, ...] = ()

    def value(self, name: str, otherwise: Any = None) -> Any:
        """What a flag was given; `otherwise` where it was not."""
        assert name in FLAGS, name
        return self.given.get(name, otherwise)


def parse(words: Sequence[str]) -> ApiServerRequest:
    """Take a command line apart, without the program and its subcommands.

    Raises:
        UsageError: A flag that there is not, a wrong value, or no model.
    """
    own, engine_words = _split(words)
    parser = _Parser(add_help=False, prog="shuowen serve api_server")
    parser.add_argument("model", nargs="?")
    for flag in FLAGS.values():
        _add(parser, flag)
    found, unknown = parser.parse_known_args(_joined(own))
    if unknown:
        raise _unknown(unknown[0])
    given = vars(found)
    model = given.pop("model", None)
    if not model:
        raise UsageError(
            "No model is named.",
            "Name it first: shuowen serve api_server OpenGVLab/InternVL3-1B-Instruct …",
        )
    values = {name: tuple(each) if isinstance(each, list) else each for name, each in given.items()}
    return ApiServerRequest(model=model, given=values, engine_words=engine_words)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """What argparse complains about, as an error of ours."""
        raise UsageError(f"{message[:1].upper()}{message[1:]}.", _HELP)


def _add(parser: argparse.ArgumentParser, flag: Flag) -> None:
    """Flags that were not given leave no trace, so that their defaults stay the engine's matter."""
    more: dict[str, Any] = {"dest": flag.name, "default": argparse.SUPPRESS}
    if flag.takes == "nothing":
        parser.add_argument(flag.name, action="store_true", **more)
        return
    if flag.choices:
        more["choices"] = [_type(flag)(each) for each in flag.choices]
    if flag.many:
        # Values stay words, for they are only handed on.
        parser.add_argument(flag.name, nargs=flag.many, type=_checked(flag), **more)
    else:
        parser.add_argument(flag.name, type=_type(flag), **more)


def _type(flag: Flag) -> Any:
    return {"whole number": int, "number": float, "JSON": json_object}.get(flag.takes, str)


def _checked(flag: Flag) -> Any:
    def word(text: str) -> str:
        _type(flag)(text)
        return text

    word.__name__ = _type(flag).__name__
    return word


def json_object(text: str) -> dict[str, Any]:
    """A JSON object; ValueError for anything else, which argparse puts in words."""
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _split(words: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    words = list(words)
    if "--" not in words:
        return words, ()
    at = words.index("--")
    return words[:at], tuple(words[at + 1 :])


def _joined(words: Sequence[str]) -> list[str]:
    """Names with dashes, and `--flag.key value` gathered into JSON at the end."""
    plain: list[str] = []
    nested: dict[str, dict[str, Any]] = {}
    rest = iter(words)
    for word in rest:
        name, mark, value = word.partition("=")
        if not word.startswith("--"):
            plain.append(word)
            continue
        flag, *keys = name.split(".")
        flag = flag.replace("_", "-")
        flag = ALIASES.get(flag, flag)
        if not keys:
            plain.append(flag + mark + value)
            continue
        text = value if mark else next(rest, None)
        if text is None or not all(keys):
            raise UsageError(f"{name} has no value.", f"Write it like {flag}.key=value.")
        _merge(nested.setdefault(flag, {}), _nested(keys, text))
    return [*plain, *(f"{flag}={json.dumps(value)}" for flag, value in nested.items())]


def _nested(keys: Sequence[str], text: str) -> dict[str, Any]:
    try:
        value: Any = json.loads(text)
    except ValueError:
        value = text
    for key in reversed(keys):
        value = {key: value}
    found: dict[str, Any] = value
    return found


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


def _unknown(word: str) -> UsageError:
    name = word.partition("=")[0]
    if name in REMOVED:
        return UsageError(f"LMDeploy no longer has the flag {name}.", REMOVED[name])
    if not name.startswith("-"):
        return UsageError(f"{word!r} stands alone: the model is named already.", _HELP)
    near = difflib.get_close_matches(name, FLAGS, n=1)
    advice = f"Did you mean {near[0]}?" if near else "Flags of the engine's own go after --."
    return UsageError(f"There is no flag {name}.", f"{advice} {_HELP}")
