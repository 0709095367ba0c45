"""The command `shuowen`: which subcommands there are, and how every error ends the process.

A subcommand's module is imported when it is run, so that help comes at once. The library raises;
here, and only here, an error becomes one sentence on stderr and an exit code, by its class.
"""

from __future__ import annotations

import difflib
import importlib
import logging
import os
import sys
import threading
from contextlib import suppress
from typing import Any, NoReturn

import click

from shuowen.cli.console import say_error
from shuowen.errors import EXIT_INTERRUPTED, UsageError, as_shuowen_error
from shuowen.version import __version__

EXIT_BROKEN_PIPE = 141  # what a shell reports for a program that SIGPIPE ended: 128 + 13

COMMANDS = {
    "read": ("shuowen.cli.read", "Read documents and write what they say."),
    "chat": ("shuowen.cli.chat", "Ask InternVL3 about pictures, pages and videos."),
    "models": ("shuowen.cli.models", "List, download, check and convert models."),
    "serve": ("shuowen.cli.serve", "Answer over HTTP: OpenAI's protocol, documents, Open WebUI."),
    "keys": ("shuowen.cli.keys", "Make, list and revoke the API keys of a server."),
    "webui": ("shuowen.cli.webui", "Chat in the browser with Open WebUI, wired to Shuowen."),
    "mcp": ("shuowen.cli.mcp", "Give assistants that speak MCP documents to read and search."),
    "train": ("shuowen.cli.train", "Train InternVL3: recipes, plans, documents made on the spot."),
    "doctor": ("shuowen.cli.doctor", "Say what is installed, what is missing and how to get it."),
    "schema": ("shuowen.cli.schema", "Print the JSON Schema of a read document."),
    "bench": ("shuowen.cli.bench", "Measure reading on folders of pages with known text."),
    "completion": (
        "shuowen.cli.completion",
        "Print the script with which a shell completes commands.",
    ),
}
"""Subcommands: the module that holds `command`, and the line in the list of commands."""


class LazyGroup(click.Group):
    """A group that knows its subcommands by name and imports one when it is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a subcommand; None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand; a name that is none gets the nearest one as advice."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"There is no command {args[0]!r}. {_advice(args[0])}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a subcommand; whatever it raises ends the process the way users are promised."""
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.Abort):
            raise
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else "shuowen"
            sentence = " ".join(error.format_message().split())  # click writes lists in lines
            say_error(f"{sentence} See: {path} --help")
            raise click.exceptions.Exit(UsageError.exit_code) from error
        except BrokenPipeError:
            _leave_closed_pipe()
        except KeyboardInterrupt:
            say_error("Stopped.")
            raise click.exceptions.Exit(EXIT_INTERRUPTED) from None
        except Exception as error:
            shown = as_shuowen_error(error, f"running `{ctx.command_path}`")
            say_error(str(shown))
            raise click.exceptions.Exit(shown.exit_code) from error


EPILOG = """\b
Examples:
  shuowen read scan.pdf                 Markdown on the terminal
  shuowen read scans/ -o out/           a folder; run it again to go on where it stopped
  shuowen read --help                   all about reading

\b
Exit codes:
  0 all is well           6 memory or window full    10 some of the work failed
  2 wrong option          7 an engine failed             and the rest is written
  3 unreadable source     8 cannot write output      70 a bug in Shuowen
  4 missing extra         9 URL refused or failed   130 stopped with Ctrl-C
  5 damaged weights
"""


@click.group(
    cls=LazyGroup,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--debug",
    is_flag=True,
    envvar="SHUOWEN_DEBUG",
    help="Show where in the code an error came from.  [env: SHUOWEN_DEBUG=1]",
)
@click.version_option(__version__, prog_name="shuowen", message="%(prog)s %(version)s")
def cli(debug: bool) -> None:
    """Shuowen reads hard documents on your own machine: scans, photos, handwriting, tables.

    No network, no graphics card and no download are needed.
    """
    if debug:
        logging.basicConfig(format="%(message)s")
        logging.getLogger("shuowen").setLevel(logging.DEBUG)


def main() -> NoReturn:
    """Run the command line and exit; the entry point of `shuowen` and `python -m shuowen`."""
    try:
        cli.main(prog_name="shuowen")
    except SystemExit as ended:
        _leave_threads_behind(ended)
        raise
    raise AssertionError("click exits by itself")


def _advice(name: str) -> str:
    near = difflib.get_close_matches(name, COMMANDS, n=1)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"There are: {', '.join(COMMANDS)}. To read a file: shuowen read {name}"


def _leave_threads_behind(ended: SystemExit) -> None:
    """End the process at once where a thread of a server still reads a page.

    ONNX Runtime aborts when Python takes itself apart around such a thread.
    """
    if any(each.daemon and each.name.startswith("shuowen-") for each in threading.enumerate()):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
        os._exit(ended.code if isinstance(ended.code, int) else 0)


def _leave_closed_pipe() -> NoReturn:
    # Python flushes stdout once more at exit; that must not fail aloud.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise click.exceptions.Exit(EXIT_BROKEN_PIPE)
