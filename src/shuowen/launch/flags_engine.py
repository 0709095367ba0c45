"""Flags that both engines of LMDeploy have: memory, precision, several graphics cards."""

from __future__ import annotations

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
    Value,
    words_of,
)

QUANT_POLICIES = {"none": 0, "int4": 4, "int8": 8, "fp8": 16, "fp8_e4m3": 16, "fp8_e5m2": 17}
QUANT_POLICIES |= {"turbo_quant": 42}
"""LMDeploy's numbers for how keys and values are kept (messages.py, QuantPolicy)."""
_VLLM_CACHES = {4: "int4_per_token_head", 8: "int8_per_token_head", 16: "fp8", 17: "fp8_e5m2"}
_NO_MODEL_FORMATS = "Use `--backend turbomind` or vllm, or quantise with `shuowen models quantise`."
_ONE_GPU = "Shuowen itself runs a model on one graphics card, or on the processor"
_CLUSTER = "Start LMDeploy or vLLM, which can share a model out."


def quant_policy_of(value: Value) -> int:
    """LMDeploy's number, by name or number; raises `UsageError` for another."""
    text = str(value).lower()
    number = QUANT_POLICIES.get(text, int(text) if text.isdigit() else -1)
    if number not in QUANT_POLICIES.values():
        raise UsageError(
            f"--quant-policy is {value!r}.", f"Choose one of: {', '.join(QUANT_POLICIES)}."
        )
    return number


def _quant_policy(name: str, value: Any) -> Outcome:
    # Releases before 0.17 know the numbers alone.
    return Outcome(words=(name, str(quant_policy_of(value))))


def _vllm_quant_policy(name: str, value: Any) -> Outcome:
    number = quant_policy_of(value)
    if not number:
        return Outcome()
    if number not in _VLLM_CACHES:
        raise UsageError(
            f"vLLM has several kinds of {name} {value}.",
            "Choose one after --, as in: -- --kv-cache-dtype turboquant_4bit_nc",
        )
    kept = _VLLM_CACHES[number]
    told = f"{name} {value} becomes --kv-cache-dtype {kept}."
    return Outcome(words=("--kv-cache-dtype", kept), told=told)


def _vllm_model_format(name: str, value: Any) -> Outcome:
    return Outcome() if value == "hf" else Outcome(words=("--quantization", value))


def _dtype_here(name: str, value: Any) -> Outcome:
    if value == "float16":
        raise UsageError(
            "--dtype float16 is not supported here: weights are bfloat16 or float32.",
            "Leave it out, or write --dtype bfloat16.",
        )
    return Outcome(options={} if value == "auto" else {"weights": "bf16"})


def _vllm_ep(name: str, value: Any) -> Outcome:
    told = f"{name} {value} becomes --enable-expert-parallel: over all of its cards."
    return Outcome(words=("--enable-expert-parallel",), told=told) if value > 1 else Outcome()


def _vllm_memory(name: str, value: Any) -> Outcome:
    told = (
        f"{name} {value} becomes --gpu-memory-utilization {value}: LMDeploy takes that share of the"
        " memory that the weights leave for its cache, vLLM that share of the whole card for all."
    )
    return Outcome(words=("--gpu-memory-utilization", str(value)), told=told)


def _option(field: str) -> Converted:
    """A field of our own engine's options."""

    def convert(name: str, value: Any) -> Outcome:
        return Outcome(options={field: value})

    return Converted(f"`{field}`", convert)


def _words(name: str) -> Converted:
    def convert(_: str, value: Any) -> Outcome:
        return Outcome(words=words_of(name, value) if value else ())

    return Converted(f"`{name}`", convert)


