"""Flags that our own server carries out, whichever engine answers behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shuowen.launch.flag import Flag
from shuowen.launch.treatment import Needless, Ours, Passed, Refused, Renamed, Treatment


def _ours(name: str, says: str, note: str = "", **more: Any) -> Flag:
    """A flag that our server carries out."""
    done = Ours(note)
    return Flag(name=name, group="Server", says=says, lmdeploy=done, vllm=done, here=done, **more)


def _same(name: str, says: str, treatment: Treatment, **more: Any) -> Flag:
    """A flag of which the same becomes on every engine."""
    return replace(_ours(name, says, **more), lmdeploy=treatment, vllm=treatment, here=treatment)


SERVER_FLAGS = (
    _ours(
        "--server-name",
        "Address to listen on; 0.0.0.0 lets other machines in",
        "LMDeploy's own default is 0.0.0.0",
        default="127.0.0.1",
    ),
    _ours("--server-port", "Port to listen on", takes="whole number", default="23333"),
    _ours(
        "--allow-origins",
        "Web pages, by origin, whose scripts may call the server",
        "LMDeploy's own default is every page",
        many="+",
        default="none",
    ),
    _same(
        "--allow-credentials",
        "Let such scripts send cookies",
        Needless("keys go in a header, there are no cookies"),
        takes="nothing",
    ),
    _same(
        "--allow-methods",
        "HTTP methods that such scripts may use",
        Needless("every method that the API has may be used"),
        many="+",
    ),
    _same(
        "--allow-headers",
        "HTTP headers that such scripts may send",
        Needless("every header may be sent"),
        many="+",
    ),
    _same(
        "--proxy-url",
        "The `lmdeploy serve proxy` to register with",
        Refused(
            "the proxy would send requests around this server, straight to the engine",
            "Tell the proxy of this server: POST /nodes/add of the proxy, with"
            ' {"url": "http://THIS-HOST:23333"}.',
        ),
    ),
    _ours(
        "--max-concurrent-requests",
        "Requests that are answered or wait at once",
        "more get HTTP 429 with Retry-After; LMDeploy lets them wait without a word",
        takes="whole number",
        default="64",
    ),
    _ours(
        "--allowed-media-domains",
        "Hosts, by exact name, that addresses of pictures may lead to",
        "private addresses are refused in any case",
        many="+",
        default="any",
        since="0.15.0",
    ),
    _ours(
        "--log-level",
        "How much is logged",
        "the engine is told too",
        choices=("CRITICAL", "FATAL", "ERROR", "WARN", "WARNING", "INFO", "DEBUG")
        + ("NOTSET", "REQUEST"),
        default="WARNING",
    ),
    _ours(
        "--api-keys",
        "Keys of which every request must carry one",
        "only their hashes stay in memory; but the list of processes shows them, so --keys is"
        " better",
        many="*",
        default="none are asked for",
    ),
    _ours(
        "--ssl",
        "Speak HTTPS, with the files that SSL_KEYFILE and SSL_CERTFILE name",
        takes="nothing",
    ),
    _ours(
        "--model-name",
        "What requests call the model",
        "the engine is told too",
        default="the model as it was named",
    ),
    Flag(
        name="--max-log-len",
        group="Server",
        says="Characters of prompts that may be logged",
        lmdeploy=Passed("0 unless it is given: documents do not belong in logs"),
        vllm=Needless("prompts are never logged"),
        here=Needless("prompts are never logged"),
        takes="whole number",
        default="0",
    ),
    _ours("--disable-fastapi-docs", "Serve no pages about the API", takes="nothing"),
    _same(
        "--allow-terminate-by-client",
        "Let any client stop the server",
        Refused("a client must not end everybody's work", "Send the process SIGTERM."),
        takes="nothing",
        since="0.9.0",
    ),
    _same(
        "--enable-abort-handling",
        "Let clients cancel requests by POST /abort_request",
        Needless("a request is cancelled as soon as its client hangs up"),
        takes="nothing",
        since="0.11.0",
    ),
    Flag(
        name="--disable-metrics",
        group="Server",
        says="Count nothing in the engine",
        lmdeploy=Passed("the server's own /metrics stays"),
        vllm=Renamed("--disable-log-stats"),
        here=Needless("counting costs nothing"),
        takes="nothing",
        since="0.11.0",
    ),
)
