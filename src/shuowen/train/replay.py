"""Corrections as a source, and other data beside them so that nothing is forgotten.

Needs no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shuowen.errors import UsageError
from shuowen.train.corrections import Correction, CorrectionFile
from shuowen.train.records import Record
from shuowen.train.sources import Source

DEFAULT_GENERAL_PER_DOMAIN = 1.0
"""Tokens of general data for one of the domain's. The authors name 1 : 1, where the domain is what
matters, to 5 : 1 (OpenGVLab/InternVL#568)."""


@dataclass(frozen=True)
class CorrectionSource:
    """The corrections of one file as a source of a mixture.

    Attributes:
        file: See `read_corrections`.
        form: `Correction.preference` for MPO, `Correction.conversation` for fine-tuning.
        weight: Its share among the sources; `with_replay` sets it.
        max_tiles: Most tiles of a region; None: the model's.
        augment: Whether tiles may be compressed at random.
    """

    file: CorrectionFile
    form: Callable[[Correction], Record] = Correction.preference
    weight: float = 1.0
    max_tiles: int | None = None
    augment: bool = False
    is_multimodal: bool = True

    @property
    def name(self) -> str:
        """The file's."""
        return self.file.path.name

    def __len__(self) -> int:
        return len(self.file.corrections)

    def record(self, index: int) -> Record:
        """The correction at `index`; its page is opened when the picture is loaded."""
        return self.form(self.file.corrections[index])


@dataclass(frozen=True)
class Weighted:
    """A source with another share."""

    source: Source
    weight: float

    @property
    def name(self) -> str:
        """The source's."""
        return self.source.name

    @property
    def max_tiles(self) -> int | None:
        """The source's."""
        return self.source.max_tiles

    @property
    def augment(self) -> bool:
        """The source's."""
        return self.source.augment

    @property
    def is_multimodal(self) -> bool:
        """The source's."""
        return self.source.is_multimodal

    def __len__(self) -> int:
        return len(self.source)

    def record(self, index: int) -> Record:
        """The source's record at `index`."""
        return self.source.record(index)


def with_replay(
    domain: Sequence[Source],
    general: Sequence[Source],
    general_per_domain: float = DEFAULT_GENERAL_PER_DOMAIN,
) -> list[Source]:
    """Sources whose shares are domain : general = 1 : `general_per_domain`.

    Inside either side the shares stay as they were. For MPO both sides must be preferences: general
    ones come of `train.pairs` or MMPR.

    Args:
        domain: What is to be learnt, such as a `CorrectionSource`.
        general: What must not be forgotten: what the model was trained on, or close to it.
        general_per_domain: Above 0; counted as the mixture counts, in tokens.

    Returns:
        The domain's sources first.

    Raises:
        UsageError: A side is empty, or the ratio is not above 0.
    """
    if not domain or not general:
        side = "domain" if not domain else "general"
        raise UsageError(
            f"There is no {side} data.",
            "Give both: what is to be learnt, and general data that keeps the rest alive.",
        )
    if not 0 < general_per_domain < float("inf"):
        raise UsageError(
            f"general_per_domain is {general_per_domain}.",
            "Choose 1 (the domain matters most) to 5 (forget nothing).",
        )
    return [*_scaled(domain, 1.0), *_scaled(general, general_per_domain)]


def _scaled(sources: Sequence[Source], total: float) -> list[Source]:
    factor = total / sum(source.weight for source in sources)
    return [Weighted(source, source.weight * factor) for source in sources]
