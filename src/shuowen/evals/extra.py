"""The packages of the `bench` extra, imported when the first score needs them."""

from __future__ import annotations

import importlib
from typing import Any

from shuowen.errors import MissingExtraError

_MODULES = ("rapidfuzz.distance.Levenshtein", "rapidfuzz.fuzz", "apted")


def require_bench_extra() -> None:
    """Raises MissingExtraError when the extra is not installed: before hours of reading."""
    for module_name in _MODULES:
        import_from_bench_extra(module_name)


def import_from_bench_extra(module_name: str) -> Any:
    """The module `module_name`, which the extra `bench` installs.

    Raises:
        MissingExtraError: The extra is not installed.
    """
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        package = module_name.partition(".")[0]
        raise MissingExtraError(
            f"Scoring needs the package {package}, which is not installed.",
            'Run: pip install "shuowen[bench]"',
        ) from error
