"""Whole runs over real files: what is read, what is skipped, what a failure costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from shuowen.config import Limits, ReadOptions
from shuowen.document.json import from_json
from shuowen.document.model import Page, PageError
from shuowen.errors import EngineError, FetchError, InputError, InternalError, OutputError
from shuowen.reading.folder import Folder
from shuowen.reading.in_memory import InMemory
from shuowen.reading.journal import Journal
from shuowen.reading.outputs import FolderOptions
from shuowen.reading.run import Destination, Outcome, Work, outcome_of, page_error, run
from shuowen.source.model import FailedSource, Source
from shuowen.writers import WRITERS
from tests import made_files

FAST = ReadOptions(effort="fast")


class Watched:
    """Notes what a run tells."""

    def __init__(self) -> None:
        self.opened_sources: list[tuple[str, int, int]] = []
        self.pages: list[str] = []
        self.pages_given_up: list[tuple[str, int]] = []
        self.passed_sources: list[str] = []

    def given_up(self, name: str, *, num_pages: int) -> None:
        self.pages_given_up.append((name, num_pages))

    def passed(self, name: str) -> None:
        self.passed_sources.append(name)

    def opened(self, name: str, *, num_pages: int, num_kept: int) -> None:
        self.opened_sources.append((name, num_pages, num_kept))

    def page_done(self, name: str) -> None:
        self.pages.append(name)


def given(name: str, data: bytes) -> Source:
    return Source(name=name, data=data)


def read_all(
    sources: Iterable[Source | FailedSource],
    destination: Destination,
    watch: Watched | None = None,
    jobs: int = 2,
) -> list[Outcome]:
    return list(run(sources, destination, FAST, jobs=jobs, watch=watch or Watched()))


def folder(path: Path, *formats: str, options: ReadOptions = FAST, force: bool = False) -> Folder:
    writers = tuple(WRITERS[name] for name in formats or ("txt",))
    wanted = FolderOptions(folder=path, writers=writers, force=force)
    return Folder(wanted, options, Limits())


IN_MEMORY = InMemory(options=FAST, limits=Limits())


def texts(outcome: Outcome) -> list[str]:
    assert outcome.document is not None
    return [" ".join(each.text for each in page.regions) for page in outcome.document.pages]


@pytest.mark.parametrize("jobs", [1, 3])
def test_outcomes_come_in_order_whatever_fails(jobs: int) -> None:
    gone = FailedSource(name="gone", error=FetchError("gone is not there."))
    sources = [
        gone,
        given("one.pdf", made_files.scanned_pdf("Alpha page", "Beta page")),
        given("bad", b"no picture"),
        gone,
        given("two.pdf", made_files.pdf_with_text("Gamma", None, "Delta")),
        given("three.png", made_files.png("Epsilon")),
        gone,
    ]
    watch = Watched()
    outcomes = read_all(sources, IN_MEMORY, watch, jobs)
    assert [each.name for each in outcomes] == [each.name for each in sources]
    statuses = [each.status for each in outcomes]
    assert statuses == ["failed", "ok", "failed", "failed", "partial", "ok", "failed"]
    assert texts(outcomes[1]) == ["Alpha page", "Beta page"]
    assert texts(outcomes[4]) == ["Gamma", "", "Delta"]
    assert texts(outcomes[5]) == ["Epsilon"]
    assert [each.page_number for each in outcomes[4].failed_pages] == [2]
    assert isinstance(outcomes[2].error, InputError)
    assert watch.opened_sources == [("one.pdf", 2, 0), ("two.pdf", 3, 0), ("three.png", 1, 0)]
    assert watch.pages == ["one.pdf"] * 2 + ["two.pdf"] * 3 + ["three.png"]
    assert watch.passed_sources == ["gone", "bad", "gone", "gone"]
    assert watch.pages_given_up == []


def test_no_source_at_all() -> None:
    assert read_all([], IN_MEMORY) == []


def test_a_document_without_a_readable_page_fails_with_the_first_page_s_error() -> None:
    (outcome,) = read_all([given("all.pdf", made_files.pdf_with_text(None, None))], IN_MEMORY)
    assert (outcome.status, outcome.document) == ("failed", None)
    assert isinstance(outcome.error, InputError)


def test_sources_are_opened_when_their_turn_comes() -> None:
    drawn: list[str] = []

    def sources() -> Iterator[Source]:
        for number in range(20):
            drawn.append(str(number))
            yield given(f"{number}.png", made_files.png("Turn", (200, 100)))

    outcomes = run(sources(), IN_MEMORY, FAST, jobs=2, watch=Watched())
    next(outcomes)
    assert len(drawn) <= 6
    assert sum(1 for _ in outcomes) == 19


class Closing:
    """A destination whose second page cannot be kept, and that counts what is closed."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.num_closed = 0
        self.num_taken = 0

    def start(self, source: Source) -> Work:
        outer, inner = self, IN_MEMORY.start(source)

        class Full:
            name, pages, indices, num_kept = inner.name, inner.pages, inner.indices, 0

            def take(self, read_page: object) -> None:
                outer.num_taken += 1
                if outer.num_taken == 2:
                    raise outer.error

            def finish(self) -> Outcome:
                return Outcome(name=self.name, status="ok")

            def close(self) -> None:
                outer.num_closed += 1
                inner.close()

        return Full()


