"""LoRA and DoRA on our modules, through peft: only small matrices are trained.

::

    y = W x + (alpha / rank) · B (A x)        A (rank, in), B (out, rank) = 0 at the start
    DoRA: the rows of W + (alpha / rank) B A are brought to learnt lengths

The layers keep their names (`language.layers.0.attention.qkv`), and gain parts below. `qkv` and
`gate_up` are fused here, so that their queries, keys and values share one A where upstream, with
three matrices, has three; a rank of 3 · r on `qkv` could express whatever upstream's r can.

LoRA (arXiv 2106.09685) §4.1; DoRA (arXiv 2402.09353) §4.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import Tensor, nn

from shuowen.errors import MissingExtraError, ModelError, OutputError
from shuowen.model.internvl import InternVL
from shuowen.train.recipe import Adapter, Trainable

CONFIG_FILE, WEIGHTS_FILE = "adapter_config.json", "adapter_model.safetensors"

_PARTS = {
    "language": r"language\.layers\.\d+\.(attention\.(qkv|out)|mlp\.(gate_up|down))",
    "vision": r"vision\.blocks\.\d+\.(attention\.(qkv|out)|mlp\.(up|down))",
    "projector": r"projector\.linear[12]",
}
_DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}
_NAME = "default"  # peft's name of an adapter where there is only one
_OURS = re.compile(r"\.(lora_A|lora_B|lora_magnitude_vector)\.")


def set_trainable(model: InternVL, trainable: Trainable) -> None:
    """Choose what training changes, and add an adapter where the recipe has one.

    Args:
        model: Is changed.
        trainable: Of the recipe. "no_vision" freezes the vision encoder; projector and language
            model stay (upstream's `freeze_backbone`). "no_language" freezes the language model.
    """
    if isinstance(trainable, Adapter):
        add_adapter(model, trainable)
        return
    model.requires_grad_(True)
    model.vision.requires_grad_(trainable != "no_vision")
    model.language.requires_grad_(trainable != "no_language")


def add_adapter(model: InternVL, adapter: Adapter) -> None:
    """Put small matrices beside the linear layers; only they are trainable after it.

    The output does not change: B is zero. (DoRA divides by a norm and multiplies by it, so it
    changes in the last bits.)

    Args:
        model: In floating-point weights; is changed.
        adapter: Kind, rank, which parts, and the type that frozen weights get. The adapter itself
            is float32.

    Raises:
        MissingExtraError: peft is not installed.
        ModelError: The model has an adapter already.
    """
    if any(True for _ in _adapted(model)):
        raise ModelError("The model has an adapter already.", "Merge it with merge_adapter first.")
    peft = _peft()
    model.requires_grad_(False)
    model.to(_DTYPES[adapter.frozen_dtype])
    config = peft.LoraConfig(
        r=adapter.rank,
        lora_alpha=round(adapter.scale * adapter.rank),
        lora_dropout=adapter.dropout,
        use_dora=adapter.kind == "dora",
        target_modules=_targets(adapter),
        bias="none",
    )
    peft.inject_adapter_in_model(config, model, adapter_name=_NAME)
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()


def adapted_layers(model: InternVL, adapter: Adapter) -> list[nn.Linear]:
    """Layers of a model without an adapter that one of this kind would be put beside."""
    pattern = re.compile(_targets(adapter))
    named = model.named_modules()
    return [m for name, m in named if pattern.fullmatch(name) and isinstance(m, nn.Linear)]


def merge_adapter(model: InternVL) -> None:
    """Add the small matrices into the weights and take them away: an ordinary model again.

    Needed before `model.weights.save.save_model`. Does nothing where there is no adapter. All
    weights are trainable after it.
    """
    for parent, name, layer in list(_adapted(model)):
        layer.merge(safe_merge=True)
        setattr(parent, name, layer.get_base_layer())
    model.requires_grad_(True)


def adapter_state(model: nn.Module) -> dict[str, Tensor]:
    """The small matrices by name: "language.layers.0.mlp.down.lora_A.default.weight"."""
    return {
        name: values.detach() for name, values in model.named_parameters() if _OURS.search(name)
    }


def save_adapter(model: InternVL, folder: Path, adapter: Adapter) -> None:
    """Write the adapter alone: tens of megabytes where the model has gigabytes.

    Args:
        model: With an adapter.
        folder: Is made; `adapter_config.json` and `adapter_model.safetensors` in it are replaced.
        adapter: What the model was given.

    Raises:
        ModelError: The model has none.
        OutputError: The folder cannot be written.
    """
    from safetensors.torch import save

    state = {name: values.cpu().contiguous() for name, values in adapter_state(model).items()}
    if not state:
        raise ModelError("The model has no adapter to save.", "Call add_adapter first.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Both under another name first, so that a full disk leaves the old adapter whole.
        for name, content in (
            (WEIGHTS_FILE, save(state)),
            (CONFIG_FILE, msgspec.json.encode(adapter)),
        ):
            part = folder / f".{name}.part"
            part.write_bytes(content)
            part.replace(folder / name)
    except OSError as error:
        raise OutputError(
            f"The adapter cannot be written to {folder}: {error.strerror or error}.",
            "Free some space, or choose another folder.",
        ) from error


def load_adapter(model: InternVL, folder: Path) -> Adapter:
    """Give a model the adapter that `save_adapter` wrote.

    Args:
        model: The one that the adapter was trained on; is changed.
        folder: Of the adapter.

    Returns:
        What the adapter is.

    Raises:
        ModelError: There is none, it is damaged, or it is for another model.
        MissingExtraError: peft is not installed.
    """
    from safetensors.torch import load

    try:
        adapter = msgspec.json.decode((folder / CONFIG_FILE).read_bytes(), type=Adapter)
        stored = load((folder / WEIGHTS_FILE).read_bytes())
    except FileNotFoundError as error:
        raise ModelError(
            f"{folder} holds no adapter: {Path(error.filename).name} is missing.",
            "Name the folder that save_adapter wrote.",
        ) from error
    except Exception as error:  # msgspec's, safetensors' own and OSError have no common parent
        raise ModelError(
            f"The adapter in {folder} is damaged: {error}.", "Copy it again, or train it anew."
        ) from error
    add_adapter(model, adapter)
    _fill(adapter_state(model), stored, folder)
    return adapter


def _fill(own: dict[str, Tensor], stored: dict[str, Tensor], folder: Path) -> None:
    shapes = [{name: tuple(x.shape) for name, x in each.items()} for each in (own, stored)]
    if shapes[0] != shapes[1]:
        odd = sorted(set(shapes[0].items()) ^ set(shapes[1].items()))[0][0]
        raise ModelError(
            f"The adapter in {folder} is for another model: {odd} does not fit.",
            "Load the model that it was trained on.",
        )
    for name, values in own.items():
        values.copy_(stored[name])


def _targets(adapter: Adapter) -> str:
    return "|".join(f"({_PARTS[part]})" for part in adapter.parts)


def _adapted(model: nn.Module) -> Iterator[tuple[nn.Module, str, Any]]:
    """Parent, name and the layer itself of every layer that has an adapter."""
    for parent in model.modules():
        for name, child in parent.named_children():
            if hasattr(child, "lora_A") and hasattr(child, "get_base_layer"):
                yield parent, name, child


def _peft() -> Any:
    try:
        return importlib.import_module("peft")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("peft", "transformers", "accelerate"):
            raise
        raise MissingExtraError(
            f"An adapter needs the package {error.name}, which is not installed.",
            'Run: pip install "shuowen[train]"',
        ) from error
