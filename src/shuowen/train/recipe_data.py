"""A recipe's sources, opened, with the weights that give the shares that it asks for.

Needs no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from shuowen.errors import UsageError
from shuowen.train.corrections import Correction, read_corrections
from shuowen.train.made_data import made_source
from shuowen.train.recipe import DataOptions
from shuowen.train.records import Record
from shuowen.train.replay import CorrectionSource, Weighted, with_replay
from shuowen.train.sources import Source, sources_from_meta

_FORMS: Mapping[str, Callable[[Correction], Record]] = MappingProxyType(
    {"preference": Correction.preference, "conversation": Correction.conversation}
)


def open_sources(data: DataOptions, seed: int) -> list[Source]:
    """All sources of a recipe.

    Args:
        data: Of the recipe.
        seed: Of the made records.

    Raises:
        UsageError: There is no data, or a share is asked of sources that there are not.
        InputError: A file cannot be read.
    """
    if data.is_empty:
        raise UsageError("The recipe has no data.", "Name a meta file: --data META.json")
    read: list[Source] = []
    for name in data.meta_files:
        read += sources_from_meta(Path(name))
    made: list[Source] = [
        Weighted(made_source(each.name, seed, **each.options), each.weight) for each in data.made
    ]
    sources = _scaled(read, 1 - data.made_share if made else 1.0)
    sources += _scaled(made, data.made_share if read else 1.0)
    if data.language_share is not None:
        sources = _balanced(sources, data.language_share)
    return _with_corrections(sources, data) if data.corrections else sources


def _with_corrections(sources: list[Source], data: DataOptions) -> list[Source]:
    form = _FORMS[data.correction_form]
    domain: list[Source] = [
        CorrectionSource(file, form, weight=len(file.corrections))
        for file in (read_corrections(Path(name)) for name in data.corrections)
    ]
    return with_replay(domain, sources, data.replay) if data.replay else domain


def _balanced(sources: list[Source], language_share: float) -> list[Source]:
    language = [each for each in sources if not each.is_multimodal]
    multimodal = [each for each in sources if each.is_multimodal]
    if not language or not multimodal:
        kind = "without pictures" if not language else "with pictures"
        raise UsageError(
            f"The recipe wants {language_share:.0%} of its tokens from sources without pictures,"
            f" and there is no source {kind}.",
            "Add one to the meta file, or use --set data.language_share=none.",
        )
    return _scaled(language, language_share) + _scaled(multimodal, 1 - language_share)


def _scaled(sources: Sequence[Source], share: float) -> list[Source]:
    """The sources with weights that add up to `share`."""
    total = sum(each.weight for each in sources)
    return [Weighted(each, share * each.weight / total) for each in sources]
