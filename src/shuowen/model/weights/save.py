"""An `InternVL` becomes a model folder that other programs read, whole or not at all."""

from __future__ import annotations

import errno
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import torch
from torch import Tensor

from shuowen.errors import ModelError, OutputError
from shuowen.model.config import ModelConfig
from shuowen.model.config_json import Form, Json, load_json
from shuowen.model.config_write import hf_json, original_json
from shuowen.model.internvl import InternVL
from shuowen.model.weights.layouts import HF, original_layout
from shuowen.model.weights.load import WeightTaker
from shuowen.model.weights.rules import Layout, Piece
from shuowen.model.weights.write import MAX_SHARD_BYTES, Planned, write_shards

_TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "vocab.json",
    "merges.txt",
    "added_tokens.json",
    "special_tokens_map.json",
    "chat_template.jinja",
    "generation_config.json",
    "tokenization_*.py",
    "LICENSE*",
)
_FORM_FILES = (
    "preprocessor_config.json",
    "processor_config.json",
    "video_preprocessor_config.json",
    "chat_template.json",
    "*.py",
)
"""Files that mean something only in the form of the folder they come from."""

_PLACEHOLDER = "<IMG_CONTEXT>"
_QWEN_VOCAB_SIZE, _QWEN_PLACEHOLDER_ID = 151_674, 151_667
"""Of all published sizes with Qwen2.5."""

_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})


def save_model(
    model: InternVL,
    folder: Path,
    layout: Form,
    *,
    source_folder: Path | None = None,
    max_shard_bytes: int = MAX_SHARD_BYTES,
    dtype: torch.dtype | None = None,
    overwrite: bool = False,
) -> None:
    """Save a model so that LMDeploy and vLLM (original) or transformers (hf) load it.

    Everything goes into a folder beside `folder` first, which takes its name when it is complete.

    Args:
        model: As it was built or loaded, not quantised.
        folder: Is created.
        layout: OpenGVLab's or that of transformers.
        source_folder: Where the model came from: its tokenizer and generation settings are copied,
            and, where its layout is the same, the rest of its `config.json`, its image processor's
            settings and the Python files that LMDeploy's TurboMind backend loads.
        max_shard_bytes: Largest weight file.
        dtype: Type of the saved weights; None: the model's own.
        overwrite: Whether a model folder of that name may be replaced.

    Raises:
        ModelError: The model is quantised, or the layout cannot express it.
        OutputError: The folder exists, or cannot be written; nothing half-written stays.
    """
    weights = list(_planned(model, layout, dtype))
    source = load_json(source_folder / "config.json") if source_folder else None
    dtype_name = str(weights[0].dtype).removeprefix("torch.")
    config = _config_json(model.config, layout, dtype_name, source, source_folder)
    with new_model_folder(folder, source_folder, config, overwrite=overwrite) as part:
        write_shards(part, weights, max_shard_bytes)


@contextmanager
def new_model_folder(
    folder: Path, source_folder: Path | None, config: Json, *, overwrite: bool = False
) -> Iterator[Path]:
    """A folder with `config.json` and the source's tokenizer, to be filled with weights.

    Args:
        folder: Its name, which it gets when the block ends well.
        source_folder: Where tokenizer and settings are copied from.
        config: What its `config.json` is to say.
        overwrite: Whether a model folder of that name may be replaced.

    Raises:
        OutputError: The folder exists, or cannot be written; nothing half-written stays.
    """
    with _whole_folder(folder.resolve(), overwrite=overwrite) as part:
        if source_folder is not None:
            source = load_json(source_folder / "config.json")
            is_same_form = ("text_config" in source) == ("text_config" in config)
            files = (*_TOKENIZER_FILES, *_FORM_FILES) if is_same_form else _TOKENIZER_FILES
            _copy_files(source_folder, part, files)
        text = msgspec.json.format(msgspec.json.encode(config, order="deterministic"), indent=2)
        (part / "config.json").write_bytes(text + b"\n")
        yield part


