"""`shuowen models download`: a model from a hub onto this machine."""

from __future__ import annotations

import shlex
from contextlib import suppress
from pathlib import Path

import click

from shuowen.cli.models_progress import DownloadBar, say
from shuowen.engines.load import check_can_run_here
from shuowen.errors import UsageError
from shuowen.hub.download import download, find_model, offline_error
from shuowen.hub.names import ModelName, parse_name
from shuowen.hub.settings import HubSettings


@click.command("download", short_help="Download a model, or what is missing of it.")
@click.argument("name")
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Put the files into DIR, to copy elsewhere.  [default: the cache that other programs"
    " share]",
)
@click.option(
    "--offline",
    is_flag=True,
    help="Send nothing; say whether the model is here.  [env: HF_HUB_OFFLINE=1]",
)
def download_command(name: str, to: Path | None, offline: bool) -> None:
    """Download the model NAME, or what is missing of it, and print its folder.

    Only weights, configuration, tokenizer, card and licence are taken, never a program. Every file
    is checked against the hub's checksum while it comes. A download that was stopped goes on where
    it stopped when the same command is run again. HF_TOKEN gives access to models that ask for it.

    \b
    Exit codes: 0 the model is here; 2 not a model's name; 5 there is no such model, it is not for
    everyone, or a checksum is wrong; 6 another process downloads it; 8 no room; 9 no network.

    \b
    Examples:
      shuowen models download OpenGVLab/InternVL3-1B-Instruct
      shuowen models download modelscope:OpenGVLab/InternVL3-8B
      shuowen models download OpenGVLab/InternVL3-1B@4415a3b --to models/1b
    """
    named = parse_name(name)
    if not isinstance(named, ModelName):
        raise UsageError(
            f"{name} is a folder that is here already.", f"Write hf:{name} for the model of a hub."
        )
    settings = HubSettings.from_environment(offline=offline)
    folder = _look_up(named, settings, to) if settings.is_offline else bring(named, settings, to)
    click.echo(folder)
    model = named if to is None else to
    say(f"Next: shuowen chat {shlex.quote(str(model))} --image photo.jpg")


def bring(name: ModelName, settings: HubSettings, to: Path | None) -> Path:
    """Download what is missing of a model, with a bar and its licence; gives its folder."""
    with DownloadBar() as bar:
        done = download(name, settings, to=to, watcher=bar)
    if not done.num_files:
        say("All files are here already.")
    else:
        licence = done.listing.licence or f"see {done.folder / 'README.md'}"
        say(f"Complete and checked. Licence: {licence}.")
    return done.folder


def bring_missing(model: str) -> None:
    """Download a model that is not here, as `bring` does; a folder needs nothing.

    Raises:
        MissingExtraError: It could not run here once it is.
        ShuowenError: The download fails.
    """
    settings = HubSettings.from_environment()
    with suppress(UsageError):  # what is no name, `load_model` will tell
        name = parse_name(model)
        if (
            isinstance(name, ModelName)
            and not settings.is_offline
            and not find_model(name, settings)
        ):
            check_can_run_here(model)
            bring(name, settings, None)


def _look_up(name: ModelName, settings: HubSettings, to: Path | None) -> Path:
    from shuowen.hub.folder import missing_in

    if to is not None:
        folder = to if to.is_dir() and not missing_in(to) else None
    else:
        folder = find_model(name, settings)
    if folder is None:
        raise offline_error(name)
    return folder
