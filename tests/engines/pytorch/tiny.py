"""A model of a few thousand weights, prompts for it, and a core that runs it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from shuowen.engines.pytorch.core import EngineCore
from shuowen.engines.pytorch.events import Event, Failed, Finished
from shuowen.engines.pytorch.kv_cache import KVCache
from shuowen.engines.pytorch.options import EngineOptions
from shuowen.engines.pytorch.runner import Runner
from shuowen.engines.pytorch.simple import generate
from shuowen.generation.params import SamplingParams
from shuowen.generation.results import Candidate, Completion
from shuowen.model.config import LanguageConfig, ModelConfig, VisionConfig
from shuowen.model.internvl import InternVL
from shuowen.model.prompt_settings import prompt_settings
from shuowen.prompt.inputs import ImageTiles, ModelInputs
from shuowen.prompt.positions import visual_positions
from shuowen.prompt.processor import Processor
from shuowen.prompt.tokenizer import Tokenizer
from tests.prompt.tiny_tokenizer import write_tokenizer

TILE_PX = 56
TOKENS_PER_TILE = 4
PAGE = 4
"""Small pages, so that short prompts have many."""


@cache
def tiny_tokenizer() -> Tokenizer:
    with TemporaryDirectory() as folder:
        return Tokenizer.from_folder(write_tokenizer(Path(folder)))


def tiny_config(window: int = 4096) -> ModelConfig:
    return ModelConfig(
        vision=VisionConfig(width=16, depth=1, num_heads=2, mlp_width=24, tile_side_px=TILE_PX),
        language=LanguageConfig(
            width=32,
            num_layers=2,
            num_heads=4,
            num_kv_heads=2,
            head_width=8,
            mlp_width=48,
            vocab_size=tiny_tokenizer().vocab_size,
            rope_theta=1e3,
            window=window,
        ),
    )


@cache
def tiny_model(window: int = 4096) -> InternVL:
    """Random and in float64: the fast engine's last bits then decide no token."""
    model = InternVL(tiny_config(window)).double().eval()
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for values in model.parameters():
            random = torch.randn(values.shape, generator=generator)
            scale = 0.2 if values.dim() == 1 else 1.5 * values[0].numel() ** -0.5
            values.copy_(random * scale + (values.dim() == 1))
    return model


def tiny_processor(model: InternVL) -> Processor:
    return Processor(tiny_tokenizer(), prompt_settings(model.config))


def picture(seed: int, num_tiles: int = 1) -> ImageTiles:
    random = np.random.default_rng(seed)
    tiles = random.integers(0, 256, (num_tiles, TILE_PX, TILE_PX, 3), dtype=np.uint8)
    return ImageTiles(tiles, (num_tiles, 1))


def prompt(*parts: Sequence[int] | ImageTiles, step: float = 1.0) -> ModelInputs:
    """Token ids and pictures, one after another."""
    placeholder = tiny_tokenizer().id_of("<IMG_CONTEXT>")
    token_ids: list[int] = []
    mask: list[bool] = []
    for part in parts:
        is_picture = isinstance(part, ImageTiles)
        ids = [placeholder] * (part.num_tiles * TOKENS_PER_TILE) if is_picture else list(part)
        token_ids += ids
        mask += [is_picture] * len(ids)
    return ModelInputs(
        token_ids_T=np.array(token_ids, np.int64),
        positions_T=visual_positions(np.array(mask), step),
        images=tuple(part for part in parts if isinstance(part, ImageTiles)),
        visual_mask_T=np.array(mask),
        position_step=step,
    )


def words(seed: int, num_tokens: int) -> list[int]:
    return np.random.default_rng(seed).integers(0, 256, num_tokens).tolist()


def make_core(
    model: InternVL | None = None, *, num_pages: int = 256, page_tokens: int = PAGE, **options: int
) -> EngineCore:
    model = model or tiny_model()
    weight = model.language.norm.weight
    cache = KVCache(
        model.config.language,
        num_pages=num_pages,
        page_tokens=page_tokens,
        dtype=weight.dtype,
        device=weight.device,
    )
    tokenizer = tiny_tokenizer()
    return EngineCore(Runner(model, cache), tokenizer, tokenizer.eos_ids, EngineOptions(**options))


def check(core: EngineCore) -> None:
    """Every page of the cache is free, resting, or held by those that it says."""
    core.cache.check(each.table for each in core.scheduler.active)


def run_all(core: EngineCore, max_steps: int = 10_000) -> list[Event]:
    """Step until nothing is left to do; the cache is checked after every step."""
    events: list[Event] = []
    for _ in range(max_steps):
        if core.is_idle:
            return events
        events += core.step()
        check(core)
    raise AssertionError("the core does not come to an end")


def answers(events: Sequence[Event]) -> dict[int, Completion]:
    """Completions by request; nothing may have failed."""
    failed = [event for event in events if isinstance(event, Failed)]
    assert not failed, failed
    return {each.request_id: each.completion for each in events if isinstance(each, Finished)}


def ask(core: EngineCore, inputs: ModelInputs, params: SamplingParams) -> Completion:
    request_id = core.submit(inputs, params)
    return answers(run_all(core))[request_id]


def expected(
    inputs: ModelInputs, params: SamplingParams, model: InternVL | None = None
) -> tuple[Candidate, ...]:
    """What the plain loop answers."""
    tokenizer = tiny_tokenizer()
    return generate(model or tiny_model(), tokenizer, tokenizer.eos_ids, inputs, params).candidates
