"""Recipes by name, and single settings of one changed by text, as the command line gives them."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from types import NoneType, UnionType
from typing import Any, Literal

from shuowen.errors import UsageError
from shuowen.model.config import ModelConfig
from shuowen.train import recipe as recipe_module
from shuowen.train.options import OptimiserOptions
from shuowen.train.packing import PackingOptions
from shuowen.train.recipe import Adapter, MadeData, Recipe, StageName

_NAMES = {
    **vars(recipe_module),
    "OptimiserOptions": OptimiserOptions,
    "PackingOptions": PackingOptions,
}
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_FIXED = ("name", "about", "stage")
_KINDS = {"lora": Adapter(kind="lora"), "dora": Adapter(kind="dora")}
_OTHER_LENGTH = {"num_steps": "num_epochs", "num_epochs": "num_steps"}


def recipe_named(
    name: str, recipes: Mapping[str, Recipe], stage: StageName | None = None
) -> Recipe:
    """The recipe of that name.

    Args:
        name: As `shuowen train recipes` lists it.
        recipes: All that there are.
        stage: The stage that it must be for; None: any.

    Raises:
        UsageError: There is none, or it is for another stage; names the nearest.
    """
    found = recipes.get(name)
    if found is None:
        known = [each for each in recipes if stage in (None, recipes[each].stage)]
        raise UsageError(
            f"There is no recipe {name!r}.",
            f"{_nearest(name, known)}List them: shuowen train recipes",
        )
    if stage not in (None, found.stage):
        raise UsageError(
            f"The recipe {name} is for the stage {found.stage}, not {stage}.",
            f"Run: shuowen train {found.stage} {name}",
        )
    return found


def with_settings(recipe: Recipe, texts: Iterable[str]) -> Recipe:
    """The recipe with some settings changed.

    Args:
        recipe: To start from.
        texts: Of the form "packs_per_step=8", "optimiser.lr=1e-5", "trainable=lora",
            "trainable.rank=16", "data.meta_files=a.json,b.json"; the last of one key counts.

    Raises:
        UsageError: A key that there is not (names the nearest), or a value that it does not take.
    """
    changes: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise UsageError(
                f"--set {text!r} is no setting.", "Write KEY=VALUE, as in --set packs_per_step=8."
            )
        _place(changes, key.strip(), value.strip())
    return _changed(recipe, changes, "")


def settings_of(value: object, prefix: str = "") -> Iterator[tuple[str, str]]:
    """All settings of a recipe as key and text, the way `with_settings` takes them."""
    for each in fields(value):  # type: ignore[arg-type]  # only called with dataclasses
        inner, key = getattr(value, each.name), f"{prefix}{each.name}"
        if key in _FIXED:
            continue
        if isinstance(inner, Adapter):
            yield key, inner.kind
        if is_dataclass(inner) and not isinstance(inner, ModelConfig):
            yield from settings_of(inner, f"{key}.")
        else:
            yield key, _shown(inner)


def _place(changes: dict[str, Any], key: str, value: str) -> None:
    """Note a change in a tree: {"optimiser": {"lr": "1e-5"}}; "" is a branch's own value."""
    *path, last = key.split(".")
    for name in path:
        if not isinstance(changes.get(name), dict):
            changes[name] = {"": changes[name]} if name in changes else {}
        changes = changes[name]
    if isinstance(changes.get(last), dict):
        changes[last][""] = value
    else:
        changes[last] = value


def _changed(owner: Any, changes: dict[str, Any], prefix: str) -> Any:
    hints = typing.get_type_hints(type(owner), localns=_NAMES)
    values: dict[str, Any] = {}
    for name, change in changes.items():
        key = f"{prefix}{name}"
        if name not in hints or key in _FIXED:
            names = [f"{prefix}{each}" for each in hints if f"{prefix}{each}" not in _FIXED]
            raise UsageError(
                f"The recipe has no setting {key!r}.",
                f"{_nearest(key, names)}There are: {', '.join(names)}.",
            )
        values[name] = _new_value(getattr(owner, name), hints[name], change, key)
        if other := _OTHER_LENGTH.get(key):
            values.setdefault(other, None)
    return replace(owner, **values)


def _new_value(old: Any, hint: Any, change: Any, key: str) -> Any:
    if isinstance(change, str):
        return _parsed(hint, change, key)
    if "" in change:
        old = _parsed(hint, change.pop(""), key)
    if not is_dataclass(old):
        inside = ", ".join(f"{key}.{each}" for each in change)
        hint_text = "Set trainable=lora before." if key == "trainable" else f"Set {key} itself."
        raise UsageError(f"{inside} cannot be set, as {key} is {_shown(old)}.", hint_text)
    return _changed(old, change, f"{key}.")


def _parsed(hint: Any, text: str, key: str) -> Any:
    """The value that a text stands for, by the setting's type."""
    kinds = _members(hint)
    if Adapter in kinds and text in _KINDS:
        return _KINDS[text]
    for kind in kinds:
        try:
            return _as(kind, text)
        except (ValueError, KeyError):
            continue
    raise UsageError(f"{key} cannot be {text!r}.", f"Give {_wanted(kinds)}.")


def _members(hint: Any) -> list[Any]:
    """The types of a union, text last, so that "8" is no text where it can be a number."""
    is_union = typing.get_origin(hint) in (UnionType, typing.Union)
    kinds = list(typing.get_args(hint)) if is_union else [hint]
    return sorted(kinds, key=lambda kind: kind is str)


def _as(kind: Any, text: str) -> Any:
    if kind is NoneType:
        return {"none": None}[text.lower()]
    if kind is bool:
        return _TRUTHS[text.lower()]
    if kind in (int, float, str):
        return kind(text)
    if kind is MadeData:
        return MadeData(name=text)
    if typing.get_origin(kind) is Literal:
        return {str(each): each for each in typing.get_args(kind)}[text]
    if typing.get_origin(kind) is tuple:
        return _as_tuple(typing.get_args(kind), text)
    raise ValueError(text)


def _as_tuple(kinds: tuple[Any, ...], text: str) -> tuple[Any, ...]:
    parts = [each.strip() for each in text.split(",") if each.strip()]
    each_kind = [kinds[0]] * len(parts) if kinds[1:] == (...,) else list(kinds)
    return tuple(_as(kind, part) for kind, part in zip(each_kind, parts, strict=True))


def _wanted(kinds: list[Any]) -> str:
    words: list[str] = []
    for kind in kinds:
        if typing.get_origin(kind) is Literal:
            words += map(str, typing.get_args(kind))
        elif kind is Adapter:
            words += _KINDS
        else:
            words.append(_KIND_WORDS.get(kind, "values with commas between them"))
    return " or ".join(words)


_KIND_WORDS: dict[Any, str] = {
    NoneType: "none",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
}


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(_shown, value))
    if isinstance(value, MadeData):
        options = ", ".join(f"{name} {option}" for name, option in value.options.items())
        return f"{value.name} ({options})" if options else value.name
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


def _nearest(name: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    return f"Did you mean {near[0]}? " if near else ""
