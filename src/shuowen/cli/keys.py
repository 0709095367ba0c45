"""`shuowen keys`: who may use a server."""

from __future__ import annotations

import shlex
import time
from pathlib import Path

import click

from shuowen.cli.console import printable
from shuowen.server.options import default_keys_file

_FILE = click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="SHUOWEN_KEYS",
    default=default_keys_file,
    help="The file of keys that the server is started with.  [default:"
    " ~/.local/share/shuowen/server/keys.json]  [env: SHUOWEN_KEYS]",
)


@click.group("keys")
def command() -> None:
    """Make, list and revoke the API keys of a server.

    A key is shown once, when it is made; the file holds hashes only. A running server sees a change
    within a second. Documents belong to the key that handed them in.

    \b
    Examples:
      shuowen keys add alice
      shuowen keys add scanner --requests-per-minute 60 --concurrent 4
      shuowen serve --host 0.0.0.0 --keys ~/.local/share/shuowen/server/keys.json
      shuowen keys list
      shuowen keys revoke alice
    """


@command.command("add")
@click.argument("name")
@click.option(
    "--requests-per-minute",
    type=click.IntRange(min=0),
    metavar="N",
    help="Most requests of this key in a minute; 0 is no limit.  [default: the server's]",
)
@click.option(
    "--concurrent",
    type=click.IntRange(min=0),
    metavar="N",
    help="Most requests of this key at once; 0 is no limit.  [default: the server's]",
)
@_FILE
def add(name: str, requests_per_minute: int | None, concurrent: int | None, path: Path) -> None:
    """Make a key and print it; NAME says whose it is."""
    from shuowen.server.key_file import add_key

    key = add_key(path, name, requests_per_minute=requests_per_minute, concurrent=concurrent)
    click.echo(key)
    click.echo(
        f"Keep it: it is not shown again. Servers started with --keys {path} take it.", err=True
    )


@command.command("list")
@_FILE
def show(path: Path) -> None:
    """Say which keys there are, without the keys."""
    from shuowen.server.key_file import load_keys

    entries = load_keys(path).keys if path.exists() else ()
    if not entries:
        where = "" if path == default_keys_file() else f" --file {shlex.quote(str(path))}"
        click.echo(f"There is no key in {path}. Make one: shuowen keys add NAME{where}", err=True)
    for entry in entries:
        made = time.strftime("%Y-%m-%d", time.gmtime(entry.created))
        limits = [
            f"{number} {unit}"
            for number, unit in (
                (entry.requests_per_minute, "a minute"),
                (entry.concurrent, "at once"),
            )
            if number is not None
        ]
        click.echo("  ".join([entry.id, made, printable(entry.name), *limits]))


@command.command("revoke")
@click.argument("name")
@_FILE
def revoke(name: str, path: Path) -> None:
    """Make a key invalid; NAME is its name or id."""
    from shuowen.server.key_file import revoke_key

    revoke_key(path, name)
    click.echo(f"{printable(name)} is revoked.", err=True)