def _planned(model: InternVL, form: Form, dtype: torch.dtype | None) -> Iterator[Planned]:
    """All tensors under their upstream names, made when they are written."""
    if any(isinstance(module, WeightTaker) for module in model.modules()):
        raise ModelError(
            "A quantised model cannot be saved in an upstream layout.",
            "Load it again without quantisation and save that.",
        )
    layout: Layout = HF if form == "hf" else original_layout(model.config)
    for name, values in model.named_parameters():
        final = dtype or values.dtype
        for piece in layout.pieces(model.config, name, tuple(values.shape)):
            yield Planned(piece.name, final, piece.shape, _maker(piece, values.detach(), final))


def _maker(piece: Piece, values: Tensor, dtype: torch.dtype) -> Callable[[], Tensor]:
    def make() -> Tensor:
        stored = torch.empty(
            piece.shape[piece.num_leading_axes :], dtype=dtype, device=values.device
        )
        for run in piece.runs:
            rows = values[run.our_row : run.our_row + run.num_rows]
            stored[run.stored_row : run.stored_row + run.num_rows].copy_(rows)
        return stored.view(piece.shape)

    return make


def _config_json(
    config: ModelConfig, form: Form, dtype_name: str, source: Json | None, folder: Path | None
) -> Json:
    if form == "original":
        return original_json(config, dtype_name, source)
    return hf_json(config, dtype_name, _placeholder_id(config, folder), source)


def _placeholder_id(config: ModelConfig, source_folder: Path | None) -> int:
    """The id that visual tokens replace: of the configuration, the tokenizer or the family."""
    found = config.image_token_id
    if found is None and source_folder is not None:
        found = _tokenizer_id(source_folder)
    if found is None and config.language.vocab_size == _QWEN_VOCAB_SIZE:
        found = _QWEN_PLACEHOLDER_ID
    if found is None:
        raise ModelError(
            f"The hf layout needs the id of {_PLACEHOLDER}, which is not known.",
            "Give the folder of the model's tokenizer as source_folder.",
        )
    return found


def _tokenizer_id(folder: Path) -> int | None:
    """What the tokenizer's files say, without loading it."""
    ids: Json = {}
    if (path := folder / "tokenizer.json").exists():
        ids = {each["content"]: each["id"] for each in load_json(path).get("added_tokens", ())}
    elif (path := folder / "added_tokens.json").exists():
        ids = load_json(path)
    found = ids.get(_PLACEHOLDER)
    return found if isinstance(found, int) else None


def _copy_files(source: Path, target: Path, patterns: tuple[str, ...]) -> None:
    for path in sorted({path for pattern in patterns for path in source.glob(pattern)}):
        if path.is_file():
            shutil.copyfile(path, target / path.name)


@contextmanager
def _whole_folder(folder: Path, *, overwrite: bool) -> Iterator[Path]:
    """A new folder that takes the name `folder` when the block ends well; else it is removed."""
    _refuse_existing(folder, overwrite=overwrite)
    part = folder.with_name(f".{secrets.token_hex(8)}.part")
    try:
        part.mkdir(parents=True)
        yield part
        _swap(part, folder)
    except OSError as error:
        hint = "Choose a folder where you may write."
        if error.errno in _FULL:
            hint = "Free some space, or choose a folder on another disk."
        reason = error.strerror or str(error)
        raise OutputError(f"{folder} cannot be written: {reason}.", hint) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _refuse_existing(folder: Path, *, overwrite: bool) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if overwrite and (folder / "config.json").is_file():
        return
    what = "is not a model folder" if overwrite else "exists and is not empty"
    raise OutputError(f"{folder} {what}; nothing was written.", "Choose another folder.")


def _swap(part: Path, folder: Path) -> None:
    """Give `part` the name of `folder`; what had it is removed last."""
    old = folder.with_name(f"{part.name}.old")
    if folder.exists():
        folder.rename(old)
    try:
        part.rename(folder)
    except BaseException:  # Ctrl-C too must not leave the folder without its name
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
