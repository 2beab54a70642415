"""What ``toolkit report`` does besides making one report: deliver, catch up, and judge."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from toolkit.cli.run_options import FAIL_ON_MET, FAILED, INCOMPLETE, WRONG, Run, fail_on
from toolkit.errors import (
    DefinitionError,
    DeliveryError,
    EventError,
    SettingsError,
    ToolkitError,
)
from toolkit.falco.priority import Priority
from toolkit.settings import Delivery, Settings, choose

if TYPE_CHECKING:
    from toolkit.analysis.periods import Period
    from toolkit.reports.data import ReportData
    from toolkit.reports.delivery.ledger import Ledger
    from toolkit.reports.write import Report

_KEPT = "json"
"""The format that an archive cannot do without: its page is made of it."""


class Session:
    """One run of the command: its destinations and ledger, and what it has come to so far."""

    def __init__(self, run: Run, settings: Settings, output: Path) -> None:
        from toolkit.reports.custom import load

        self.run = run
        self.settings = settings
        self.output = output
        self.custom = load(settings.sections)
        self.chosen: Sequence[Delivery] = ()
        self.ledger: Ledger | None = None
        self.made = 0
        self._statuses: set[int] = set()

    @property
    def status(self) -> int:
        """What to exit with."""
        return next((one for one in (FAILED, FAIL_ON_MET, INCOMPLETE) if one in self._statuses), 0)

    def periods(self, latest: Period, named: bool) -> Sequence[Period]:
        """What is to be made, the oldest first: ``latest``, or all that was missed until then."""
        from toolkit.reports import archive

        if not self.run.catch_up:
            return [latest]
        if named:
            raise SettingsError("--catch-up finds the periods itself", setting="--catch-up")
        found, left_out = archive.missed(self.output, latest, self.run.most)
        if left_out:
            names = left_out[0].name
            if len(left_out) > 1:
                names += f" to {left_out[-1].name}"
            typer.echo(
                f"note: more than {self.run.most} periods were missed; {names} "
                f"{'is' if len(left_out) == 1 else 'are'} left out (--most)",
                err=True,
            )
        undelivered = [
            period
            for period in archive.recorded(self.output, latest.kind, latest.timezone)
            if period not in found and self._owed(period)
        ]
        todo = [*undelivered, *found]
        if not todo:
            typer.echo(f"Nothing was missed: {latest.name} is there.")
        return todo

    def finish(self, data: ReportData, formats: Sequence[str]) -> None:
        """Writes one report down, delivers it, and judges it."""
        from toolkit.reports import archive
        from toolkit.reports.sections.steps import steps
        from toolkit.reports.write import compose, write_report

        if self.run.catch_up and _KEPT not in formats:
            formats = (*formats, _KEPT)
        report = compose(data, self.custom)
        for sentence in report.document.sections[0].sentences:
            typer.echo(sentence)
        for number, step in enumerate(steps(data), 1):
            typer.echo(f"{number}. {step.text}")
        for reason in (*data.incomplete, *data.refused.examples):
            typer.echo(f"note: {reason}", err=True)
        if self.run.dry_run:
            with tempfile.TemporaryDirectory() as folder:
                paths = write_report(report, Path(folder), formats)
                self._preview(report, _named(paths, Path(folder)))
        else:
            written: list[Path] = []

            def write(folder: Path) -> None:
                written.extend(
                    path.relative_to(folder) for path in write_report(report, folder, formats)
                )

            self._owe(data.period)
            made = archive.put(self.output, data.period, write)
            self.made += 1
            for path in written:
                typer.echo(made / path)
            self._deliver(report, {path.as_posix(): made / path for path in written})
        asked = (self.run.deliver or self.run.catch_up) and not self.run.allow_incomplete
        if asked and not data.complete:
            self._statuses.add(INCOMPLETE)
        self._judge(data)

    def _owe(self, period: Period) -> None:
        if self.ledger is None:
            return
        from toolkit.reports.delivery.deliver import owe
        from toolkit.reports.delivery.parcel import key

        owe(self.chosen, key(period), self.ledger)

    def _owed(self, period: Period) -> bool:
        """Whether a chosen destination was to get a period and did not."""
        from toolkit.reports.delivery.parcel import key

        return self.ledger is not None and any(
            self.ledger.owed(key(period), delivery.name) for delivery in self.chosen
        )

    def _preview(self, report: Report, files: Mapping[str, Path]) -> None:
        from toolkit.reports import archive
        from toolkit.reports.delivery.deliver import preview
        from toolkit.reports.delivery.parcel import Parcel

        folder = archive.folder(self.output, report.data.period)
        for name in files:
            typer.echo(f"would write {folder / name}")
        parcel = Parcel(report.data, report.document, files, report.templates)
        for text in preview(self.chosen, parcel, grafana=self.settings.grafana):
            typer.echo(f"would deliver: {text}")

    def _deliver(self, report: Report, files: Mapping[str, Path]) -> None:
        if self.ledger is None or not self.chosen:
            return
        from toolkit.reports.delivery.deliver import deliver
        from toolkit.reports.delivery.parcel import Parcel

        parcel = Parcel(report.data, report.document, files, report.templates)
        outcomes = deliver(
            self.chosen,
            parcel,
            self.ledger,
            grafana=self.settings.grafana,
            again=self.run.again,
        )
        for outcome in outcomes:
            if outcome.state == "failed":
                typer.echo(f"error: {outcome.name}: {outcome.text}", err=True)
            elif outcome.state == "already":
                typer.echo(f"{outcome.name}: {outcome.text}")
            else:
                typer.echo(f"{outcome.name}: delivered to {outcome.text}")
            for note in outcome.notes:
                typer.echo(f"error: {outcome.name}: {note}", err=True)
            if outcome.hint:
                typer.echo(f"hint: {outcome.hint}", err=True)
            if outcome.failed:
                self._statuses.add(FAILED)

    def _judge(self, data: ReportData) -> None:
        bound = fail_on(self.run.fail_on)
        if bound is None:
            return
        for row in data.new_rules:
            priority = Priority.parse(row.priority or "")
            if priority is not None and priority >= bound:
                self._statuses.add(FAIL_ON_MET)
                typer.echo(
                    f"--fail-on {self.run.fail_on}: {row.rule} ({priority}) is new in "
                    f"{data.period.name}",
                    err=True,
                )


@contextmanager
def failing() -> Iterator[None]:
    """What stops a run exits with 3; with 2 where what was handed to it is wrong."""
    try:
        yield
    except (SettingsError, EventError, DefinitionError) as error:
        error.exit_code = WRONG
        raise
    except ToolkitError as error:
        error.exit_code = FAILED
        raise
    except OSError as error:
        place = f": {error.filename}" if error.filename else ""
        raise DeliveryError(f"{error.strerror or error}{place}") from error


@contextmanager
def session(run: Run, settings: Settings, output: Path) -> Iterator[Session]:
    """A session with the options checked and, where it matters, no other one in the same folder.

    Raises :class:`SettingsError`, and :class:`toolkit.errors.DeliveryError` for a second run.
    """
    from toolkit.reports import archive

    fail_on(run.fail_on)
    if run.again and run.deliver is None:
        raise SettingsError("--again needs --deliver NAME", setting="--again")
    if run.catch_up and not archive.keeps(output):
        raise SettingsError(
            f"--catch-up needs a folder for each period, and --output {output} is one folder",
            setting="--output",
            hint=f"add --output '{output / archive.PERIOD}'",
        )
    made = Session(run, settings, output)
    if run.deliver is not None:
        made.chosen = choose(settings.deliveries, run.deliver)
    if not (run.deliver or run.catch_up):
        yield made
        return
    from toolkit.reports.delivery.ledger import Ledger
    from toolkit.reports.lock import only_run

    root = archive.root(output)
    if run.dry_run:
        made.ledger = Ledger(root)
        yield made
        return
    with only_run(root):
        made.ledger = Ledger(root)
        yield made
        if made.made and run.catch_up:
            _index(root)


def _named(paths: Sequence[Path], folder: Path) -> Mapping[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in paths}


def _index(root: Path) -> None:
    """The archive's page, made anew."""
    from toolkit.reports.index import find, render_index
    from toolkit.reports.write import write

    kept, skipped = find(root)
    typer.echo(write(root / "index.html", render_index(kept, skipped, root).encode()))
