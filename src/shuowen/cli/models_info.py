"""`shuowen models info`: what is in a model's folder, from its configuration and headers alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from shuowen.cli.console import printable
from shuowen.cli.models_progress import gigabytes
from shuowen.errors import ModelError
from shuowen.hub.card import licence_of
from shuowen.hub.catalogue import known_model
from shuowen.hub.download import hub_of
from shuowen.hub.folder import has_tokenizer, missing_in, weight_names
from shuowen.hub.headers import read_header
from shuowen.hub.names import ModelName, parse_name
from shuowen.hub.settings import HubSettings

_TITLES = {"vision": "vision encoder", "projector": "projector", "language": "language model"}


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """What a folder says about itself.

    Attributes:
        folder: Where it is.
        layout: How its files name the tensors: original or hf.
        language: Kind and sizes of the language model, for people.
        vision: Sizes of the vision encoder, for people.
        num_parameters: By part; "other" are tensors of no part.
        dtypes: Parameters by type, as the files name it.
        weights_bytes: Size of the weight files.
        window: Longest sequence, in positions.
        visual_tokens_per_tile: How many tokens a tile of a picture takes.
        max_tiles: Most tiles of a picture, its thumbnail not counted.
        quantised: How Shuowen has quantised the weights; empty when it has not.
        licence: As the card names it; empty when it does not.
        has_tokenizer: Whether the tokenizer's files are there.
        missing: Files that a whole model has and this one lacks.
        files: Names and sizes.
    """

    folder: str
    layout: str
    language: str
    vision: str
    num_parameters: Mapping[str, int]
    dtypes: Mapping[str, int]
    weights_bytes: int
    window: int
    visual_tokens_per_tile: int
    max_tiles: int
    quantised: Mapping[str, str]
    licence: str
    has_tokenizer: bool
    missing: tuple[str, ...]
    files: Mapping[str, int]


@click.command("info", short_help="Show sizes, window and licence of a model that is here.")
@click.argument("model")
@click.option("--json", "as_json", is_flag=True, help="Print the same as JSON, for programs.")
def info_command(model: str, as_json: bool) -> None:
    """Show what MODEL is: a folder, or a name that was downloaded.

    Only the configuration and the headers of the weight files are read, so this is quick for the
    largest model; nothing is sent over the network, and no extra is needed.

    \b
    Exit codes: 0 the model is whole; 5 it is not here, or files are missing or damaged.

    \b
    Examples:
      shuowen models info OpenGVLab/InternVL3-1B-Instruct
      shuowen models info models/1b --json
    """
    facts = read_facts(_folder(model))
    click.echo(_as_json(facts) if as_json else _as_text(facts))
    if facts.missing:
        raise ModelError(
            f"{facts.folder} lacks {', '.join(facts.missing)}.",
            "`shuowen models download` with the model's name brings what is missing.",
        )


def read_facts(folder: Path) -> ModelFacts:
    """Look into a folder.

    Raises:
        ModelError: Its configuration or a weight file cannot be read.
    """
    from shuowen.model.config_json import read_config_json  # `models list` need not wait for it

    found = read_config_json(folder)
    vision, language = found.config.vision, found.config.language
    parameters, dtypes = _count(folder)
    files = dict(_files(folder))
    return ModelFacts(
        folder=str(folder),
        layout=found.form,
        language=f"{'Qwen2.5' if language.layout == 'qwen2' else 'InternLM'}:"
        f" {language.num_layers} layers, width {language.width}, {language.num_heads} heads"
        f" ({language.num_kv_heads} for keys and values), {language.vocab_size:,} words",
        vision=f"InternViT: {vision.depth} layers, width {vision.width}, {vision.num_heads} heads",
        num_parameters=parameters,
        dtypes=dtypes,
        weights_bytes=sum(files.get(name, 0) for name in weight_names(folder)),
        window=language.window,
        visual_tokens_per_tile=found.config.visual_tokens_per_tile,
        max_tiles=found.config.max_tiles,
        quantised=found.precision or {},
        licence=licence_of(folder),
        has_tokenizer=has_tokenizer(folder),
        missing=missing_in(folder),
        files=files,
    )


def _folder(model: str) -> Path:
    named = parse_name(model)
    if isinstance(named, Path):
        return named
    folder = hub_of(named, HubSettings.from_environment()).find(named)
    if folder is None:
        raise _not_here(named)
    return folder


def _not_here(name: ModelName) -> ModelError:
    known = known_model(name.repo_id)
    size = f" ({gigabytes(known.download_bytes)})" if known else ""
    return ModelError(
        f"{name} is not on this machine.", f"Run `shuowen models download {name}`{size}."
    )


def _count(folder: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Parameters by part and by type; a file that is not there counts as empty."""
    part_of = _parts()
    parameters: Counter[str] = Counter()
    dtypes: Counter[str] = Counter()
    for name in weight_names(folder):
        if (folder / name).is_file():
            for tensor, entry in read_header(folder / name).items():
                prefix = max(filter(tensor.startswith, part_of), key=len, default="")
                parameters[part_of.get(prefix, "other")] += entry.num_parameters
                dtypes[entry.dtype] += entry.num_parameters
    return dict(parameters), dict(dtypes)


def _parts() -> dict[str, str]:
    """What tensors' names start with, in any layout, and the part of the network that it is."""
    from shuowen.model.weights.layouts import LAYOUTS

    parts = [part for layout in LAYOUTS for part in layout.parts]
    own = {part.ours: part.ours.partition(".")[0] for part in parts}  # as quantised folders have it
    return own | {part.theirs: part.ours.partition(".")[0] for part in parts}


def _files(folder: Path) -> Iterator[tuple[str, int]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            yield path.relative_to(folder).as_posix(), path.stat().st_size


def _as_json(facts: ModelFacts) -> str:
    return json.dumps(asdict(facts), indent=2, ensure_ascii=False)


def _as_text(facts: ModelFacts) -> str:
    total = sum(facts.num_parameters.values())
    lines = [
        ("folder", facts.folder),
        ("layout", facts.layout),
        ("vision", facts.vision),
        ("language", facts.language),
        ("parameters", f"{total:,}"),
        *((f"  {_TITLES.get(each, each)}", f"{n:,}") for each, n in facts.num_parameters.items()),
        ("types", ", ".join(f"{name} {n:,}" for name, n in facts.dtypes.items()) or "none"),
        ("quantised", ", ".join(f"{k} {v}" for k, v in facts.quantised.items()) or "no"),
        ("weight files", gigabytes(facts.weights_bytes)),
        ("window", f"{facts.window:,} tokens"),
        (
            "pictures",
            f"{facts.visual_tokens_per_tile} tokens a tile, up to {facts.max_tiles} tiles",
        ),
        ("licence", facts.licence or "not named"),
        ("tokenizer", "there" if facts.has_tokenizer else "missing"),
        ("files", str(len(facts.files))),
        *((f"  {gigabytes(size)}", name) for name, size in facts.files.items()),
    ]
    width = max(len(title) for title, _ in lines)
    return "\n".join(printable(f"{title.ljust(width)}  {text}") for title, text in lines)
