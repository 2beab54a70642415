"""What ``toolkit report`` does besides making one report: deliver, catch up, and judge.

The options of the three commands are the same; :func:`with_run` adds them and hands over a
:class:`Run`.
"""

from __future__ import annotations

import functools
import inspect
import tempfile
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from toolkit.errors import DeliveryError, SettingsError, ToolkitError
from toolkit.falco.priority import Priority
from toolkit.settings import Delivery, Settings, choose

if TYPE_CHECKING:
    from toolkit.analysis.periods import Period
    from toolkit.reports.data import ReportData
    from toolkit.reports.delivery.ledger import Ledger
    from toolkit.reports.write import Report

FAIL_ON_MET, FAILED, INCOMPLETE = 1, 3, 4
_NEW = "new-"
_MOST = 12

EXIT_STATUS = """Exit status: 0 fine; 1 --fail-on is met; 2 usage or settings; 3 failed: the
source did not answer, or a destination did not take the report; 4 made by --catch-up or delivered,
but incomplete. Of several, the first of 2, 3, 1 and 4.
"""


@dataclass(frozen=True, slots=True)
class Run:
    """The options."""

    deliver: Annotated[
        str | None,
        typer.Option(
            help="Destinations of toolkit.toml to deliver to, parted by commas, or all.",
            metavar="NAME",
        ),
    ] = None
    again: Annotated[
        bool, typer.Option("--again", help="Deliver even to those that have it already.")
    ] = False
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show what would be made and sent where; write nothing."),
    ] = False
    fail_on: Annotated[
        str | None,
        typer.Option(
            help="Exit with 1 if a rule of that priority or above is new: new-critical, ...",
            metavar="WHAT",
        ),
    ] = None
    allow_incomplete: Annotated[
        bool,
        typer.Option("--allow-incomplete", help="Exit with 0 in place of 4."),
    ] = False
    catch_up: Annotated[
        bool,
        typer.Option(
            "--catch-up",
            help="Make every period missed since the last one in --output 'DIR/{period}'.",
        ),
    ] = False
    most: Annotated[
        int, typer.Option(min=1, help="At most so many periods with --catch-up.", metavar="NUMBER")
    ] = _MOST


def with_run(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options and, as ``run``, what they come to."""
    hints = typing.get_type_hints(command, include_extras=True)
    own = [
        parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(command).parameters.items()
        if name != "run"
    ]
    run_hints = typing.get_type_hints(Run, include_extras=True)
    added = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=run_hints[field.name],
        )
        for field in fields(Run)
    ]

    @functools.wraps(command)
    def call(**given: Any) -> Any:
        run = Run(**{field.name: given.pop(field.name) for field in fields(Run)})
        return command(run=run, **given)

    # Typer reads the signature, and would follow __wrapped__ to the annotations as texts.
    del call.__wrapped__
    call.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]
    call.__annotations__ = {one.name: one.annotation for one in (*own, *added)}
    return call


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
        parcel = Parcel(report.data, report.document, files)
        for text in preview(self.chosen, parcel, grafana=self.settings.grafana):
            typer.echo(f"would deliver: {text}")

    def _deliver(self, report: Report, files: Mapping[str, Path]) -> None:
        if self.ledger is None or not self.chosen:
            return
        from toolkit.reports.delivery.deliver import deliver
        from toolkit.reports.delivery.parcel import Parcel

        parcel = Parcel(report.data, report.document, files)
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
    """What stops a run, whatever the reason, exits with 3; only wrong settings with 2."""
    try:
        yield
    except SettingsError:
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


def fail_on(text: str | None) -> Priority | None:
    """The priority of ``new-PRIORITY``. Raises :class:`SettingsError`."""
    if text is None:
        return None
    priority = Priority.parse(text.removeprefix(_NEW)) if text.startswith(_NEW) else None
    if priority is None:
        words = ", ".join(f"{_NEW}{one.label.lower()}" for one in reversed(Priority))
        raise SettingsError(
            f"--fail-on {text!r} is unknown", setting="--fail-on", hint=f"it takes {words}"
        )
    return priority


def _named(paths: Sequence[Path], folder: Path) -> Mapping[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in paths}
