"""`shuowen mcp`: documents for assistants that speak the Model Context Protocol."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import click

from shuowen.cli.source_options import limit_options, limits_from
from shuowen.errors import MissingExtraError, UsageError
from shuowen.machine import available_cores
from shuowen.server.options import is_loopback

HELP = """Give assistants that speak MCP documents to read and to search.

An assistant (Claude Desktop, Cursor, and others) starts this program itself; its configuration
names the command. It offers three tools: read_document, read_page and search_document. Files are
read in the folders of --root alone, by default the current one; web addresses may not lead to this
machine's network.

\b
A client's configuration, usually named mcpServers:
  {"mcpServers": {"shuowen": {"command": "shuowen", "args": ["mcp", "--root", "/home/me/scans"]}}}

\b
Examples:
  shuowen mcp --root ~/scans --root ~/invoices      over standard input and output
  shuowen mcp --http 127.0.0.1:8765                 over HTTP, at /mcp; web addresses only
  shuowen mcp --http 0.0.0.0:8765 --keys keys.json --allow-host scans.example
"""

_ADDRESS = re.compile(r"(?:(?P<host>\[[0-9a-fA-F:.]+\]|[^:\[\]]+):)?(?P<port>\d{1,5})")
_MAX_CHARACTERS = 40_000


class Address(click.ParamType):  # type: ignore[type-arg]  # generic in new versions of click only
    """HOST:PORT, or a port alone on 127.0.0.1."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Host and port; fails with how to write them."""
        match = _ADDRESS.fullmatch(str(value).strip())
        if not match or not 0 < int(match["port"]) < 65536:
            self.fail(f"{value!r} is no address. Write it like 127.0.0.1:8765.", param, ctx)
        return (match["host"] or "127.0.0.1").strip("[]"), int(match["port"])


@click.command("mcp", help=HELP)
@click.option(
    "--root",
    "roots",
    multiple=True,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="A folder whose files may be read; may be repeated.  [default: the current folder; none"
    " with --http]",
)
@click.option("--http", type=Address(), metavar="HOST:PORT", help="Serve over HTTP at /mcp.")
@click.option(
    "--allow-host",
    "allowed_hosts",
    multiple=True,
    metavar="NAME",
    help="With --http: a name under which clients reach it; may be repeated.",
)
@click.option(
    "--keys",
    "keys_file",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="With --http: who may ask; made by `shuowen keys add`.",
)
@click.option("--jobs", type=click.IntRange(min=1), help="Pages side by side.  [default: cores]")
@click.option(
    "--max-pages",
    type=click.IntRange(min=1),
    default=500,
    show_default=True,
    help="Pages that one question may have read.",
)
@click.option(
    "--max-characters",
    type=click.IntRange(min=1000),
    default=_MAX_CHARACTERS,
    show_default=True,
    help="Longest answer; the assistant is told how to get the rest.",
)
@limit_options
def command(**values: Any) -> None:
    """See `HELP`."""
    http = values["http"]
    if http is None and (values["allowed_hosts"] or values["keys_file"]):
        raise UsageError(
            "--allow-host and --keys have no effect without --http.", "Add --http HOST:PORT."
        )
    _check_extra()
    from shuowen.server.mcp_run import McpHttp, McpOptions, serve_http, serve_stdio

    options = McpOptions(
        roots=values["roots"] or (() if http else (_current_folder(),)),
        limits=limits_from(values),
        jobs=values["jobs"] or available_cores(),
        max_pages=values["max_pages"],
        max_characters=values["max_characters"],
    )
    if http is None:
        _say_who_this_is_for()
        serve_stdio(options)
        return
    host, port = http
    keys_file, allowed_hosts = values["keys_file"], values["allowed_hosts"]
    if not is_loopback(host) and keys_file is None:
        click.echo(f"Warning: everybody who reaches {host} may ask. Use --keys.", err=True)
    click.echo(f"Serving MCP at http://{host}:{port}/mcp. Ctrl-C stops it.", err=True)
    serve_http(
        options,
        McpHttp(host=host, port=port, allowed_hosts=allowed_hosts, keys_file=keys_file),
        say=lambda sentence: click.echo(sentence, err=True),
    )
    click.echo("Stopped.", err=True)


def _current_folder() -> Path:
    """Where the assistant started this program, unless that is everything there is."""
    folder = Path.cwd()
    if folder == folder.parent:
        raise UsageError(
            "The current folder is the root of all files.",
            "Name the folders that may be read: --root DIR.",
        )
    return folder


def _check_extra() -> None:
    try:
        import mcp  # noqa: F401  # whether it is there
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "Serving assistants needs the package mcp, which is not installed.",
            'Run: pip install "shuowen[mcp]"',
        ) from error


def _say_who_this_is_for() -> None:
    """A person who types the command sees nothing otherwise, and would wait for something."""
    if sys.stdin.isatty():
        click.echo(
            "Waiting for an assistant on standard input. Assistants start this program themselves:"
            " see shuowen mcp --help. Ctrl-C stops it.",
            err=True,
        )
