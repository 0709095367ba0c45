"""`shuowen models`: which models there are, and getting one onto this machine."""

from __future__ import annotations

import click

from shuowen.cli.models_change import convert_command, quantize_command
from shuowen.cli.models_download import download_command
from shuowen.cli.models_info import info_command
from shuowen.cli.models_list import list_command
from shuowen.cli.models_verify import verify_command


@click.group(
    "models",
    invoke_without_command=True,
    short_help="List, download, check and convert models.",
)
@click.pass_context
def command(context: click.Context) -> None:
    """List, download, check and convert InternVL3 and its relatives.

    A model is a folder, or a name such as OpenGVLab/InternVL3-1B-Instruct on Hugging Face. hf: or
    modelscope: before the name says which hub, @REVISION behind it which version. Models that
    other programs downloaded are found; HF_ENDPOINT and MODELSCOPE_ENDPOINT name mirrors,
    HF_HUB_CACHE and MODELSCOPE_CACHE other folders, and HF_HUB_OFFLINE=1 forbids all requests.

    \b
    Examples:
      shuowen models list
      shuowen models download OpenGVLab/InternVL3-1B-Instruct
      shuowen models download modelscope:OpenGVLab/InternVL3-1B --to models/1b
      shuowen models verify models/1b
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for each in (
    list_command,
    info_command,
    download_command,
    verify_command,
    convert_command,
    quantize_command,
):
    command.add_command(each)