@pytest.mark.parametrize(
    ("error", "expected"),
    [(OutputError("The disk is full."), OutputError), (ValueError("a bug"), InternalError)],
)
def test_a_page_that_cannot_be_kept_costs_its_source_alone(
    error: Exception, expected: type[Exception]
) -> None:
    destination, watch = Closing(error), Watched()
    long = made_files.pdf_with_text(*["Page"] * 12)
    outcomes = read_all([given("a.pdf", long), given("b.pdf", long)], destination, watch)
    assert watch.pages_given_up == [("a.pdf", 10)]
    assert watch.pages == ["a.pdf"] * 2 + ["b.pdf"] * 12
    assert [each.status for each in outcomes] == ["failed", "ok"]
    assert isinstance(outcomes[0].error, expected)
    assert destination.num_closed == 2
    assert destination.num_taken == 2 + 12


def test_stopping_early_closes_everything() -> None:
    destination = Closing(OutputError("never"))
    sources = [given(f"{number}", made_files.pdf_with_text("Page")) for number in range(9)]
    outcomes = run(sources, destination, FAST, jobs=2, watch=Watched())
    next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]  # what leaving a for loop does
    assert destination.num_closed >= 2


def test_page_errors_keep_their_class() -> None:
    def failed(code: str) -> Page:
        error = PageError(code=code, message="No.", hint="Try.")
        return Page(page_number=1, status="failed", error=error)

    assert isinstance(page_error(failed("input")), InputError)
    assert isinstance(page_error(failed("output")), OutputError)
    assert isinstance(page_error(failed("of a later release")), EngineError)
    assert str(page_error(failed("input"))) == "No. Try."
    assert outcome_of("x", [failed("input")]).status == "failed"
    assert outcome_of("x", [failed("input"), Page(page_number=2, status="ok")]).status == "partial"
    assert outcome_of("x", []).status == "ok"


def output_texts(path: Path) -> dict[str, str]:
    return {each.name: each.read_text() for each in sorted(path.glob("*.txt"))}


def test_a_second_run_skips_what_is_done(tmp_path: Path) -> None:
    sources = [
        given("a.pdf", made_files.pdf_with_text("Alpha")),
        given("b", made_files.pdf_with_text("Beta")),
    ]
    first = read_all(sources, folder(tmp_path, "txt", "json"))
    assert [each.status for each in first] == ["ok", "ok"]
    assert output_texts(tmp_path) == {"a.txt": "Alpha\n", "b.txt": "Beta\n"}
    assert {path.name for each in first for path in each.written} == {
        "a.txt",
        "a.json",
        "b.txt",
        "b.json",
    }
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("[ab].*")}
    watch = Watched()
    again = read_all(sources, folder(tmp_path, "txt", "json"), watch)
    assert [each.status for each in again] == ["skipped", "skipped"]
    assert not watch.opened_sources
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("[ab].*")} == before


def test_another_format_needs_no_second_reading(tmp_path: Path) -> None:
    source = given("a.pdf", made_files.scanned_pdf("Alpha page", "Beta page"))
    read_all([source], folder(tmp_path))
    watch = Watched()
    (outcome,) = read_all([source], folder(tmp_path, "txt", "json", "overlay"), watch)
    assert watch.opened_sources == [("a.pdf", 0, 2)]
    names = [path.name for path in outcome.written]
    assert names == ["a.overlay-0001.png", "a.overlay-0002.png", "a.json"]
    document = from_json((tmp_path / "a.json").read_bytes())
    assert [page.page_number for page in document.pages] == [1, 2]


def test_more_pages_are_read_on_top_of_those_that_were(tmp_path: Path) -> None:
    source = given("a.pdf", made_files.pdf_with_text("Alpha", "Beta", "Gamma"))
    some, all_pages = ReadOptions(effort="fast", pages="2"), FAST
    read_all([source], folder(tmp_path, options=some))
    assert output_texts(tmp_path) == {"a.txt": "Beta\n"}
    watch = Watched()
    read_all([source], folder(tmp_path, options=all_pages), watch)
    assert watch.opened_sources == [("a.pdf", 2, 1)]
    pages = output_texts(tmp_path)["a.txt"].split("\f")
    assert [page.strip() for page in pages] == ["Alpha", "Beta", "Gamma"]


def test_a_run_that_was_cut_off_goes_on_where_it_stopped(tmp_path: Path) -> None:
    source = given("a.pdf", made_files.pdf_with_text(*[f"Text {n}" for n in range(1, 9)]))
    stopping = run([source], folder(tmp_path), FAST, jobs=2, watch=StopAfter(3))
    with pytest.raises(KeyboardInterrupt):
        list(stopping)
    assert output_texts(tmp_path) == {}
    watch = Watched()
    read_all([source], folder(tmp_path), watch)
    assert watch.opened_sources == [("a.pdf", 5, 3)]
    assert [f"Text {n}" in output_texts(tmp_path)["a.txt"] for n in range(1, 9)] == [True] * 8


