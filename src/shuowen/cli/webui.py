"""`shuowen webui`: a chat in the browser, by Open WebUI, with Shuowen as its eyes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from shuowen.errors import UsageError
from shuowen.launch.webui_environment import (
    DEFAULT_MODEL,
    WebuiOptions,
    as_env_file,
    as_shell,
    webui_settings,
)
from shuowen.launch.webui_install import KNOWN_VERSION, TORCH_INDEX

HELP = f"""Chat in the browser: Open WebUI, with Shuowen as its model and its reader of files.

The first time, Open WebUI {KNOWN_VERSION} is installed into an environment of its own, about 3 GB
from the network; you are asked before. Then the server (`shuowen serve`) and Open WebUI are
started and wired to each other; Ctrl-C stops both. All runs on this machine, and nothing else is
contacted.

What follows `--` goes to `shuowen serve`: a model, `--upstream URL`, and so on.

\b
Examples:
  shuowen webui                                  install if needed, start, open the printed address
  shuowen webui -- --upstream http://gpu:23333   the same, in front of a model elsewhere
  shuowen webui --server http://127.0.0.1:23333  use the server that runs there
  shuowen webui --env > openwebui.sh             the wiring, for an Open WebUI of your own
  shuowen webui --env --env-format docker --server http://host.docker.internal:23333 > owui.env
"""

SERVER_PORT = 23333

_PROGRAM = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("webui", help=HELP)
@click.argument("serve_arguments", nargs=-1, type=click.UNPROCESSED)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where Open WebUI listens.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="Its port."
)
@click.option(
    "--login/--no-login",
    default=None,
    help="Whether people log in.  [default: only where others can reach it]",
)
@click.option(
    "--server",
    default="",
    metavar="URL",
    help="Use the Shuowen server that runs there, and start none.",
)
@click.option(
    "--server-port",
    type=click.IntRange(1, 65535),
    default=SERVER_PORT,
    show_default=True,
    help="Port of the server that is started.",
)
@click.option(
    "--key-env", metavar="NAME", help="Environment variable that holds the server's API key."
)
@click.option(
    "--model", default="", help="Model that new chats start with.  [default: the server's first]"
)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where Open WebUI keeps chats and files.  [default: a folder in --home]",
)
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the installation, its data and logs.  [default: ~/.local/share/shuowen/webui]",
)
@click.option(
    "--open-webui",
    type=_PROGRAM,
    metavar="PATH",
    help="Use this program `open-webui`, install none.",
)
@click.option(
    "--python",
    type=_PROGRAM,
    metavar="PATH",
    help="Use the Open WebUI of this Python; where it has none, install one with it.",
)
@click.option(
    "--version", default="", help=f"Release to install.  [default: {KNOWN_VERSION}, tested]"
)
@click.option(
    "--torch-index",
    default=TORCH_INDEX,
    metavar="URL",
    show_default=True,
    help="Where to get PyTorch for processors, on Linux.",
)
@click.option("--yes", "-y", is_flag=True, help="Install without asking.")
@click.option("--env", "only_env", is_flag=True, help="Print the environment and start nothing.")
@click.option(
    "--env-format",
    type=click.Choice(["sh", "docker"]),
    help="`export` lines for a shell, or a file for `docker run --env-file`.  [default: sh]",
)
def command(**values: Any) -> None:
    """See `HELP`."""
    given = _given(click.get_current_context())
    for option, needless in _NEEDLESS.items():
        if option in given:
            _refuse(given & needless, f"beside {_flag(option)}")
    key = _key(values["key_env"])
    if values["only_env"]:
        click.echo(_environment(values, key), nl=False)
        return
    _refuse(given & {"env_format"}, "without --env")
    from shuowen.cli.webui_start import start  # help should not wait for what starting needs

    start(values, key)


_INSTALLING = frozenset({"version", "torch_index", "yes"})
_STARTING = frozenset({"server_port", "serve_arguments"})
_NEEDLESS = {
    "only_env": _INSTALLING | _STARTING | {"host", "port", "home", "open_webui", "python"},
    "server": _STARTING,
    "open_webui": _INSTALLING | {"python"},
}
"""Options that mean nothing beside another one."""


def _given(ctx: click.Context) -> frozenset[str]:
    """Names of the parameters that were typed."""
    return frozenset(
        name
        for name in ctx.params
        if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT
        and (name != "serve_arguments" or ctx.params[name])
    )


def _refuse(names: Iterable[str], why: str) -> None:
    flags = sorted(map(_flag, names))
    if flags:
        verb = "has" if len(flags) == 1 else "have"
        raise UsageError(f"{' and '.join(flags)} {verb} no effect {why}.", "Leave it out.")


def _flag(name: str) -> str:
    if name == "serve_arguments":
        return "arguments of `shuowen serve`"
    return f"--{name.removeprefix('only_').replace('_', '-')}"


def _key(variable: str | None) -> str:
    """The API key in an environment variable; raises `UsageError` where that is empty."""
    if variable is None:
        return ""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise UsageError(
            f"The environment variable {variable} is not set.", f"Set it: export {variable}=KEY"
        )
    return key


def _environment(values: Mapping[str, Any], key: str) -> str:
    options = WebuiOptions(
        server_url=values["server"] or f"http://127.0.0.1:{SERVER_PORT}",
        key=key,
        model=values["model"] or DEFAULT_MODEL,
        login=values["login"],
        data_dir=values["data_dir"],
    )
    write = as_env_file if values["env_format"] == "docker" else as_shell
    return write(webui_settings(options))
