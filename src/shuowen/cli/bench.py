"""`shuowen bench`: how well and how fast pages with known text are read, by whom."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shuowen.cli.bench_options import HELP, bench_options
from shuowen.cli.console import Console, say_error
from shuowen.config import Effort
from shuowen.errors import EXIT_PARTIAL, EngineError, MissingExtraError, ShuowenError, UsageError

if TYPE_CHECKING:
    from shuowen.evals.bench import EngineRun
    from shuowen.evals.datasets import EvaluationSet
    from shuowen.evals.engines import EngineSettings
    from shuowen.evals.evaluated import EvaluatedEngine
    from shuowen.evals.kept_readings import KeptReadings
    from shuowen.evals.summary import GroupedBy


@click.command("bench", help=HELP, short_help="Score reading on pages whose text is known.")
@click.argument("folder", type=click.Path(path_type=Path))
@bench_options
def command(
    folder: Path,
    set_names: tuple[str, ...],
    limit: int | None,
    form: str,
    engine_names: tuple[str, ...],
    effort: Effort,
    peer_python: str,
    timeout: float,
    jobs: int | None,
    baseline: str | None,
    by: GroupedBy,
    json_path: Path | None,
    folder_out: Path | None,
    fresh: bool,
) -> None:
    """Reads the sets and prints tables; ends with `EXIT_PARTIAL` when a file or engine failed."""
    # Imported here, because help must not wait for the networks' runtime.
    from shuowen.evals.engines import EngineSettings
    from shuowen.evals.loading import load_data

    names = list(dict.fromkeys(engine_names))
    _check(names, baseline, folder_out, fresh)
    _prepare(json_path, folder_out)
    data = load_data(folder, set_names, form=form)
    settings = EngineSettings(effort=effort, jobs=jobs, peer_python=peer_python, timeout=timeout)
    with ExitStack() as stack:
        engines = _open_all(names, settings, stack)
        kept = _kept_readings(folder_out, fresh, stack)
        runs = _run_all(data.sets, engines, kept, limit=limit, jobs=jobs or 1)
    base = next((run for run in runs if run.engine == baseline), None)
    _print(runs, base, by, data.form)
    _write(runs, base, data.form, json_path, folder_out)
    _end(runs, is_complete=len(runs) == len(names))


def _check(names: list[str], baseline: str | None, folder_out: Path | None, fresh: bool) -> None:
    if baseline is not None and baseline not in names:
        raise UsageError(
            f"The baseline {baseline} is none of the engines.", f"Add --engine {baseline}."
        )
    if fresh and folder_out is None:
        raise UsageError("--fresh forgets readings that are kept, and none are.", "Add -o DIR.")


def _prepare(json_path: Path | None, folder_out: Path | None) -> None:
    """Better refused now than after hours of reading."""
    from shuowen.writers.save import prepare_folder

    for folder in (json_path.parent if json_path is not None else None, folder_out):
        if folder is not None:
            prepare_folder(folder)


def _open_all(
    names: list[str], settings: EngineSettings, stack: ExitStack
) -> list[EvaluatedEngine]:
    """The engines that are there; of the others it is said why they are not.

    Raises:
        ShuowenError: None is there, or a name is wrong.
    """
    from shuowen.evals.engines import open_engine

    engines: list[EvaluatedEngine] = []
    errors: list[ShuowenError] = []
    for name in names:
        try:
            engine = open_engine(name, settings)
            stack.callback(engine.close)
            engine.identity  # noqa: B018  # a server is asked for its model before hours of reading
            engines.append(engine)
        except (MissingExtraError, EngineError) as error:
            errors.append(error)
    if not engines:
        raise errors[0]
    for missing in errors:
        say_error(str(missing))
    return engines


def _kept_readings(folder: Path | None, fresh: bool, stack: ExitStack) -> KeptReadings | None:
    from shuowen.evals.kept_readings import FILE_NAME, KeptReadings

    if folder is None:
        return None
    kept = KeptReadings(folder / FILE_NAME, fresh=fresh)
    stack.callback(kept.close)
    return kept


def _run_all(
    sets: list[EvaluationSet],
    engines: list[EvaluatedEngine],
    kept: KeptReadings | None,
    *,
    limit: int | None,
    jobs: int,
) -> list[EngineRun]:
    """One engine after the other, so that none takes the processor from another."""
    from shuowen.evals import bench

    with Console() as console:
        console.expect(len(bench.chosen_items(sets, limit)) * len(engines))
        runs = []
        for engine in engines:
            try:
                run = bench.run(
                    sets,
                    engine,
                    limit=limit,
                    jobs=jobs,
                    kept=kept,
                    on_result=lambda result: console.page_done(result.file),
                )
            except KeyboardInterrupt:
                if kept is not None:
                    console.say("What was read is kept: the same command goes on from here.")
                raise
            runs.append(run)
            _say_what_was_not_read(console, run)
        return runs


def _say_what_was_not_read(console: Console, run: EngineRun) -> None:
    if run.num_kept:
        console.say(f"{run.engine}: {run.num_kept} readings are from an earlier run.")
    if run.num_not_asked:
        console.expect(-run.num_not_asked)
        console.say(
            f"{run.engine} cannot answer questions: {run.num_not_asked} items are left out."
        )


def _print(runs: list[EngineRun], baseline: EngineRun | None, by: GroupedBy, form: str) -> None:
    from shuowen.evals import report

    compared = "" if baseline is None else report.format_comparison(runs, baseline, by)
    tables = [report.format_table(runs, by), report.format_totals(runs, form)]
    tables += [report.format_not_judged(runs), compared, report.format_confidences(runs)]
    click.echo("\n\n".join(table for table in tables if table))


def _write(
    runs: list[EngineRun],
    baseline: EngineRun | None,
    form: str,
    json_path: Path | None,
    folder_out: Path | None,
) -> None:
    from shuowen.evals import report_json
    from shuowen.evals.web_report.page import write_report
    from shuowen.writers.save import save

    if json_path is not None:
        save(json_path, report_json.to_json(runs, baseline, form=form))
    if folder_out is not None:
        path = write_report(folder_out, runs, baseline, form=form)
        click.echo(f"Written: {path}", err=True)


def _end(runs: list[EngineRun], *, is_complete: bool) -> None:
    from shuowen.evals.report import failure_lines

    failures = failure_lines(runs)
    for line in failures:
        say_error(line)
    if failures or not is_complete:
        raise click.exceptions.Exit(EXIT_PARTIAL)
