"""Every flag of `shuowen serve api_server`: those of LMDeploy 0.18, and Shuowen's own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from shuowen.launch.flag import Flag
from shuowen.launch.flags_engine import ENGINE_FLAGS
from shuowen.launch.flags_model import MODEL_FLAGS
from shuowen.launch.flags_pytorch import PYTORCH_FLAGS
from shuowen.launch.flags_server import SERVER_FLAGS
from shuowen.launch.flags_turbomind import TURBOMIND_FLAGS
from shuowen.launch.treatment import Ours

FALLBACKS = ("auto", "reader", "none")
STARTUP_SECONDS = 3600


def _own(name: str, says: str, **more: Any) -> Flag:
    done = Ours()
    return Flag(name=name, group="Shuowen", says=says, lmdeploy=done, vllm=done, here=done, **more)


OWN_FLAGS = (
    _own(
        "--dry-run",
        "Print what would run and what becomes of every flag, and start nothing",
        takes="nothing",
    ),
    _own(
        "--fallback",
        "What answers where the engine cannot run: auto (the model in Shuowen itself if it is"
        " there, else the embedded reader), reader, or none (an error)",
        choices=FALLBACKS,
        default="auto",
    ),
    _own(
        "--engine-python",
        "Python of the environment that holds LMDeploy or vLLM",
        default="SHUOWEN_LMDEPLOY_PYTHON or SHUOWEN_VLLM_PYTHON, else it is looked for",
    ),
    _own(
        "--install-engine",
        "First install the engine into an environment of its own: several gigabytes",
        takes="nothing",
    ),
    _own(
        "--startup-seconds",
        "How long the engine may take to load, downloads included",
        takes="whole number",
        default=str(STARTUP_SECONDS),
    ),
    _own(
        "--tools",
        "Tools in requests: auto (to the engine if --tool-call-parser is given, else ignored),"
        " ignore, forward or reject",
        choices=("auto", "ignore", "forward", "reject"),
        default="auto",
    ),
    _own("--keys", "File of hashed keys, made by `shuowen keys add`"),
    _own("--data-dir", "Folder for documents that were handed in"),
    _own("--media-dir", "The one folder that file:// addresses of pictures may name"),
)

FLAGS: Mapping[str, Flag] = MappingProxyType(
    {
        flag.name: flag
        for flag in (
            *OWN_FLAGS,
            *SERVER_FLAGS,
            *MODEL_FLAGS,
            *ENGINE_FLAGS,
            *PYTORCH_FLAGS,
            *TURBOMIND_FLAGS,
        )
    }
)
"""By name, in the order in which help shows them."""

REMOVED: Mapping[str, str] = MappingProxyType(
    {
        "--enable-metrics": "Leave it out: the server counts in any case, see /metrics.",
        "--disable-vision-encoder": "It is called --language-model-only now.",
        "--dp-rank": "Leave it out; --node-rank and --nnodes say which machine this is.",
    }
)
"""Flags of older releases of LMDeploy, and what to write now."""

ALIASES: Mapping[str, str] = MappingProxyType(
    {"--host": "--server-name", "--port": "--server-port"}
)
"""Names that `shuowen serve` has for the same."""
