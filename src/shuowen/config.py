"""Options and limits: frozen records that go in at the top and are handed down.

Each field has its sentence once, here; the command line's help and the documentation say the same.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Literal, get_args

from shuowen.errors import UsageError

TextLayer = Literal["auto", "always", "never"]
Effort = Literal["fast", "normal", "max"]
RepairName = Literal[
    "orientation",
    "deskew",
    "perspective",
    "dewarp",
    "light",
    "contrast",
    "bleed_through",
    "smooth",
    "sharpen",
    "enlarge",
]
"""What may be done to a page picture before it is read; a page says in which order it was done."""

TEXT_LAYER_CHOICES: tuple[str, ...] = get_args(TextLayer)
EFFORT_CHOICES: tuple[str, ...] = get_args(Effort)
REPAIR_CHOICES: tuple[str, ...] = get_args(RepairName)

MIN_DPI, MAX_DPI = 36, 1200


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much an untrusted source may cost before it is refused."""

    max_pixels: int = 250_000_000
    """Largest picture or rendered page, width times height in pixels."""
    max_bytes: int = 2 * 1024**3
    """Largest file, download or standard input, in bytes."""
    fetch_seconds: float = 120.0
    """Longest time for one whole download, in seconds."""
    allow_private_addresses: bool = False
    """Whether a URL may lead to a private, loopback or link-local address."""
    hosts: tuple[str, ...] = ()
    """The only hosts, by exact name, that a URL may lead to; none lets it lead to any."""


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """What `shuowen.read` should do; everything here changes the result, so it keys resuming."""

    pages: str = ""
    """Pages to read, counted from 1: "1,5-10", "3-" or "" for all."""
    password: str = field(default="", repr=False)
    """Password of an encrypted PDF."""
    text_layer: TextLayer = "auto"
    """Use a PDF's own text: when it agrees with the picture, always, or never."""
    effort: Effort = "normal"
    """fast: a small look at the page; normal: a closer one, and doubtful words are read again by a
    larger network and a language model; max: the page is searched for text at more sizes, more
    words are read again, hard lines in several views, and repeated characters help each other."""
    dpi: int = 200
    """Resolution at which PDF pages are turned into pictures."""
    force_repairs: tuple[RepairName, ...] = ()
    """Repairs of the page picture that are made whatever the page looks like; of a PDF's page
    that has text of its own the picture is read as it came, but for "deskew"."""
    forbid_repairs: tuple[RepairName, ...] = ()
    """Repairs of the page picture that are never made."""
    min_confidence: float = 0.0
    """Words with a character below this confidence, 0 to 1, are marked as doubtful."""

    def __post_init__(self) -> None:
        _check_choice("text_layer", self.text_layer, TEXT_LAYER_CHOICES)
        _check_choice("effort", self.effort, EFFORT_CHOICES)
        if not MIN_DPI <= self.dpi <= MAX_DPI:
            raise UsageError(f"dpi is {self.dpi}.", f"Choose {MIN_DPI} to {MAX_DPI}.")
        if not 0 <= self.min_confidence <= 1:
            raise UsageError(f"min_confidence is {self.min_confidence}.", "Choose 0 to 1.")
        for name in (*self.force_repairs, *self.forbid_repairs):
            _check_choice("repair", name, REPAIR_CHOICES)
        if both := set(self.force_repairs) & set(self.forbid_repairs):
            raise UsageError(
                f"{', '.join(sorted(both))} is both forced and forbidden.", "Leave out one of them."
            )

    def fingerprint(self) -> str:
        """All options but the password as one stable string, for resuming."""
        shown = {key: value for key, value in asdict(self).items() if key != "password"}
        return ",".join(f"{key}={value}" for key, value in sorted(shown.items()))


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UsageError(f"{name} is {value!r}.", f"Choose one of: {', '.join(choices)}.")
