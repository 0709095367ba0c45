"""`shuowen models convert` and `quantize`: a model's folder made into another one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from shuowen.cli.models_progress import BytesBar, say
from shuowen.cli.values import Nearest
from shuowen.errors import MissingExtraError, OutputError, UsageError
from shuowen.hub.card import licence_of
from shuowen.hub.folder import weight_names
from shuowen.hub.headers import read_header
from shuowen.hub.manifest import manifest_of, write_manifest
from shuowen.hub.writing import writing
from shuowen.model.config_json import read_config_json

if TYPE_CHECKING:
    import torch

_DTYPES = {"BF16": "bfloat16", "F16": "float16", "F32": "float32"}


@click.command("convert", short_help="Write a model in the other layout.")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--layout",
    type=Nearest(["original", "hf"]),
    required=True,
    help="original: as OpenGVLab publishes, for LMDeploy and vLLM; hf: for Transformers.",
)
def convert_command(folder: Path, out: Path, layout: Literal["original", "hf"]) -> None:
    """Write the model in FOLDER to the new folder OUT in another layout.

    The numbers stay the same. Needs shuowen[torch], and memory for the whole model.

    \b
    Examples:
      shuowen models convert models/1b models/1b-hf --layout hf
      shuowen models convert models/1b-hf models/1b --layout original
    """
    with _torch_needed("Converting"):
        from shuowen.model.weights.load import load_model
        from shuowen.model.weights.save import save_model
    _refuse_existing(out)
    _check_source(folder, layout)
    with BytesBar("Loading") as bar:
        model = load_model(folder, dtype=_dtype(folder), progress=bar.reach)
    say(f"Writing {out}.")
    save_model(model, out, layout, source_folder=folder)
    _finish(folder, out)


@click.command("quantize", short_help="Write a model with smaller weights.")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--weights",
    type=Nearest(["int8", "int4"]),
    required=True,
    help="Bits of one weight: int8 is nearly as good as the model itself, int4 the smallest.",
)
@click.option(
    "--vision-weights",
    type=Nearest(["same", "int8"]),
    default="same",
    show_default=True,
    help="The same for the part that sees; int8 sees faster on a CPU.",
)
def quantize_command(
    folder: Path,
    out: Path,
    weights: Literal["int8", "int4"],
    vision_weights: Literal["same", "int8"],
) -> None:
    """Write the model in FOLDER to the new folder OUT with quantised weights.

    Only Shuowen reads what is written. Needs shuowen[torch].

    \b
    Examples:
      shuowen models quantize models/1b models/1b-int8 --weights int8
      shuowen models quantize models/1b models/1b-int4 --weights int4 --vision-weights int8
    """
    with _torch_needed("Quantising"):
        from shuowen.model.precision import Precision
        from shuowen.model.quantise import quantise_folder
    _refuse_existing(out)
    precision = Precision(language=weights, vision=vision_weights)
    with BytesBar("Quantising") as bar:
        quantise_folder(folder, out, precision, bar.reach)
    _finish(folder, out)


@contextmanager
def _torch_needed(doing: str) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in ("torch", "safetensors"):
            raise
        raise MissingExtraError(
            f"{doing} needs the package {package}, which is not installed.",
            'Run: pip install "shuowen[torch]"',
        ) from error


def _check_source(folder: Path, layout: str) -> None:
    """Raise `UsageError` where converting would change nothing, or cannot be."""
    found = read_config_json(folder)
    if found.precision is not None:
        raise UsageError(f"{folder} is quantised.", "Convert the folder that it was made from.")
    if found.form == layout:
        raise UsageError(f"{folder} has the {layout} layout already.", "Name the other layout.")


def _refuse_existing(out: Path) -> None:
    """Better now than after minutes of loading."""
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise OutputError(
            f"{out} exists and is not empty; nothing was written.", "Choose another folder."
        )


def _dtype(folder: Path) -> torch.dtype:
    """The type that most of the weights have, so that converting changes no number."""
    import torch

    counts: Counter[str] = Counter()
    for name in weight_names(folder):
        for entry in read_header(folder / name).values():
            counts[entry.dtype] += entry.num_parameters
    found = max((each for each in counts if each in _DTYPES), key=counts.__getitem__, default="")
    dtype = getattr(torch, _DTYPES.get(found, "bfloat16"))
    assert isinstance(dtype, torch.dtype)
    return dtype


def _finish(folder: Path, out: Path) -> None:
    """Note down the checksums of what was made, and say where it is."""
    with writing(out):
        write_manifest(out, manifest_of(out, folder.resolve().name, licence_of(folder)))
    click.echo(out)
