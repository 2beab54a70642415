"""``toolkit schedule``: files that make reports come by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, get_args

import typer

import toolkit
from toolkit.cli.options import REPORT, with_settings
from toolkit.cli.run_options import fail_on as parse_fail_on
from toolkit.errors import SettingsError
from toolkit.reports.formats import DEFAULT, parse_formats
from toolkit.settings import Settings, named

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="""Files that make reports come by themselves: Kubernetes, systemd, cron, GitHub Actions.

Example: toolkit schedule render --kind cronjob --loki-url http://loki.loki:3100 --deliver mail
""",
)


@app.callback()
def _group() -> None:
    """A group, so that its one command keeps its name."""


@app.command(
    "render",
    help="""Write ready files. Settings go with them, secrets are only referred to.

Example: toolkit schedule render --kind systemd --report daily --at 05:30 --deliver all
""",
)
@with_settings(REPORT)
def render(
    settings: Settings,
    kind: Annotated[
        str,
        typer.Option(help="Who keeps the time: cronjob, systemd, cron, github.", metavar="KIND"),
    ],
    report: Annotated[
        str, typer.Option(help="weekly, daily or monthly.", metavar="NAME")
    ] = "weekly",
    at: Annotated[str, typer.Option(help="Time of day in --timezone.", metavar="HH:MM")] = "06:00",
    day: Annotated[
        str | None,
        typer.Option(help="Weekday (mon) of a weekly report, day (1) of a monthly one."),
    ] = None,
    deliver: Annotated[
        str | None,
        typer.Option(
            help="Destinations of toolkit.toml, parted by commas, or all.", metavar="NAME"
        ),
    ] = None,
    formats: Annotated[
        str, typer.Option("--format", help="Formats to make.", metavar="LIST")
    ] = DEFAULT,
    most: Annotated[
        int, typer.Option(min=1, help="At most so many missed periods a run.", metavar="NUMBER")
    ] = 12,
    fail_on: Annotated[
        str | None, typer.Option(help="Exit with 1 if such a rule is new: new-critical.")
    ] = None,
    allow_incomplete: Annotated[
        bool,
        typer.Option("--allow-incomplete", help="An incomplete report is no failure of a run."),
    ] = False,
    image: Annotated[
        str, typer.Option(help="Image of the CronJob.")
    ] = f"falco-toolkit:{toolkit.__version__}",
    namespace: Annotated[str, typer.Option(help="Namespace of the CronJob.")] = "falco",
    storage: Annotated[str, typer.Option(help="Size of the CronJob's claim.")] = "1Gi",
    storage_class: Annotated[
        str | None, typer.Option(help="Storage class of the claim; the cluster's default.")
    ] = None,
    memory: Annotated[str, typer.Option(help="Memory limit, for cronjob and systemd.")] = "1Gi",
    command: Annotated[
        str, typer.Option(help="Path of the program, for systemd and cron.", metavar="PATH")
    ] = "/usr/local/bin/toolkit",
    package: Annotated[
        str, typer.Option(help="What pip installs, for github.")
    ] = f"falco-toolkit=={toolkit.__version__}",
    output: Annotated[Path, typer.Option(help="Folder to write to.", metavar="DIR")] = Path(
        "schedule"
    ),
) -> None:
    from toolkit.publish.writing import write_files
    from toolkit.schedule.moments import Report, moment
    from toolkit.schedule.plan import Plan
    from toolkit.schedule.render import KINDS

    if kind not in KINDS:
        raise SettingsError(
            f"--kind {kind!r} is unknown", setting="--kind", hint=f"choose from {', '.join(KINDS)}"
        )
    if report not in get_args(Report):
        raise SettingsError(
            f"--report {report!r} is unknown",
            setting="--report",
            hint=f"choose from {', '.join(get_args(Report))}",
        )
    parse_formats(formats)
    parse_fail_on(fail_on)
    plan = Plan(
        settings,
        moment(report, at, day, settings.timezone),  # type: ignore[arg-type]
        deliveries=named(settings.deliveries, deliver) if deliver is not None else (),
        formats=formats,
        most=most,
        fail_on=fail_on,
        allow_incomplete=allow_incomplete,
        image=image,
        namespace=namespace,
        storage=storage,
        storage_class=storage_class,
        memory=memory,
        command=command,
        package=package,
    )
    made = KINDS[kind](plan)
    for name, state in write_files(made.files, output).items():
        typer.echo(f"{state:9} {output / name}")
    typer.echo("Next:")
    for step in made.next_steps:
        typer.echo(f"  {step.replace('DIR', str(output))}")