class StopAfter(Watched):
    """Presses Ctrl-C after so many pages."""

    def __init__(self, num_pages: int) -> None:
        super().__init__()
        self.num_pages = num_pages

    def page_done(self, name: str) -> None:
        super().page_done(name)
        if len(self.pages) == self.num_pages:
            raise KeyboardInterrupt


def test_a_page_that_failed_is_tried_again(tmp_path: Path) -> None:
    source = given("a.pdf", made_files.pdf_with_text("Alpha", None))
    for _ in range(2):
        watch = Watched()
        (outcome,) = read_all([source], folder(tmp_path), watch)
        assert outcome.status == "partial"
    assert watch.opened_sources == [("a.pdf", 1, 1)]


def test_a_file_that_a_person_changed_is_kept_unless_forced(tmp_path: Path) -> None:
    source = given("a.pdf", made_files.pdf_with_text("Alpha"))
    read_all([source], folder(tmp_path))
    (tmp_path / "a.txt").write_text("Alpha, corrected")
    for options in (FAST, ReadOptions(effort="fast", dpi=100)):
        (outcome,) = read_all([source], folder(tmp_path, options=options))
        assert outcome.edited == (tmp_path / "a.txt",)
        assert output_texts(tmp_path) == {"a.txt": "Alpha, corrected"}
    watch = Watched()
    (outcome,) = read_all([source], folder(tmp_path, force=True), watch)
    assert (outcome.status, outcome.edited) == ("ok", ())
    assert watch.opened_sources == [("a.pdf", 1, 0)]
    assert output_texts(tmp_path) == {"a.txt": "Alpha\n"}


def test_new_content_or_options_replace_our_own_output(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    out = tmp_path / "out"
    for text in ("Alpha", "Omega"):
        path.write_bytes(made_files.pdf_with_text(text))
        (outcome,) = read_all([Source(name="a.pdf", path=path)], folder(out))
        assert (outcome.status, output_texts(out)) == ("ok", {"a.txt": f"{text}\n"})
    finer = ReadOptions(effort="fast", dpi=250)
    (outcome,) = read_all([Source(name="a.pdf", path=path)], folder(out, options=finer))
    assert outcome.status == "ok"


def test_a_damaged_journal_costs_only_time(tmp_path: Path) -> None:
    source = given("a.pdf", made_files.pdf_with_text("Alpha", "Beta"))
    read_all([source], folder(tmp_path))
    (journal,) = [each for each in (tmp_path / ".shuowen").iterdir() if each.stem != "outputs"]
    journal.write_bytes(journal.read_bytes()[:-20])
    watch = Watched()
    (outcome,) = read_all([source], folder(tmp_path), watch)
    assert outcome.status in ("ok", "skipped")
    assert watch.opened_sources == [("a.pdf", 1, 1)]
    assert Journal(journal).finished() == {0, 1}


def test_the_output_folder_mirrors_the_folder_that_was_read(tmp_path: Path) -> None:
    data = made_files.pdf_with_text("Alpha")
    names = ["in/x.pdf", "in/2024/x.pdf", "in/2024/May ./y.pdf", "elsewhere/z.pdf"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    wanted = FolderOptions(
        folder=tmp_path / "out", writers=(WRITERS["txt"],), roots=(tmp_path / "in",)
    )
    sources = [Source(name=name, path=tmp_path / name) for name in names]
    read_all(sources, Folder(wanted, FAST, Limits()))
    written = sorted(each.relative_to(tmp_path / "out") for each in tmp_path.rglob("*.txt"))
    assert list(map(str, map(Path.as_posix, written))) == [
        "2024/May/y.txt",
        "2024/x.txt",
        "x.txt",
        "z.txt",
    ]


def test_own_outputs_are_no_sources(tmp_path: Path) -> None:
    destination = folder(tmp_path, "overlay")
    read_all([given("a.pdf", made_files.pdf_with_text("Alpha"))], destination)
    overlay = tmp_path / "a.overlay-0001.png"
    assert destination.is_own_output(Source(name="x", path=overlay))
    assert folder(tmp_path).is_own_output(Source(name="x", path=overlay))
    foreign = tmp_path / "b.png"
    foreign.write_bytes(made_files.png("Beta"))
    assert not destination.is_own_output(Source(name="x", path=foreign))
    assert not destination.is_own_output(given("stdin", b""))
    assert not destination.is_own_output(FailedSource(name="x", error=InputError("No.")))


def test_a_folder_that_is_a_file_is_refused_before_reading(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        folder(tmp_path / "file")


def test_only_the_pages_asked_for_are_in_the_document() -> None:
    options = ReadOptions(effort="fast", pages="3,1")
    data = made_files.pdf_with_text("Alpha", "Beta", "Gamma")
    destination = InMemory(options=options, limits=Limits())
    (outcome,) = read_all([given("a.pdf", data)], destination)
    assert texts(outcome) == ["Alpha", "Gamma"]
    assert outcome.document is not None
    numbers = [page.page_number for page in outcome.document.pages]
    assert (numbers, outcome.document.num_pages) == ([1, 3], 3)
