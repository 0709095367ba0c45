"""`shuowen serve api_server`: LMDeploy's own command line."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem

from shuowen.launch.flag import Flag
from shuowen.launch.flag_docs import effects, groups
from shuowen.launch.flags import FLAGS
from shuowen.launch.parse import parse

_INTRODUCTION = """Serve a model with LMDeploy's own command line.

On a machine with graphics cards LMDeploy, or vLLM with --backend vllm, is started in its own
environment as a child of this server, which waits until it answers, starts it again when it dies,
and stands in front of it: chats with pictures and PDFs, document jobs, keys, limits and metrics are
those of `shuowen serve`. Without graphics cards the model runs in Shuowen itself where it is
present, else the embedded reader answers alone; --fallback none makes that an error.

--dry-run shows what would run. It needs no graphics card and no engine.
"""
_EXAMPLES = """\
shuowen serve api_server OpenGVLab/InternVL3-14B-Instruct --backend turbomind \\
    --server-port 23333 --tp 2 --chat-template internvl2_5
shuowen serve api_server OpenGVLab/InternVL3-8B --backend vllm --session-len 32768
shuowen serve api_server ./InternVL3-38B --tp 4 --install-engine
shuowen serve api_server OpenGVLab/InternVL3-8B --dry-run
shuowen serve api_server OpenGVLab/InternVL3-8B --backend vllm -- --cpu-offload-gb 8"""
_NOTES = """Flags of the engine's own go after --. What is not a flag here is set by the variables
of `shuowen serve`, such as SHUOWEN_KEYS, SHUOWEN_RETENTION and SHUOWEN_JOBS. The engine listens on
127.0.0.1, behind a key that only this server has. Python of an engine that is installed already:
SHUOWEN_LMDEPLOY_PYTHON, SHUOWEN_VLLM_PYTHON.
"""
_HELP_FLAGS = frozenset(("-h", "--help"))


class ApiServerCommand(click.Command):
    """A command whose flags are LMDeploy's, read as LMDeploy reads them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Reads the flags; raises `UsageError`."""
        if ctx.resilient_parsing:  # a shell completes a command that is not finished yet
            return []
        own = args[: args.index("--")] if "--" in args else args
        if _HELP_FLAGS & set(own):
            click.echo(ctx.get_help())
            ctx.exit()
        # Alone it is complained about when it is run.
        ctx.params["request"] = parse(args) if args else None
        return []

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What the command does, and every flag with what becomes of it on each engine."""
        formatter.width = max(formatter.width, 100) if formatter.width > 80 else formatter.width
        formatter.write_usage(ctx.command_path, "MODEL [FLAGS] [-- FLAGS OF THE ENGINE]")
        _write_paragraphs(formatter, _INTRODUCTION)
        with formatter.section("Examples"):
            for line in _EXAMPLES.splitlines():
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")
        for title, flags in groups():
            with formatter.section(title):
                formatter.write_dl([(_usage(flag), _says(flag)) for flag in flags], col_max=32)
        _write_paragraphs(formatter, _NOTES)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Flags that begin so."""
        return [
            CompletionItem(flag.name, help=flag.says)
            for flag in FLAGS.values()
            if incomplete.startswith("-") and flag.name.startswith(incomplete)
        ]


def _usage(flag: Flag) -> str:
    """A flag with its values; many choices stand in the sentence."""
    return flag.usage if len(flag.usage) <= 40 else f"{flag.name} CHOICE"


def _says(flag: Flag) -> str:
    parts = [f"{flag.says}."]
    if len(flag.usage) > 40:
        parts.append(f"One of {', '.join(flag.choices)}.")
    if flag.default:
        parts.append(f"[default: {flag.default}]")
    return " ".join([*parts, effects(flag)]).strip()


def _write_paragraphs(formatter: click.HelpFormatter, text: str) -> None:
    for paragraph in text.strip().split("\n\n"):
        formatter.write_paragraph()
        formatter.write_text(" ".join(paragraph.split()))


@click.command("api_server", cls=ApiServerCommand, context_settings={"max_content_width": 100})
def command(request: Any) -> None:
    """Carries the request out."""
    # Imported here, because help must not wait for decoders and networks.
    from shuowen.cli.serve_api_server_run import carry_out
    from shuowen.errors import UsageError

    if request is None:
        raise UsageError("No model is named.", "See: shuowen serve api_server --help")
    carry_out(request)
