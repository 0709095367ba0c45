"""`shuowen models verify`: whether every file of a model is what it should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import click

from shuowen.cli.console import printable
from shuowen.cli.models_progress import BytesBar, say
from shuowen.errors import ModelError, ShuowenError
from shuowen.hub.download import hub_of, offline_error
from shuowen.hub.files import RemoteFile
from shuowen.hub.names import ModelName, parse_name
from shuowen.hub.settings import HubSettings
from shuowen.hub.verify import Finding, delete_damaged, noted_files, verify_files
from shuowen.hub.writing import writing

_MARKS = {"ok": "ok     ", "unknown": "?      ", "missing": "MISSING", "damaged": "DAMAGED"}


@click.command("verify", short_help="Check every file of a model.")
@click.argument("model")
@click.option(
    "--offline",
    is_flag=True,
    help="Send nothing; use the checksums that were noted at download.  [env: HF_HUB_OFFLINE=1]",
)
@click.option(
    "--delete",
    "delete",
    is_flag=True,
    help="Delete damaged files, so that `shuowen models download` brings them anew.",
)
def verify_command(model: str, offline: bool, delete: bool) -> None:
    """Check every file of MODEL, a folder or a name.

    Checksums are those of the hub for a name, and for a folder those in its MANIFEST.json or of
    the shared cache. Weight files must be whole, the configuration readable, and, where
    shuowen[torch] is installed, every tensor there in its right shape.

    \b
    Exit codes: 0 all is well; 5 something is missing or damaged; 9 the hub cannot be reached.

    \b
    Examples:
      shuowen models verify OpenGVLab/InternVL3-1B-Instruct
      shuowen models verify models/1b
      shuowen models verify OpenGVLab/InternVL3-8B --offline --delete
    """
    folder, expected = _expected(model, HubSettings.from_environment(offline=offline))
    findings = []
    with BytesBar("Checking", sum(file.size_bytes for file in expected.values())) as bar:
        for finding in _findings(folder, expected, bar):
            click.echo(_line(finding))
            findings.append(finding)
    if not expected:
        say("No checksums are known for this folder, so only its form was checked.")
    _conclude(folder, findings, delete)


def _expected(model: str, settings: HubSettings) -> tuple[Path, Mapping[str, RemoteFile]]:
    """The folder, and what should be in it."""
    named = parse_name(model)
    if isinstance(named, Path):
        return named, noted_files(named)
    hub = hub_of(named, settings)
    folder = hub.find(named)
    if folder is None:
        raise _not_here(named)
    if settings.is_offline:
        return folder, noted_files(folder)
    listing = hub.listing(_at_commit(named, folder))
    return folder, {file.path: file for file in listing.files}


def _at_commit(name: ModelName, folder: Path) -> ModelName:
    """The name with the commit that is on disk: the branch may have moved on since."""
    return replace(name, revision=folder.name) if name.hub == "hf" else name


def _not_here(name: ModelName) -> ModelError:
    offline = offline_error(name)
    return ModelError(f"{name} is not on this machine.", offline.hint)


def _findings(folder: Path, expected: Mapping[str, RemoteFile], bar: BytesBar) -> Iterator[Finding]:
    is_whole = True
    for finding in verify_files(folder, expected, bar.advance):
        is_whole = is_whole and not finding.is_bad
        yield finding
    if is_whole:  # else the tensors of a file that is not there would be listed one by one
        yield _network(folder)


def _network(folder: Path) -> Finding:
    """Whether configuration and weights make an InternVL3."""
    from shuowen.model.config_json import read_config_json

    name = "config.json and weights"
    try:
        found = read_config_json(folder)
        try:
            from shuowen.cli.models_fit import check_fit
        except ModuleNotFoundError as error:
            if error.name not in ("torch", "safetensors"):
                raise
            detail = "configuration read; the tensors' names and shapes need shuowen[torch]"
            return Finding(path=name, state="unknown", detail=detail)
        num_tensors = check_fit(folder, found)
    except ShuowenError as error:
        return Finding(path=name, state="damaged", detail=error.message)
    return Finding(path=name, state="ok", detail=f"fit together, {num_tensors} tensors")


def _line(finding: Finding) -> str:
    return printable(f"{_MARKS[finding.state]}  {finding.path}: {finding.detail}")


def _conclude(folder: Path, findings: list[Finding], delete: bool) -> None:
    bad = [finding for finding in findings if finding.is_bad]
    if not bad:
        say("All is well.")
        return
    if delete:
        with writing(folder):
            deleted = delete_damaged(folder, findings)
        say(f"Deleted: {', '.join(deleted) or 'nothing'}.")
    remedy = "Run" if delete else "Run this command with --delete, then"
    files = "file is" if len(bad) == 1 else "files are"
    raise ModelError(
        f"{len(bad)} {files} missing or damaged in {folder}.",
        f"{remedy} `shuowen models download` with the model's name.",
    )
