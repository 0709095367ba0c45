"""From a model's name or folder to an engine that answers."""

from __future__ import annotations

import platform
from functools import partial
from os import PathLike, fspath
from pathlib import Path

import torch

from shuowen.engines.pytorch.core import EngineCore
from shuowen.engines.pytorch.engine import PytorchEngine
from shuowen.engines.pytorch.kv_cache import KVCache, page_bytes
from shuowen.engines.pytorch.options import EngineOptions
from shuowen.engines.pytorch.out_of_memory import is_out_of_memory, no_memory
from shuowen.engines.pytorch.passing_thread import in_a_passing_thread
from shuowen.engines.pytorch.runner import Runner
from shuowen.errors import CapacityError, UsageError
from shuowen.hub.download import resolve_model
from shuowen.machine import available_cores, memory_bytes
from shuowen.model.config_json import read_config_json
from shuowen.model.internvl import InternVL
from shuowen.model.language import LanguageMLP
from shuowen.model.precision import Precision, Weights, precision_of, prepare
from shuowen.model.prompt_settings import prompt_settings
from shuowen.model.weights.load import load_model
from shuowen.prompt.processor import Processor

_ASSUMED_MEMORY_BYTES = 8 * 1024**3
"""Where the system does not say."""


def load_engine(name: str | PathLike[str], options: EngineOptions | None = None) -> PytorchEngine:
    """Load a model and start its engine; a name on a hub is downloaded first when it is not here.

    Args:
        name: A folder, or a name such as "OpenGVLab/InternVL3-1B".
        options: How it runs.

    Raises:
        UsageError: A device that there is not, or weights that the folder's cannot become.
        ModelError: The folder is not that of an InternVL3, or it is damaged.
        CapacityError: Too little memory.
        FetchError: The hub cannot be reached.
    """
    options = options or EngineOptions()
    device = find_device(options.device)
    folder = resolve_model(fspath(name))
    precision = choose_precision(folder, options)
    model = in_a_passing_thread(
        partial(
            load_model,
            folder,
            dtype=dtype_of(precision),
            device=device,
            prepare=partial(prepare, precision=precision),
        )
    )
    processor = Processor.from_folder(folder, prompt_settings(model.config))
    return start_engine(Path(name).name or folder.resolve().name, model, processor, options)


def start_engine(
    model_name: str, model: InternVL, processor: Processor, options: EngineOptions
) -> PytorchEngine:
    """An engine for a model that is in memory already.

    Args:
        model_name: What people call it.
        model: In evaluation mode, on its device; the engine has it to itself.
        processor: Makes its prompts.
        options: `weights` and `device` are the model's own and not looked at.
    """
    if options.compile:
        compile_parts(model)
    core = EngineCore(
        Runner(model, make_cache(model, options)),
        processor.tokenizer,
        processor.stop_ids,
        options,
    )
    return PytorchEngine(model_name, processor, core, options.threads or available_cores())


def choose_precision(folder: Path, options: EngineOptions) -> Precision:
    """How weights are to be kept.

    Raises:
        UsageError: The folder's weights are quantised already, and in another way.
    """
    stored = read_config_json(folder).precision
    if stored is None:
        language = options.weights or default_weights(find_device(options.device))
        return Precision(language=language, vision=options.vision_weights or "same")
    own = precision_of(stored)
    wanted = (options.weights or own.language, options.vision_weights or own.vision)
    if wanted != (own.language, own.vision):
        raise UsageError(
            f"The weights in {folder} are {own.language} ({own.vision} for vision), which cannot"
            f" become {wanted[0]} ({wanted[1]}).",
            "Leave the options out, or load the model that it was quantised from.",
        )
    return own


def dtype_of(precision: Precision) -> torch.dtype:
    """What is computed with, between weights that are kept so."""
    return torch.float32 if precision.language == "float32" else torch.bfloat16


def default_weights(device: torch.device) -> Weights:
    """bfloat16, but float32 on processors that would take longer to compute with less precision."""
    if device.type == "cpu" and platform.machine().lower() in ("x86_64", "amd64"):
        has_bf16 = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
        return "bf16" if has_bf16 else "float32"
    return "bf16"


def find_device(name: str) -> torch.device:
    """The device of a name; raises `UsageError` where this machine has none such."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise UsageError(
            f"There is no device {name!r} here.",
            'Choose "auto", "cpu" or, with an NVIDIA GPU and its PyTorch, "cuda".',
        ) from error
    return device


def make_cache(model: InternVL, options: EngineOptions) -> KVCache:
    """The key-value cache that the options, or the memory, allow.

    Raises:
        CapacityError: Not even one page fits, or the memory does not hold what the options ask.
    """
    language = model.config.language
    weight = model.language.norm.weight
    size = page_bytes(language, options.page_tokens, weight.dtype)
    num_bytes = options.kv_cache_bytes or default_cache_bytes(weight.device, model)
    longest = options.max_running * language.window // options.page_tokens
    num_pages = num_bytes // size if options.kv_cache_bytes else min(num_bytes // size, longest)
    if not num_pages:
        raise CapacityError(
            f"{num_bytes} bytes hold no page of the key-value cache, which takes {size}.",
            "Raise kv_cache_bytes, or close other programs.",
        )
    try:
        return KVCache(
            language,
            num_pages=num_pages,
            page_tokens=options.page_tokens,
            dtype=weight.dtype,
            device=weight.device,
        )
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise no_memory(f"for a key-value cache of {num_bytes} bytes") from error


def default_cache_bytes(device: torch.device, model: InternVL) -> int:
    """Half of the memory that the weights leave; on a GPU, where that is known, four fifths."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0] * 0.8)
    tensors = (*model.parameters(), *model.buffers())
    weights_bytes = sum(tensor.nbytes for tensor in tensors)
    return max(0, (memory_bytes() or _ASSUMED_MEMORY_BYTES) - weights_bytes) // 2


def compile_parts(model: InternVL) -> None:
    """Compile what has no data-dependent steps: all but the attention over the cache.

    A language layer calls back into the engine for attention, which the compiler cannot follow, so
    its MLP is compiled; the vision encoder and the projector are compiled whole.
    """
    model.vision.compile()
    model.projector.compile()
    for module in model.language.modules():
        if isinstance(module, LanguageMLP):
            module.compile(dynamic=True)
