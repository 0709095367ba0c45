"""What an engine's command line is made from, and what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shuowen.errors import UsageError
from shuowen.launch.model_place import ModelPlace
from shuowen.launch.parse import ApiServerRequest
from shuowen.launch.version import Version

LOOPBACK = "127.0.0.1"
INTERNVL_TOOL_PARSER = "qwen2d5"

_OURS_ALONE = frozenset(
    ("--host", "--port", "--uds", "--root-path", "--config", "--middleware", "--headless")
    + ("--server-name", "--server-port", "--proxy-url", "--model-name", "--served-model-name")
    + ("--api-key", "--api-keys", "--ssl", "--ssl-keyfile", "--ssl-certfile", "--ssl-ca-certs")
    + (
        "--allowed-local-media-path",
        "--allow-terminate-by-client",
        "--grpc",
        "--enable-ssl-refresh",
    )
)
"""What would take the engine out of our hands, or let strangers read this machine's files."""

SILENT = {"DO_NOT_TRACK": "1", "VLLM_NO_USAGE_STATS": "1", "RAY_USAGE_STATS_ENABLED": "0"}
"""No engine tells its makers that it is used."""


@dataclass(frozen=True, kw_only=True)
class EnginePlan:
    """An engine that is to run as a child.

    Attributes:
        request: What was asked for.
        place: The model.
        served_name: What requests call it.
        python: The Python that has the engine.
        version: The engine's release.
        port: Where it is to listen, on loopback.
        templates: Folder in which chat templates may be written.
    """

    request: ApiServerRequest
    place: ModelPlace
    served_name: str
    python: Path
    version: Version
    port: int
    templates: Path

    @property
    def node_rank(self) -> int:
        """Which of the machines that share the model this is."""
        return int(self.request.value("--node-rank", 0))

    @property
    def forwards_tools(self) -> bool:
        """Whether tools of requests go to the engine."""
        policy = self.request.value("--tools", "auto")
        has_parser = self.request.value("--tool-call-parser") is not None
        return policy == "forward" or (policy == "auto" and has_parser)


@dataclass(frozen=True, kw_only=True)
class EngineCommand:
    """How an engine is started.

    Attributes:
        words: The command line.
        environment: Variables besides those that this program has.
        key_variable: The variable by which it gets its key, so that no list of processes shows it.
        files: Files that must be there first, with their text.
        told: What the person should know, sentence by sentence.
    """

    words: tuple[str, ...]
    environment: Mapping[str, str]
    key_variable: str
    files: Mapping[Path, str] = field(default_factory=dict)
    told: tuple[str, ...] = ()


def tool_parser_of(plan: EnginePlan) -> str:
    """LMDeploy's name of the parser for calls of tools; raises `UsageError` where none is known."""
    given = plan.request.value("--tool-call-parser")
    if given is not None:
        return str(given)
    if plan.place.writes_qwen_calls:
        return INTERNVL_TOOL_PARSER
    raise UsageError(
        f"It is not known how {plan.request.model} writes calls of tools.",
        "Name the form with --tool-call-parser.",
    )


def check_engine_words(words: Sequence[str]) -> None:
    """Raise `UsageError` for a word after `--` that is not for a person to say."""
    for word in words:
        name = word.partition("=")[0].replace("_", "-")
        if name in _OURS_ALONE:
            raise UsageError(
                f"{name} cannot be handed to the engine: only this server may speak to it.",
                "See `shuowen serve api_server --help` for the server's own flags.",
            )
