"""`shuowen serve`: documents and chats over HTTP."""

from __future__ import annotations

import importlib
from typing import Any

import click

from shuowen.cli.serve_options import server_options
from shuowen.cli.values import Nearest

HELP = """Answer over HTTP: OpenAI's protocol, document jobs, and what Open WebUI, docling, Mistral,
PaddleOCR and MinerU clients call.

Without MODEL the embedded reader alone answers, as the model shuowen-embedded: it transcribes
pictures and PDFs and needs no download. MODEL is a folder with weights or a name on a hub, which
then runs here beside the reader, or the URL of a server that speaks OpenAI's protocol, the same as
--upstream.

`shuowen serve api_server …` takes LMDeploy's own command line: see `shuowen serve api_server -h`.

\b
Examples:
  shuowen serve                                       http://127.0.0.1:23333/v1
  shuowen serve OpenGVLab/InternVL3-1B-Instruct       InternVL3 on this machine
  shuowen serve --upstream http://gpu:8000            in front of LMDeploy, vLLM, another Shuowen
  shuowen keys add alice && shuowen serve --host 0.0.0.0 --keys KEYS.json
  curl http://127.0.0.1:23333/v1/documents -F file=@scan.pdf

\b
The API key of another server is read from SHUOWEN_API_KEY, or the variable that --upstream-key
names. SIGTERM or Ctrl-C lets running requests end; a second one cuts them.
"""

_SEED = "api_server"
_SEED_MODULE = "shuowen.cli.serve_api_server"


class ServeCommand(click.Command):
    """The command, which leaves LMDeploy's way of writing it to a command of its own."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the command line, or have it read."""
        if args and args[0] == _SEED:
            other = importlib.import_module(_SEED_MODULE).command
            assert isinstance(other, click.Command)
            return other.make_context(f"{info_name} {_SEED}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


@click.command("serve", cls=ServeCommand, help=HELP)
@click.argument("model", required=False)
@click.option(
    "--upstream",
    envvar="SHUOWEN_UPSTREAM",
    metavar="URL",
    help="Put Shuowen in front of this server: its models answer chats, with pictures and PDFs made"
    " fit for them, and the reader reads documents.  [env: SHUOWEN_UPSTREAM]",
)
@click.option(
    "--upstream-model",
    envvar="SHUOWEN_UPSTREAM_MODEL",
    metavar="NAME",
    help="Which of its models to ask.  [default: its only one]  [env: SHUOWEN_UPSTREAM_MODEL]",
)
@click.option(
    "--upstream-key",
    metavar="VARIABLE",
    help="Environment variable that holds its API key.  [default: SHUOWEN_API_KEY]",
)
@click.option(
    "--weights",
    type=Nearest(["bf16", "int8", "int4", "float32"]),
    help="How MODEL's weights are kept; int8 and int4 need less memory and are faster."
    "  [default: as in the folder]",
)
@click.option(
    "--vision-weights",
    type=Nearest(["same", "int8"]),
    help="The same for the part that sees; int8 sees faster on a CPU.  [default: same]",
)
@click.option("--device", help="Where MODEL runs: cpu, cuda or cuda:1.  [default: the best]")
@click.option("--threads", type=click.IntRange(min=1), help="Threads of MODEL on a CPU.")
@click.option(
    "--max-running",
    type=click.IntRange(min=1),
    help="Answers that MODEL writes at the same time; others wait.  [default: 16]",
)
@click.option(
    "--critic",
    metavar="FOLDER",
    help="A model that judges MODEL's answers, such as OpenGVLab/VisualPRM-8B-v1_1: a folder or a"
    " name on a hub. Requests with best_of then get the answer that it likes best.  [default: the"
    " answers vote]",
)
@server_options
def command(**values: Any) -> None:
    """Turns the command line into options and models, and serves them."""
    # Imported here, because help must not wait for decoders and networks.
    from shuowen.cli.serve_models import models_from
    from shuowen.cli.serve_options import server_options_from
    from shuowen.server.run import run

    options = server_options_from(values)
    run(options, models_from(values, options), say=_say)
    _say("Stopped.")


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)
