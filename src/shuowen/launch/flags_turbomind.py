"""Flags of LMDeploy's TurboMind engine alone, and those about speculative decoding."""

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
    Treatment,
)

SPECULATIVE_CONFIG = "--speculative-config"
_VLLM_METHODS = {"hy3_mtp": "hy_v3_mtp"}
_ONE_CARD = Refused("the model is not shared out", "Start LMDeploy or vLLM.", unless=(1,))
_NO_DRAFT = Needless("nothing is guessed ahead, and answers are the same")


def _vllm_async(name: str, value: int) -> Outcome:
    return Outcome(words=("--async-scheduling" if value else "--no-async-scheduling",))


def _vllm_master(name: str, value: str) -> Outcome:
    host, mark, port = value.rpartition(":")
    if not mark or not port.isdigit():
        raise UsageError(f"{name} is {value!r}.", "Write it like 10.0.0.1:23500.")
    return Outcome(words=("--master-addr", host, "--master-port", port))


def _vllm_method(name: str, value: Any) -> Outcome:
    """vLLM wants the number of tokens in any case; the flag for it, which comes later, wins."""
    method = _VLLM_METHODS.get(value, value)
    return Outcome(merged={SPECULATIVE_CONFIG: {"method": method, "num_speculative_tokens": 1}})


def _draft(field: str) -> Converted:
    """A field of vLLM's configuration of speculative decoding."""

    def convert(name: str, value: Any) -> Outcome:
        return Outcome(merged={SPECULATIVE_CONFIG: {field: value}})

    return Converted(f"`{SPECULATIVE_CONFIG}`", convert, field)


def _flag(name: str, says: str, vllm: Treatment, here: Treatment, **more: Any) -> Flag:
    more.setdefault("group", "TurboMind engine")
    return Flag(name=name, says=says, lmdeploy=Passed(), vllm=vllm, here=here, **more)


TURBOMIND_FLAGS = (
    _flag(
        "--cp",
        "Graphics cards that share the attention over a long context; --tp must be a multiple",
        Renamed("--decode-context-parallel-size"),
        _ONE_CARD,
        takes="whole number",
        default="1",
        since="0.11.0",
    ),
    _flag(
        "--rope-scaling-factor",
        "By how much positions are stretched for longer contexts",
        Refused(
            "vLLM takes it from the model's configuration",
            "Write the scaling in --hf-overrides.",
            unless=(0.0,),
        ),
        Refused(
            "the model is asked as it was trained",
            "V2PE (`position_step`) fits long documents into the window.",
            unless=(0.0,),
        ),
        takes="number",
        default="0",
    ),
    _flag(
        "--num-tokens-per-iter",
        "Tokens of one forward pass",
        Needless("--max-prefill-token-num says how much a step holds"),
        Needless("--max-prefill-token-num says how much a step holds"),
        takes="whole number",
    ),
    _flag(
        "--max-prefill-iters",
        "Passes over which a prompt may be spread",
        Needless("prompts are spread over as many as they need"),
        Needless("prompts are spread over as many as they need"),
        takes="whole number",
    ),
    _flag(
        "--async",
        "Prepare the next step while this one is computed: 1, or 0 not to",
        Converted("`--async-scheduling`", _vllm_async),
        Needless("steps follow each other"),
        takes="whole number",
        choices=("0", "1"),
        default="1",
        since="0.12.0",
    ),
    _flag(
        "--communicator",
        "How graphics cards talk to each other",
        Needless("vLLM chooses it by itself"),
        Needless("the model is not shared out"),
        choices=("nccl", "native", "cuda-ipc"),
        default="nccl",
    ),
    _flag(
        "--moe-a2a-backend",
        "How the experts of a mixture talk to each other",
        Refused(
            "vLLM has several kinds of deepep",
            "Write vLLM's --all2all-backend after --.",
            unless=("auto", "default"),
        ),
        Needless("InternVL3 has no experts"),
        choices=("auto", "default", "deepep"),
        default="auto",
        since="0.17.0",
    ),
    _flag(
        "--dist-init-addr",
        "HOST:PORT of machine 0, where machines that share a model find each other",
        Converted("`--master-addr`, `--master-port`", _vllm_master),
        Refused("the model is not shared out", "Start LMDeploy or vLLM."),
        since="0.12.0",
    ),
    _flag(
        "--speculative-algorithm",
        "How tokens are guessed ahead",
        Converted(f"`{SPECULATIVE_CONFIG}`", _vllm_method, "method"),
        _NO_DRAFT,
        group="Speculation",
        choices=("eagle", "eagle3", "deepseek_mtp", "hy3_mtp", "qwen3_5_mtp", "dflash"),
        since="0.11.0",
    ),
    _flag(
        "--speculative-draft-model",
        "The model that guesses",
        _draft("model"),
        _NO_DRAFT,
        group="Speculation",
        since="0.11.0",
    ),
    _flag(
        "--speculative-num-draft-tokens",
        "Tokens that are guessed at a time",
        _draft("num_speculative_tokens"),
        _NO_DRAFT,
        group="Speculation",
        takes="whole number",
        default="1",
        since="0.11.0",
    ),
    _flag(
        "--speculative-dflash-block-size",
        "Length of a block that DFlash guesses",
        Refused("vLLM takes it from the draft model", "Use --speculative-num-draft-tokens."),
        _NO_DRAFT,
        group="Speculation",
        takes="whole number",
        since="0.18.0",
    ),
)
