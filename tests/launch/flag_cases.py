"""For every flag of LMDeploy's: how it is given, and what it comes to on each engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MODEL = "OpenGVLab/InternVL3-14B-Instruct"


@dataclass(frozen=True)
class Told:
    """No words for the engine, but a sentence that holds this."""

    text: str


@dataclass(frozen=True)
class Error:
    """A `UsageError` whose message holds this."""

    text: str


Expected = tuple[str, ...] | Told | Error
"""Words on the engine's command line, next to each other; () for no change at all."""


@dataclass(frozen=True)
class Case:
    """A flag as it is given.

    Attributes:
        given: The words.
        lmdeploy, vllm: What is expected of the commands.
        here: What is expected of our own engine: its options, a sentence, an error.
        backend: LMDeploy's engine that has the flag.
    """

    given: str
    lmdeploy: Expected
    vllm: Expected
    here: dict[str, Any] | Told | Error
    backend: str = "turbomind"


NOTHING: tuple[str, ...] = ()
NO_OPTIONS: dict[str, Any] = {}
DIFFUSION, RECURRENT, EXPERTS = Error("diffusion"), Error("recurrent"), Error("no experts")
OURS = (NOTHING, NOTHING, NO_OPTIONS)
SAME = Told("no effect")


def w(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def pytorch(given: str, lmdeploy: Expected, vllm: Expected, here: Any) -> Case:
    return Case(given, lmdeploy, vllm, here, backend="pytorch")


CASES: dict[str, Case] = {
    "--server-name": Case("--server-name 0.0.0.0", *OURS),
    "--server-port": Case("--server-port 8000", *OURS),
    "--allow-origins": Case("--allow-origins http://a http://b", *OURS),
    "--allow-credentials": Case("--allow-credentials", SAME, SAME, SAME),
    "--allow-methods": Case("--allow-methods GET POST", SAME, SAME, SAME),
    "--allow-headers": Case("--allow-headers X-A", SAME, SAME, SAME),
    "--proxy-url": Case("--proxy-url http://p:8000", *[Error("around this server")] * 3),
    "--max-concurrent-requests": Case("--max-concurrent-requests 7", *OURS),
    "--allowed-media-domains": Case("--allowed-media-domains a.org", *OURS),
    "--log-level": Case("--log-level INFO", w("--log-level INFO"), NOTHING, NO_OPTIONS),
    "--api-keys": Case("--api-keys sk-1 sk-2", *OURS),
    "--ssl": Case("--ssl", *OURS),
    "--model-name": Case(
        "--model-name eye", w("--model-name eye"), w("--served-model-name eye"), NO_OPTIONS
    ),
    "--max-log-len": Case("--max-log-len 9", w("--max-log-len 9"), SAME, SAME),
    "--disable-fastapi-docs": Case("--disable-fastapi-docs", *OURS),
    "--allow-terminate-by-client": Case(
        "--allow-terminate-by-client", *[Error("must not end everybody")] * 3
    ),
    "--enable-abort-handling": Case("--enable-abort-handling", SAME, SAME, SAME),
    "--disable-metrics": Case(
        "--disable-metrics", w("--disable-metrics"), w("--disable-log-stats"), SAME
    ),
    "--backend": Case("--backend turbomind", w("--backend turbomind"), NOTHING, NO_OPTIONS),
    "--trust-remote-code": Case(
        "--trust-remote-code", w("--trust-remote-code"), w("--trust-remote-code"), SAME
    ),
    "--chat-template": Case(
        "--chat-template internvl2_5",
        w("--chat-template /templates/internvl2_5.lmdeploy.json"),
        w("--chat-template /templates/internvl2_5.jinja"),
        NO_OPTIONS,
    ),
    "--tool-call-parser": Case(
        "--tool-call-parser qwen2d5",
        w("--tool-call-parser qwen2d5"),
        w("--enable-auto-tool-choice --tool-call-parser hermes"),
        SAME,
    ),
    "--reasoning-parser": Case(
        "--reasoning-parser deepseek-r1",
        w("--reasoning-parser deepseek-r1"),
        w("--reasoning-parser deepseek_r1"),
        Error("does not mark"),
    ),
    "--revision": Case("--revision v1", w("--revision v1"), w("--revision v1"), {"revision": "v1"}),
    "--download-dir": Case(
        "--download-dir /m", w("--download-dir /m"), w("--download-dir /m"), Error("cache")
    ),
    "--generation-config": Case(
        "--generation-config lmdeploy",
        w("--generation-config lmdeploy"),
        w("--generation-config vllm"),
        NO_OPTIONS,
    ),
    "--vision-max-batch-size": Case(
        "--vision-max-batch-size 4", w("--vision-max-batch-size 4"), SAME, SAME
    ),
    "--dtype": Case(
        "--dtype bfloat16", w("--dtype bfloat16"), w("--dtype bfloat16"), {"weights": "bf16"}
    ),
    "--tp": Case("--tp 2", w("--tp 2"), w("--tensor-parallel-size 2"), SAME),
    "--dp": Case("--dp 2", w("--dp 2"), w("--data-parallel-size 2"), Error("one graphics card")),
    "--ep": Case("--ep 2", w("--ep 2"), w("--enable-expert-parallel"), Error("one graphics card")),
    "--session-len": Case(
        "--session-len 8192", w("--session-len 8192"), w("--max-model-len 8192"), SAME
    ),
    "--max-batch-size": Case(
        "--max-batch-size 8", w("--max-batch-size 8"), w("--max-num-seqs 8"), {"max_running": 8}
    ),
    "--cache-max-entry-count": Case(
        "--cache-max-entry-count 0.5",
        w("--cache-max-entry-count 0.5"),
        w("--gpu-memory-utilization 0.5"),
        SAME,
    ),
    "--cache-block-seq-len": Case(
        "--cache-block-seq-len 128",
        w("--cache-block-seq-len 128"),
        w("--block-size 128"),
        {"page_tokens": 128},
    ),
    "--enable-prefix-caching": Case(
        "--enable-prefix-caching",
        w("--enable-prefix-caching"),
        w("--enable-prefix-caching"),
        SAME,
    ),
    "--max-prefill-token-num": Case(
        "--max-prefill-token-num 4096",
        w("--max-prefill-token-num 4096"),
        w("--max-num-batched-tokens 4096"),
        {"prefill_chunk_tokens": 4096},
    ),
    "--quant-policy": Case(
        "--quant-policy int8",
        w("--quant-policy 8"),
        w("--kv-cache-dtype int8_per_token_head"),
        SAME,
    ),
    "--model-format": Case(
        "--model-format awq",
        w("--model-format awq"),
        w("--quantization awq"),
        Error("how its weights are stored"),
    ),
    "--hf-overrides": Case(
        "--hf-overrides.a.b=1",
        ("--hf-overrides", '{"a": {"b": 1}}'),
        ("--hf-overrides", '{"a": {"b": 1}}'),
        Error("what its folder says"),
    ),
    "--language-model-only": Case(
        "--language-model-only",
        w("--language-model-only"),
        w("--language-model-only"),
        Error("as a whole"),
    ),
    "--nnodes": Case("--nnodes 2", w("--nnodes 2"), w("--nnodes 2"), Error("one graphics card")),
    "--node-rank": Case(
        "--node-rank 1", w("--node-rank 1"), w("--node-rank 1"), Error("one graphics card")
    ),
    "--adapters": pytorch(
        "--adapters a=/x b=/y",
        w("--adapters a=/x b=/y"),
        w("--enable-lora --lora-modules a=/x b=/y"),
        Error("not loaded"),
    ),
    "--device": Case("--device cuda", w("--device cuda"), NOTHING, {"device": "auto"}),
    "--eager-mode": pytorch("--eager-mode", w("--eager-mode"), w("--enforce-eager"), SAME),
    "--empty-init": pytorch("--empty-init", *[Error("answer nothing")] * 3),
    "--logprobs-mode": pytorch(
        "--logprobs-mode raw_logits",
        w("--logprobs-mode raw_logits"),
        w("--logprobs-mode raw_logits"),
        Error("raw"),
    ),
    "--dllm-block-length": pytorch(
        "--dllm-block-length 4", w("--dllm-block-length 4"), DIFFUSION, DIFFUSION
    ),
    "--dllm-unmasking-strategy": pytorch(
        "--dllm-unmasking-strategy sequential",
        w("--dllm-unmasking-strategy sequential"),
        DIFFUSION,
        DIFFUSION,
    ),
    "--dllm-denoising-steps": pytorch(
        "--dllm-denoising-steps 4", w("--dllm-denoising-steps 4"), DIFFUSION, DIFFUSION
    ),
    "--dllm-confidence-threshold": pytorch(
        "--dllm-confidence-threshold 0.9",
        w("--dllm-confidence-threshold 0.9"),
        DIFFUSION,
        DIFFUSION,
    ),
    "--enable-return-routed-experts": pytorch(
        "--enable-return-routed-experts", w("--enable-return-routed-experts"), EXPERTS, EXPERTS
    ),
    "--distributed-executor-backend": pytorch(
        "--distributed-executor-backend ray",
        w("--distributed-executor-backend ray"),
        w("--distributed-executor-backend ray"),
        SAME,
    ),
    "--kernel-block-size": pytorch(
        "--kernel-block-size 64", w("--kernel-block-size 64"), SAME, SAME
    ),
    "--prefix-cache-state-budget": pytorch(
        "--prefix-cache-state-budget 2", w("--prefix-cache-state-budget 2"), RECURRENT, RECURRENT
    ),
    "--prefix-cache-decode-state-interval": pytorch(
        "--prefix-cache-decode-state-interval 2",
        w("--prefix-cache-decode-state-interval 2"),
        RECURRENT,
        RECURRENT,
    ),
    "--num-gpu-blocks": pytorch(
        "--num-gpu-blocks 99", w("--num-gpu-blocks 99"), w("--num-gpu-blocks-override 99"), SAME
    ),
    "--enable-microbatch": pytorch(
        "--enable-microbatch", w("--enable-microbatch"), w("--enable-dbo"), SAME
    ),
    "--enable-eplb": pytorch("--enable-eplb", w("--enable-eplb"), w("--enable-eplb"), EXPERTS),
    "--role": pytorch("--role Prefill", *[Error("lmdeploy serve proxy")] * 3),
    "--migration-backend": pytorch(
        "--migration-backend Mooncake", *[Error("lmdeploy serve proxy")] * 3
    ),
    "--cudagraph-capture-batch-sizes": pytorch(
        "--cudagraph-capture-batch-sizes 1 2",
        w("--cudagraph-capture-batch-sizes 1 2"),
        w("--cudagraph-capture-sizes 1 2"),
        SAME,
    ),
    "--piecewise-cudagraph-max-tokens": pytorch(
        "--piecewise-cudagraph-max-tokens 512",
        w("--piecewise-cudagraph-max-tokens 512"),
        SAME,
        SAME,
    ),
    "--kv-transfer-config": pytorch(
        "--kv-transfer-config.kv_role=kv_both",
        ("--kv-transfer-config", '{"kv_role": "kv_both"}'),
        Error("other names"),
        Error("stay in the engine"),
    ),
    "--cp": Case(
        "--cp 2", w("--cp 2"), w("--decode-context-parallel-size 2"), Error("not shared out")
    ),
    "--rope-scaling-factor": Case(
        "--rope-scaling-factor 2",
        w("--rope-scaling-factor 2.0"),
        Error("configuration"),
        Error("as it was trained"),
    ),
    "--num-tokens-per-iter": Case(
        "--num-tokens-per-iter 512", w("--num-tokens-per-iter 512"), SAME, SAME
    ),
    "--max-prefill-iters": Case("--max-prefill-iters 2", w("--max-prefill-iters 2"), SAME, SAME),
    "--async": Case("--async 0", w("--async 0"), w("--no-async-scheduling"), SAME),
    "--communicator": Case("--communicator nccl", w("--communicator nccl"), SAME, SAME),
    "--moe-a2a-backend": Case(
        "--moe-a2a-backend deepep", w("--moe-a2a-backend deepep"), Error("several kinds"), SAME
    ),
    "--dist-init-addr": Case(
        "--dist-init-addr 10.0.0.1:99",
        w("--dist-init-addr 10.0.0.1:99"),
        w("--master-addr 10.0.0.1 --master-port 99"),
        Error("not shared out"),
    ),
    "--speculative-algorithm": Case(
        "--speculative-algorithm hy3_mtp",
        w("--speculative-algorithm hy3_mtp"),
        ("--speculative-config", '{"method": "hy_v3_mtp", "num_speculative_tokens": 1}'),
        SAME,
    ),
    "--speculative-draft-model": Case(
        "--speculative-draft-model d",
        w("--speculative-draft-model d"),
        ("--speculative-config", '{"model": "d"}'),
        SAME,
    ),
    "--speculative-num-draft-tokens": Case(
        "--speculative-num-draft-tokens 3",
        w("--speculative-num-draft-tokens 3"),
        ("--speculative-config", '{"num_speculative_tokens": 3}'),
        SAME,
    ),
    "--speculative-dflash-block-size": Case(
        "--speculative-dflash-block-size 4",
        w("--speculative-dflash-block-size 4"),
        Error("draft model"),
        SAME,
    ),
}
