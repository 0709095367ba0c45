"""Flags of LMDeploy's PyTorch engine alone (`--backend pytorch`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shuowen.errors import UsageError
from shuowen.launch.flag import Flag
from shuowen.launch.treatment import (
    Converted,
    Needless,
    Outcome,
    Passed,
    Refused,
    Renamed,
    Treatment,
    Value,
)

_DIFFUSION = Refused("it is for language models that write by diffusion, which InternVL3 is not")
_HYBRID = Refused("it is for models with a recurrent state, which InternVL3 has not", unless=(0,))
_SPLIT = Refused(
    "prefill and decoding on different machines need `lmdeploy serve proxy` in front",
    "Leave it out; one engine does both.",
)
_EXPERTS = Refused("InternVL3 has no experts")
_GPU_ONLY = Needless("it only concerns how a graphics card is used")


def _vllm_adapters(name: str, value: Sequence[str]) -> Outcome:
    """LMDeploy calls a single adapter without a name "default"."""
    named = [each if "=" in each else f"default={each}" for each in value]
    return Outcome(words=("--enable-lora", "--lora-modules", *named) if named else ())


def _vllm_device(name: str, value: Any) -> Outcome:
    if value == "cuda":
        return Outcome()
    raise UsageError(
        f"{name} {value} is not supported by the vLLM that pip installs.",
        "Start vLLM with its plug-in for that device by hand, and: shuowen serve --upstream URL",
    )


def _device_here(name: str, value: Any) -> Outcome:
    if value == "cuda":
        return Outcome(options={"device": "auto"})
    raise UsageError(f"{name} {value} is not supported here.", "Start LMDeploy, which has it.")


def _vllm_logprobs(name: str, value: Any) -> Outcome:
    return Outcome(words=() if value == "None" else (name, value))


def _vllm_blocks(name: str, value: int) -> Outcome:
    return Outcome(words=("--num-gpu-blocks-override", str(value)) if value else ())


def _flag(
    name: str, says: str, lmdeploy: Treatment, vllm: Treatment, here: Treatment, **more: Any
) -> Flag:
    return Flag(
        name=name,
        group="PyTorch engine",
        says=says,
        lmdeploy=lmdeploy,
        vllm=vllm,
        here=here,
        **more,
    )


def _only_lmdeploy(name: str, says: str, elsewhere: Treatment, **more: Any) -> Flag:
    return _flag(name, says, Passed(), elsewhere, elsewhere, **more)


def _nowhere(name: str, says: str, refused: Refused, **more: Any) -> Flag:
    return _flag(name, says, refused, refused, refused, **more)


def _refused_but(refused: Refused, *values: Value) -> Refused:
    return Refused(refused.note, refused.instead, values)


PYTORCH_FLAGS = (
    _flag(
        "--adapters",
        "LoRA adapters, as NAME=FOLDER",
        Passed(),
        Converted("`--lora-modules`", _vllm_adapters),
        Refused("adapters are not loaded", "Start LMDeploy or vLLM."),
        many="*",
    ),
    _flag(
        "--device",
        "Kind of accelerator",
        Passed(),
        Converted("cuda", _vllm_device, "others are refused"),
        Converted("`device`", _device_here, "cuda, where there is one"),
        choices=("cuda", "ascend", "maca", "camb"),
        default="cuda",
    ),
    _flag(
        "--eager-mode",
        "Use no CUDA graphs",
        Passed(),
        Renamed("--enforce-eager"),
        _GPU_ONLY,
        takes="nothing",
    ),
    _nowhere(
        "--empty-init",
        "Start without weights, which another program brings",
        Refused("the server would answer nothing until then"),
        takes="nothing",
        since="0.18.0",
    ),
    _flag(
        "--logprobs-mode",
        "Which log-probabilities are told",
        Passed("raw_logprobs unless it is given, so that requests may ask for them"),
        Converted("`--logprobs-mode`", _vllm_logprobs),
        Refused("log-probabilities are told, raw", unless=("None", "raw_logprobs")),
        choices=("None", "raw_logits", "raw_logprobs"),
        since="0.10.0",
    ),
    _only_lmdeploy(
        "--dllm-block-length",
        "Tokens of a block of diffusion",
        _DIFFUSION,
        takes="whole number",
        since="0.10.1",
    ),
    _only_lmdeploy(
        "--dllm-unmasking-strategy",
        "Which tokens diffusion settles first",
        _DIFFUSION,
        choices=("low_confidence_dynamic", "low_confidence_static", "sequential"),
        since="0.10.1",
    ),
    _only_lmdeploy(
        "--dllm-denoising-steps",
        "Steps of diffusion",
        _DIFFUSION,
        takes="whole number",
        since="0.10.1",
    ),
    _only_lmdeploy(
        "--dllm-confidence-threshold",
        "From which confidence diffusion settles a token",
        _DIFFUSION,
        takes="number",
        since="0.10.1",
    ),
    _only_lmdeploy(
        "--enable-return-routed-experts",
        "Tell which experts computed a token",
        _EXPERTS,
        takes="nothing",
        since="0.11.0",
    ),
    _flag(
        "--distributed-executor-backend",
        "What starts the processes on several cards: uni, mp, or ray over a running cluster",
        Passed(),
        Passed(),
        Needless("the model is not shared out"),
        choices=("uni", "mp", "ray"),
        since="0.11.0",
    ),
    _only_lmdeploy(
        "--kernel-block-size",
        "Tokens in a block of the cache, as kernels see it",
        Needless("blocks are the same for all"),
        takes="whole number",
        since="0.13.0",
    ),
    _only_lmdeploy(
        "--prefix-cache-state-budget",
        "Room for states of recurrent layers",
        _HYBRID,
        takes="whole number",
        since="0.14.0",
    ),
    _only_lmdeploy(
        "--prefix-cache-decode-state-interval",
        "How often such states are kept",
        _HYBRID,
        takes="whole number",
        since="0.14.0",
    ),
    _flag(
        "--num-gpu-blocks",
        "Blocks of the cache of keys and values; 0 by the memory there is",
        Passed(),
        Converted("`--num-gpu-blocks-override`", _vllm_blocks),
        _GPU_ONLY,
        takes="whole number",
        since="0.18.0",
    ),
    _flag(
        "--enable-microbatch",
        "Compute two halves of a batch in turns",
        Passed(),
        Renamed("--enable-dbo"),
        _GPU_ONLY,
        takes="nothing",
        since="0.8.0",
    ),
    _flag(
        "--enable-eplb",
        "Balance experts over cards",
        Passed(),
        Passed(),
        _EXPERTS,
        takes="nothing",
        since="0.9.0",
    ),
    _nowhere(
        "--role",
        "Which half of the work this engine does",
        _refused_but(_SPLIT, "Hybrid"),
        choices=("Hybrid", "Prefill", "Decode"),
        default="Hybrid",
        since="0.9.0",
    ),
    _nowhere(
        "--migration-backend",
        "What carries keys and values between such halves",
        _SPLIT,
        choices=("DLSlime", "Mooncake"),
        since="0.9.0",
    ),
    _flag(
        "--cudagraph-capture-batch-sizes",
        "Batch sizes with CUDA graphs",
        Passed(),
        Renamed("--cudagraph-capture-sizes"),
        _GPU_ONLY,
        takes="whole number",
        many="+",
        since="0.14.0",
    ),
    _only_lmdeploy(
        "--piecewise-cudagraph-max-tokens",
        "Most tokens of a prompt with CUDA graphs",
        Needless("it is chosen by itself"),
        takes="whole number",
        since="0.18.0",
    ),
    _flag(
        "--kv-transfer-config",
        "Where keys and values are kept outside the engine",
        Passed(),
        Refused(
            "vLLM's own connectors have other names", "Write vLLM's --kv-transfer-config after --."
        ),
        Refused("keys and values stay in the engine"),
        takes="JSON",
        since="0.17.0",
    ),
)
