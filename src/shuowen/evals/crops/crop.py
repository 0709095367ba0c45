"""Crops of one line with what they say, to be read by a model and scored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shuowen.evals.datasets import load_set
from shuowen.image.page import Pixels
from shuowen.prompt.tasks import reading_prompt
from shuowen.train.records import FilePicture
from shuowen.train.synthesize.alphabet import is_writable
from shuowen.train.synthesize.crops import CropOptions, make_crop
from shuowen.train.synthesize.lexicon import Split
from shuowen.train.synthesize.texts import TextOptions

REAL_SETS = ("hw_zh_numerals", "hw_zh_synthetic", "hw_open_lines")
"""Sets of a data folder whose every file is one line with its text. The truth of pages does not say
where their lines are, so no lines can be cut out of them."""

_BLURRING = frozenset({"blur", "motion", "rescale"})
"""Effects of `train/synthesize/degrade.py` after which edges are soft."""

LINE_PROMPT = reading_prompt("text", "zh")
"""What a crop is asked about with, in training too."""


@dataclass(frozen=True, kw_only=True, eq=False)
class EvalCrop:
    """One line to read.

    Attributes:
        key: Names it; no two of an evaluation are the same.
        pixels: (height, width, 3) RGB.
        text: What it says.
        labels: Kinds under which it is counted, such as "handwriting" and "blurred".
        group: The same for crops that are hard or easy together; intervals are drawn over groups.
    """

    key: str
    pixels: Pixels = field(repr=False)
    text: str
    labels: tuple[str, ...]
    group: str

    @property
    def is_writable(self) -> bool:
        """Whether a model that knows the alphabet alone could write it."""
        return is_writable(self.text)


def made_crops(num_crops: int, first_seed: int = 0, split: Split = "held_out") -> list[EvalCrop]:
    """Made crops; those held out have words and fonts that are in no training data.

    Args:
        num_crops: How many.
        first_seed: The crops are those of `first_seed` and the seeds behind it.
        split: Whose words and fonts.
    """
    options = CropOptions(texts=TextOptions(split=split))
    return [_made(seed, options) for seed in range(first_seed, first_seed + num_crops)]


def real_crops(folder: Path, names: Sequence[str] = REAL_SETS) -> list[EvalCrop]:
    """The lines of a data folder (`evals/datasets.py`), those outside the alphabet too.

    Args:
        folder: Holds the sets; those that it lacks are left out.
        names: Sets whose every file is one line.

    Raises:
        InputError: A set's truth or a picture cannot be read.
    """
    return [
        EvalCrop(
            key=f"{name}/{item.path.name}",
            pixels=FilePicture(item.path).load(),
            text=item.text,
            labels=(name,),
            group=f"{name}/{item.group or item.path.name}",
        )
        for name in names
        if (folder / name).is_dir()
        for item in load_set(folder / name).items
        if item.text is not None
    ]


def writable_ones(crops: Iterable[EvalCrop]) -> list[EvalCrop]:
    """Those whose text is in the alphabet."""
    return [crop for crop in crops if crop.is_writable]


def _made(seed: int, options: CropOptions) -> EvalCrop:
    made = make_crop(seed, options)
    blurred = ("blurred",) if _BLURRING.intersection(made.effects) else ()
    key = f"{options.texts.split}/{seed}"
    return EvalCrop(
        key=key,
        pixels=made.pixels,
        text=made.text,
        labels=(made.kind, made.degradation, *blurred),
        # By font there would be too few groups; intervals are thus over crops of these fonts.
        group=key,
    )
