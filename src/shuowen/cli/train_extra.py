"""Saying which extra is missing, where training is asked for without it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from shuowen.errors import MissingExtraError

_PACKAGES = ("torch", "safetensors", "peft", "transformers", "accelerate", "matplotlib")


@contextmanager
def train_extra_needed(doing: str) -> Iterator[None]:
    """Turn a missing package of the extra `train` into `MissingExtraError`.

    Args:
        doing: What needs it, as the beginning of a sentence: "Training".
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _PACKAGES:
            raise
        raise MissingExtraError(
            f"{doing} needs the package {package}, which is not installed.",
            'Run: pip install "shuowen[train]"',
        ) from error
