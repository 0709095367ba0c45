"""A flag of `shuowen serve api_server`: what it takes, and what becomes of it on each engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from shuowen.launch.treatment import Treatment

Takes = Literal["nothing", "text", "whole number", "number", "JSON"]
Group = Literal[
    "Shuowen", "Server", "Model", "Engine", "PyTorch engine", "TurboMind engine", "Speculation"
]
EngineName = Literal["lmdeploy", "vllm", "here"]
"""LMDeploy and vLLM as child processes; here: the model, or the embedded reader, in this one."""

ENGINE_TITLES: Mapping[EngineName, str] = MappingProxyType(
    {"lmdeploy": "LMDeploy", "vllm": "vLLM", "here": "Shuowen itself"}
)


@dataclass(frozen=True, kw_only=True)
class Flag:
    """A flag.

    Attributes:
        name: With its dashes: "--server-port".
        group: Under which heading help shows it.
        says: What it does, a sentence without its full stop.
        lmdeploy, vllm, here: What becomes of it on each engine.
        takes: What its value is.
        many: "+" for at least one value, "*" for any number, empty for exactly one.
        choices: The only values there are; empty for any.
        default: What holds without it, for help; empty where that goes without saying.
        since: The release of LMDeploy that brought it; empty for older than all we support.
    """

    name: str
    group: Group
    says: str
    lmdeploy: Treatment
    vllm: Treatment
    here: Treatment
    takes: Takes = "text"
    many: Literal["", "+", "*"] = ""
    choices: tuple[str, ...] = ()
    default: str = ""
    since: str = ""

    def treatment(self, engine: EngineName) -> Treatment:
        """What becomes of it on an engine."""
        return {"lmdeploy": self.lmdeploy, "vllm": self.vllm, "here": self.here}[engine]

    @property
    def usage(self) -> str:
        """How it is written: "--tp N"."""
        if self.takes == "nothing":
            return self.name
        if self.choices:
            value = "|".join(self.choices)
        else:
            value = {"whole number": "N", "number": "X", "JSON": "JSON"}.get(self.takes, "TEXT")
        forms = {"": value, "+": f"{value} …", "*": f"[{value} …]"}
        return f"{self.name} {forms[self.many]}"
