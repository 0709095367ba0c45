"""Releases of other people's programs, as far as they must be told apart."""

from __future__ import annotations

import re

_NUMBERS = re.compile(r"\s*v?(\d+)(?:\.(\d+))?(?:\.(\d+))?")

Version = tuple[int, int, int]

NEWEST_LMDEPLOY = "0.18.0"
"""The newest release that the flags were compared with."""
NEWEST_VLLM = "0.32.0"
OLDEST_LMDEPLOY = "0.7.3"
"""The first with InternVL3 (its model cards)."""
OLDEST_VLLM = "0.12.0"
"""The first with all flags that are always given or stand for one of LMDeploy's."""


def version_of(text: str) -> Version:
    """Major, minor and patch; what is missing counts as 0, suffixes as nothing.

    Raises:
        ValueError: The text does not begin with a number.
    """
    match = _NUMBERS.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no version")
    major, minor, patch = (int(part or 0) for part in match.groups())
    return major, minor, patch