ENGINE_FLAGS = (
    Flag(
        name="--dtype",
        group="Engine",
        says="Precision of weights and of what is computed",
        lmdeploy=Passed(),
        vllm=Passed(),
        here=Converted("`weights`", _dtype_here, "float16 is refused"),
        choices=("auto", "float16", "bfloat16"),
        default="auto",
    ),
    Flag(
        name="--tp",
        group="Engine",
        says="Graphics cards that share every layer; a power of two",
        lmdeploy=Passed(),
        vllm=Renamed("--tensor-parallel-size"),
        here=Needless("the model is not shared out"),
        takes="whole number",
        default="1",
    ),
    Flag(
        name="--dp",
        group="Engine",
        says="Copies of the model that share the requests",
        lmdeploy=Passed("with --backend pytorch only 1: it starts servers that need a proxy"),
        vllm=Renamed("--data-parallel-size"),
        here=Refused(_ONE_GPU, _CLUSTER, unless=(1,)),
        takes="whole number",
        default="1",
        since="0.8.0",
    ),
    Flag(
        name="--ep",
        group="Engine",
        says="Graphics cards that share the experts of a mixture",
        lmdeploy=Passed(),
        vllm=Converted("`--enable-expert-parallel`", _vllm_ep),
        here=Refused(_ONE_GPU, _CLUSTER, unless=(1,)),
        takes="whole number",
        default="1",
        since="0.8.0",
    ),
    Flag(
        name="--session-len",
        group="Engine",
        says="Longest prompt and answer together, in tokens",
        lmdeploy=Passed(),
        vllm=Renamed("--max-model-len"),
        here=Needless("the model's whole window is there, and memory is given out by need"),
        takes="whole number",
        default="the model's window",
    ),
    Flag(
        name="--max-batch-size",
        group="Engine",
        says="Answers that are written at the same time",
        lmdeploy=Passed(),
        vllm=Renamed("--max-num-seqs"),
        here=_option("max_running"),
        takes="whole number",
    ),
    Flag(
        name="--cache-max-entry-count",
        group="Engine",
        says="Share of the graphics memory left by the weights that keys and values may take",
        lmdeploy=Passed(),
        vllm=Converted(
            "`--gpu-memory-utilization`", _vllm_memory, "of the whole card, weights included"
        ),
        here=Needless("keys and values take what the weights leave, up to what can be used"),
        takes="number",
        default="0.8",
    ),
    Flag(
        name="--cache-block-seq-len",
        group="Engine",
        says="Tokens in a block of the cache of keys and values",
        lmdeploy=Passed(),
        vllm=Renamed("--block-size"),
        here=_option("page_tokens"),
        takes="whole number",
        default="64",
    ),
    Flag(
        name="--enable-prefix-caching",
        group="Engine",
        says="Compute beginnings that prompts share only once",
        lmdeploy=Passed(),
        vllm=Passed(),
        here=Needless("it always is so"),
        takes="nothing",
    ),
    Flag(
        name="--max-prefill-token-num",
        group="Engine",
        says="Most tokens of prompts in one step",
        lmdeploy=Passed(),
        vllm=Renamed("--max-num-batched-tokens"),
        here=_option("prefill_chunk_tokens"),
        takes="whole number",
        default="8192",
    ),
    Flag(
        name="--quant-policy",
        group="Engine",
        says="How keys and values are kept: none, int4, int8, fp8, fp8_e5m2, turbo_quant, or"
        " LMDeploy's number",
        lmdeploy=Converted("`--quant-policy`", _quant_policy, "as a number"),
        vllm=Converted(
            "`--kv-cache-dtype`", _vllm_quant_policy, "turbo_quant is refused: vLLM has several"
        ),
        here=Needless("keys and values are kept as they are computed"),
        default="0",
    ),
    Flag(
        name="--model-format",
        group="Engine",
        says="How the weights are stored",
        lmdeploy=Passed(),
        vllm=Converted("`--quantization`", _vllm_model_format, "hf is the default"),
        here=Refused(
            "the folder says how its weights are stored", _NO_MODEL_FORMATS, unless=("hf",)
        ),
        choices=("hf", "awq", "gptq", "compressed-tensors", "fp8", "mxfp4"),
    ),
    Flag(
        name="--hf-overrides",
        group="Engine",
        says="Fields of the model's config.json that are to be others",
        lmdeploy=Passed(),
        vllm=Passed(),
        here=Refused("the model is what its folder says", "Change its config.json.", ({},)),
        takes="JSON",
        since="0.9.2",
    ),
    Flag(
        name="--language-model-only",
        group="Engine",
        says="Load no part that sees",
        lmdeploy=Passed("up to LMDeploy 0.14 called --disable-vision-encoder"),
        vllm=_words("--language-model-only"),
        here=Refused("the model is loaded as a whole"),
        takes="nothing",
        since="0.15.0",
    ),
    Flag(
        name="--nnodes",
        group="Engine",
        says="Machines that share the model",
        lmdeploy=Passed(),
        vllm=Passed(),
        here=Refused(_ONE_GPU, _CLUSTER, unless=(1,)),
        takes="whole number",
        default="1",
        since="0.9.0",
    ),
    Flag(
        name="--node-rank",
        group="Engine",
        says="Which of these machines this is, from 0; only number 0 serves, others compute",
        lmdeploy=Passed(),
        vllm=Passed("with --headless from number 1 on"),
        here=Refused(_ONE_GPU, _CLUSTER, unless=(0,)),
        takes="whole number",
        default="0",
        since="0.9.0",
    ),
)
