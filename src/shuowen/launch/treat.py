"""All flags of a request, carried out for one engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shuowen.launch.flag import EngineName
from shuowen.launch.flags import FLAGS
from shuowen.launch.parse import ApiServerRequest
from shuowen.launch.treatment import Outcome, words_of


@dataclass(frozen=True, kw_only=True)
class Treated:
    """What the flags come to.

    Attributes:
        words: For the engine's command line.
        environment: Variables for the engine.
        options: Fields of our own engine's options.
        told: What the person should know, sentence by sentence.
    """

    words: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    told: tuple[str, ...] = ()


def treat(
    request: ApiServerRequest, engine: EngineName, done: Mapping[str, Outcome] | None = None
) -> Treated:
    """Carry out every flag that was given.

    Args:
        request: The flags.
        engine: For which engine.
        done: Flags that somebody else has carried out already, with what they come to.

    Raises:
        UsageError: The engine cannot do what a flag says.
    """
    done = done or {}
    outcomes = {
        name: flag.treatment(engine).apply(name, request.given[name])
        for name, flag in FLAGS.items()
        if name in request.given and name not in done
    }
    every = [*outcomes.values(), *done.values()]
    merged: dict[str, dict[str, Any]] = {}
    for outcome in every:
        for name, part in outcome.merged.items():
            merged.setdefault(name, {}).update(part)
    joined = [word for name, value in merged.items() for word in words_of(name, value)]
    return Treated(
        words=(*(word for outcome in every for word in outcome.words), *joined),
        environment={key: each.environment[key] for each in every for key in each.environment},
        options={key: each.options[key] for each in every for key in each.options},
        told=tuple(outcome.told for outcome in every if outcome.told),
    )
