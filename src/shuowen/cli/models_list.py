"""`shuowen models list`: the known models, what they need, and which are here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from shuowen.errors import ModelError
from shuowen.hub.catalogue import KNOWN_MODELS, KnownModel, Weights
from shuowen.hub.download import find_model
from shuowen.hub.folder import missing_in
from shuowen.hub.names import ModelName
from shuowen.hub.packaged import packaged_folder
from shuowen.hub.settings import HubSettings

_WEIGHTS: tuple[Weights, ...] = ("bf16", "int8", "int4")
_HEADINGS = ("MODEL", "PARAMETERS", "DOWNLOAD", *_WEIGHTS, "LICENCE", "HERE")
_FOOT = """
DOWNLOAD and the memory of the weights as bf16, int8 and int4 are in GB; the context takes memory on
top, {small} GB (1B) to {large} GB (78B) for 10,000 tokens. -Pretrained: after pre-training;
-Instruct: after fine-tuning; no suffix: after preference training; -hf: that one in the layout of
Transformers. shuowen-nano reads crops of one line and comes with the package. VisualPRM scores the
steps of answers. "see card": `shuowen models download` shows the licence before anything comes."""


@dataclass(frozen=True)
class _Row:
    model: KnownModel
    folder: Path | None


@click.command("list", short_help="Show the known models and which of them are here.")
@click.option("--json", "as_json", is_flag=True, help="Print the same as JSON, for programs.")
def list_command(as_json: bool) -> None:
    """Show the known models: size, memory, licence, and where those on this machine are.

    Nothing is sent over the network.

    \b
    Examples:
      shuowen models list
      shuowen models list --json
    """
    settings = HubSettings.from_environment()
    rows = [_Row(model, _found(model, settings)) for model in KNOWN_MODELS]
    click.echo(_as_json(rows) if as_json else _as_text(rows))


def _found(model: KnownModel, settings: HubSettings) -> Path | None:
    packaged = packaged_folder(model.name)
    if packaged is not None:
        return None if missing_in(packaged) else packaged
    for hub in ("hf", "modelscope"):
        name = ModelName(hub="hf" if hub == "hf" else "modelscope", repo_id=model.name)
        try:
            folder = find_model(name, settings)
        except ModelError:  # damaged; `models verify` tells how
            continue
        if folder is not None:
            return folder
    return None


def _as_json(rows: Sequence[_Row]) -> str:
    shown: list[dict[str, Any]] = [
        {
            "name": row.model.name,
            "stage": row.model.stage,
            "layout": row.model.layout,
            "num_parameters": row.model.num_parameters,
            "download_bytes": row.model.download_bytes,
            "weights_bytes": {each: row.model.weights_bytes(each) for each in _WEIGHTS},
            "kv_bytes_per_token": row.model.kv_bytes_per_token,
            "licence": row.model.licence,
            "folder": None if row.folder is None else str(row.folder),
        }
        for row in rows
    ]
    return json.dumps({"models": shown}, indent=2, ensure_ascii=False)


def _as_text(rows: Sequence[_Row]) -> str:
    table = [_HEADINGS, *map(_cells, rows)]
    widths = [max(len(cells[column]) for cells in table) for column in range(len(_HEADINGS))]
    lines = []
    for cells in table:
        first, *numbers, licence, here = cells
        right = [text.rjust(width) for text, width in zip(numbers, widths[1:], strict=False)]
        line = "  ".join([first.ljust(widths[0]), *right, licence.ljust(widths[-2]), here])
        lines.append(line.rstrip())
    hubs = [row.model for row in rows if not row.model.is_packaged]
    kv = [model.kv_bytes_per_token * 10_000 / 1e9 for model in hubs]
    return "\n".join([*lines, _FOOT.format(small=f"{min(kv):.1f}", large=f"{max(kv):.1f}")])


def _cells(row: _Row) -> tuple[str, ...]:
    model = row.model
    return (
        model.name,
        _billions(model.num_parameters) + " B",
        "none" if model.is_packaged else _billions(model.download_bytes),
        *(_billions(model.weights_bytes(each)) for each in _WEIGHTS),
        model.licence or "see card",
        "" if row.folder is None else str(row.folder),
    )


def _billions(number: int) -> str:
    return f"{number / 1e9:.{1 if number >= 1e8 else 3}f}"
