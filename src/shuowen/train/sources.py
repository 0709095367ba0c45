"""Where records come from: any number of records, each found by its index. Needs no torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from shuowen.errors import UsageError
from shuowen.train.jsonl import JsonlSource
from shuowen.train.meta import sources_from_meta
from shuowen.train.records import Record

__all__ = [
    "AnyPictures",
    "JsonlSource",
    "MadeSource",
    "PictureRules",
    "Source",
    "sources_from_meta",
]


class PictureRules(Protocol):
    """What a source says of its pictures."""

    @property
    def max_tiles(self) -> int | None:
        """Most tiles of a record's pictures together, thumbnails not counted; None: the model's."""

    @property
    def augment(self) -> bool:
        """Whether pictures may be compressed at random before they are learnt."""


@dataclass(frozen=True)
class AnyPictures:
    """The rules of records that come from no source."""

    max_tiles: int | None = None
    augment: bool = True


class Source(PictureRules, Protocol):
    """Records by index. Reading one twice gives the same record, in any process."""

    @property
    def name(self) -> str:
        """What people and checkpoints know it by."""

    @property
    def weight(self) -> float:
        """Its share among the sources of a mixture, above 0."""

    @property
    def is_multimodal(self) -> bool:
        """Whether records have pictures."""

    def __len__(self) -> int: ...

    def record(self, index: int) -> Record:
        """The record at `index`, from 0; raises `InputError` when it is damaged."""


@dataclass(frozen=True)
class MadeSource:
    """Records that are drawn when they are asked for.

    Attributes:
        name: What people and checkpoints know it by.
        make: Gives the record of an index; the same for the same index, whatever came before. It
            must be picklable (a module's function, or `functools.partial` of one) where records are
            made in other processes.
        num_records: How many there are in an epoch; a large number costs nothing.
        weight: Its share among the sources of a mixture.
        augment: Whether tiles may be compressed at random.
        max_tiles: Most tiles of a record's pictures; None: the model's.
        is_multimodal: Whether records have pictures.
    """

    name: str
    make: Callable[[int], Record]
    num_records: int
    weight: float = 1.0
    augment: bool = False
    max_tiles: int | None = None
    is_multimodal: bool = True

    def __post_init__(self) -> None:
        if self.num_records < 1:
            raise UsageError(f"{self.name} has {self.num_records} records.", "Choose at least 1.")

    def __len__(self) -> int:
        return self.num_records

    def record(self, index: int) -> Record:
        """Make the record at `index`."""
        return self.make(index)
