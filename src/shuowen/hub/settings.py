"""Where the hubs and their caches are: from the environment, read when asked and not before.

The variables are those that the hubs' own programs read, so that models which are already on this
machine are found and a mirror that was set for them serves us too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HF_ENDPOINT = "https://huggingface.co"
MODELSCOPE_ENDPOINT = "https://modelscope.cn"

_TRUE = frozenset(("1", "on", "yes", "true"))


@dataclass(frozen=True, kw_only=True)
class HubSettings:
    """Everything about the hubs that is not the model's name."""

    hf_endpoint: str = HF_ENDPOINT
    """Hugging Face or a mirror of it (HF_ENDPOINT)."""
    modelscope_endpoint: str = MODELSCOPE_ENDPOINT
    """ModelScope or a mirror of it (MODELSCOPE_ENDPOINT)."""
    hf_cache: Path
    """Where Hugging Face's programs keep models (HF_HUB_CACHE, HF_HOME)."""
    modelscope_caches: tuple[Path, ...]
    """Where ModelScope's programs keep models (MODELSCOPE_CACHE); the first is written to."""
    hf_token: str = field(default="", repr=False)
    """Sent to `hf_endpoint` and to no other machine (HF_TOKEN)."""
    is_offline: bool = False
    """Whether nothing may be sent at all (HF_HUB_OFFLINE)."""
    num_tries: int = 5
    """How often a request is tried that got no further."""
    first_wait_seconds: float = 1.0
    """Pause before the second try; each further one is twice as long."""

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str] | None = None, *, offline: bool = False
    ) -> HubSettings:
        """Read the environment.

        Args:
            environ: The variables; the process's own by default.
            offline: Whether nothing may be sent, whatever the environment says.
        """
        environ = os.environ if environ is None else environ
        home = _path(environ, "HF_HOME", _xdg_cache(environ) / "huggingface")
        offline_word = environ.get("HF_HUB_OFFLINE") or environ.get("TRANSFORMERS_OFFLINE", "")
        return cls(
            hf_endpoint=_endpoint(environ, "HF_ENDPOINT", HF_ENDPOINT),
            modelscope_endpoint=_endpoint(environ, "MODELSCOPE_ENDPOINT", MODELSCOPE_ENDPOINT),
            hf_cache=_path(environ, "HF_HUB_CACHE", home / "hub"),
            modelscope_caches=_modelscope_caches(environ),
            hf_token=_token(environ, home),
            is_offline=offline or offline_word.lower() in _TRUE,
        )


def _endpoint(environ: Mapping[str, str], name: str, otherwise: str) -> str:
    return (environ.get(name) or otherwise).rstrip("/")


def _path(environ: Mapping[str, str], name: str, otherwise: Path) -> Path:
    value = environ.get(name)
    return Path(os.path.expandvars(value)).expanduser() if value else otherwise


def _xdg_cache(environ: Mapping[str, str]) -> Path:
    return _path(environ, "XDG_CACHE_HOME", Path.home() / ".cache")


def _modelscope_caches(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """`MODELSCOPE_CACHE` itself; without it, versions of their program differ by a `hub/`."""
    if environ.get("MODELSCOPE_CACHE"):
        base = _path(environ, "MODELSCOPE_CACHE", Path())
        return base, base / "hub"
    base = Path.home() / ".cache" / "modelscope"
    return base / "hub", base


def _token(environ: Mapping[str, str], home: Path) -> str:
    """From HF_TOKEN, else from the file that `hf auth login` writes."""
    token = environ.get("HF_TOKEN") or environ.get("HUGGING_FACE_HUB_TOKEN")
    if token is None:
        try:
            token = _path(environ, "HF_TOKEN_PATH", home / "token").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            token = ""
    return token.strip()
