"""What a server says about itself when it starts, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shuowen.server.options import ServerOptions
from shuowen.version import __version__

_EVERYWHERE = frozenset(("0.0.0.0", "::"))


def announcement(
    options: ServerOptions, port: int, models: Sequence[str], num_keys: int
) -> Iterator[str]:
    """Sentences, each for a line of its own.

    Args:
        options: How the server is set up.
        port: The port that it has.
        models: Names of its models.
        num_keys: How many keys there are.
    """
    url = address(options, port)
    yield f"Shuowen {__version__} answers at {url} (for OpenAI clients: {url}/v1)."
    yield f"Models: {', '.join(models)}."
    yield _keys(options, num_keys)
    yield f"Documents are kept in {options.data_dir} for {_span(options.retention_seconds)}."
    yield "Stop with Ctrl-C."
    yield from _warnings(options, num_keys)


def address(options: ServerOptions, port: int) -> str:
    """Where this machine reaches the server."""
    scheme = "https" if options.tls_cert else "http"
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(options.host, options.host)
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _keys(options: ServerOptions, num_keys: int) -> str:
    if not options.needs_keys:
        return "No key is needed."
    where = f" from {options.keys_file}" if options.keys_file else ""
    number = "1 key is" if num_keys == 1 else f"{num_keys} keys are"
    return f"Requests need a key; {number} known{where}."


def _warnings(options: ServerOptions, num_keys: int) -> Iterator[str]:
    if options.needs_keys and not num_keys:
        yield "WARNING: there is no key, so that nobody can ask. Make one: shuowen keys add NAME"
    if options.is_local:
        return
    others = "everybody who reaches this machine" if options.host in _EVERYWHERE else "others"
    if not options.needs_keys:
        yield (
            f"WARNING: {others} can use this server and see all its documents, because it listens"
            f" on {options.host} and needs no key. Make keys with `shuowen keys add NAME` and start"
            " with --keys, or listen on 127.0.0.1."
        )
    if options.tls_cert is None:
        yield (
            "WARNING: documents and keys travel readable for everybody on the way. Use --tls-cert,"
            " or a proxy that speaks HTTPS."
        )


def _span(seconds: float) -> str:
    for name, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        number = seconds / length
        if number >= 1:
            return f"{number:.3g} {name}{'' if number == 1 else 's'}"
    return f"{seconds:.3g} seconds"
