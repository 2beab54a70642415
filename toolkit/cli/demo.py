"""``toolkit demo``: the whole way from Falco's events to dashboards, rules and a report."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from toolkit.errors import SettingsError

if TYPE_CHECKING:
    from toolkit.analysis.periods import Period
    from toolkit.engine.store import Store
    from toolkit.falco.event import FalcoEvent
    from toolkit.falco.labels import LabelSchema
    from toolkit.falco.sample import SampleStory
    from toolkit.publish.rendering import Rendered
    from toolkit.sources.base import LokiSource

HELP = """Six weeks of a sample cluster's Falco events, and all that the toolkit makes of them.

No Loki and no Grafana are needed. Writes DIR/events.jsonl (as Falco writes them),
DIR/falcosidekick/ (the same event as Falcosidekick sends it to Loki, in both of its line formats),
DIR/dashboards/, DIR/rules/, DIR/report/ and DIR/preview.html. The same seed and clock give the same
bytes in any folder.

Example: toolkit demo --output demo --seed 1 --now 2026-11-23T08:00:00Z
"""

_SHOWN_EVENTS = 3
_LABELS = "source-falco-json"
"""Lines in JSON tell processes, images and users; in text, panels of those could only say so."""
# From general to specific, and then to what keeps the watching itself sound.
_STORY = ("overview", "rule", "node", "workload", "audit", "mitre", "noise", "pipeline", "events")
Echo = Callable[[str], None]


def demo(
    output: Annotated[Path, typer.Option(help="Folder to write to.", metavar="DIR")] = Path("demo"),
    seed: Annotated[int, typer.Option(help="Another seed is another cluster.")] = 1,
    now: Annotated[
        str | None,
        typer.Option(
            help="The demo's clock, ISO 8601; by default the current hour.", metavar="TIME"
        ),
    ] = None,
) -> None:
    from toolkit.analysis.periods import week
    from toolkit.engine.engine import Engine
    from toolkit.falco.labels import dialects
    from toolkit.falco.sample import sample_story
    from toolkit.sources.embedded import EmbeddedSource

    moment = _moment(now)
    started = time.monotonic()
    output.mkdir(parents=True, exist_ok=True)
    story = sample_story(seed, moment)
    events = _events(output / "events.jsonl", seed, moment)
    schema = dialects()[_LABELS]
    store = _load(events, schema)
    source = EmbeddedSource(Engine(store.snapshot), address="the sample cluster")
    _line_formats(output / "falcosidekick", events, story)
    rendered = _dashboards(output, schema)
    period = week(story.week, "UTC")
    sentence = _report(output / "report", source, schema, period, moment)
    _preview(output / "preview.html", rendered, source, period)
    _tell(typer.echo, output, story, len(events), sentence, time.monotonic() - started)


def _moment(text: str | None) -> int:
    from toolkit.falco.timestamps import parse_time

    if text is None:
        hour = 3600 * 10**9
        return time.time_ns() // hour * hour
    moment = parse_time(text)
    if moment is None:
        raise SettingsError(
            f"--now {text!r} is no moment", setting="now", hint="write it like 2026-11-23T08:00:00Z"
        )
    return moment


def _events(path: Path, seed: int, now: int) -> list[FalcoEvent]:
    """Writes the sample and reads it back, as anybody's file of events is read."""
    from toolkit.falco.event import FalcoEvent
    from toolkit.falco.reader import read_events
    from toolkit.falco.sample import write_sample

    write_sample(path, seed, now)
    return [event for event in read_events([path]) if isinstance(event, FalcoEvent)]


def _load(events: list[FalcoEvent], schema: LabelSchema) -> Store:
    from toolkit.engine.store import Store
    from toolkit.sources.files import load_events

    store = Store.in_memory()
    load_events(store, events, schema)
    return store


def _line_formats(folder: Path, events: list[FalcoEvent], story: SampleStory) -> None:
    """The first events of the incident as pushes to Loki, in Falcosidekick's two line formats."""
    from toolkit.falco.kinds import Kind
    from toolkit.falco.labels import dialects

    incident = [e for e in events if e.time >= story.incident.start and e.kind is Kind.SECURITY]
    folder.mkdir(parents=True, exist_ok=True)
    for name, dialect in (("text", "source-falco"), ("json", "source-falco-json")):
        streams = []
        for event in incident[:_SHOWN_EVENTS]:
            labels, moment, line = dialects()[dialect].entry(event)
            streams.append({"stream": labels, "values": [[str(moment), line]]})
        _write_json(folder / f"push-{name}.json", {"streams": streams})


def _write_json(path: Path, document: Any) -> None:
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def _dashboards(output: Path, schema: LabelSchema) -> Rendered:
    from toolkit.catalog import catalog
    from toolkit.grafana.alerting.grafana import provisioning_file
    from toolkit.grafana.alerting.ruler import rule_file
    from toolkit.grafana.version import NEWEST
    from toolkit.publish.deploy import Deployment, render_offline
    from toolkit.publish.provisioning import dashboard_json
    from toolkit.publish.writing import write_files
    from toolkit.settings import shipped
    from toolkit.yamltext import dump

    deployment = Deployment((shipped("dashboards"),), catalog(), schema)
    rendered = render_offline(deployment, NEWEST)
    made = {f"{one.uid}.json": dashboard_json(one.model) for one in rendered.dashboards}
    write_files(made, output / "dashboards")
    groups = list(rendered.groups)
    rules = {
        "grafana-alerting.yaml": dump(provisioning_file(groups, rendered.context)),
        "loki-rules.yaml": dump(rule_file(groups, rendered.context)),
    }
    write_files(rules, output / "rules")
    return rendered


def _report(folder: Path, source: LokiSource, schema: LabelSchema, period: Period, now: int) -> str:
    from toolkit.catalog import catalog
    from toolkit.reports.collect import Asker, collect
    from toolkit.reports.formats import FORMATS
    from toolkit.reports.write import compose, write_report
    from toolkit.sources.files import Refused

    asker = Asker(source, schema, catalog())
    data = collect(asker, period, now=now, refused=Refused(), not_sent={})
    report = compose(data)
    write_report(report, folder, FORMATS)
    return report.document.sections[0].sentences[0]


def _preview(path: Path, rendered: Rendered, source: LokiSource, period: Period) -> None:
    """Of the report's week, so that a number here can be looked up there."""
    from toolkit.preview.page import render_preview

    models = sorted((one.model for one in rendered.dashboards), key=_place)
    start, end = period.start, period.end
    text = render_preview(models, source, start=start, end=end, now=end, zone=UTC)
    path.write_text(text, encoding="utf-8", newline="\n")


def _place(model: Mapping[str, Any]) -> tuple[int, str]:
    name = str(model["uid"]).rpartition("-")[2]
    return (_STORY.index(name) if name in _STORY else len(_STORY)), name


def _tell(
    echo: Echo, output: Path, story: SampleStory, events: int, sentence: str, seconds: float
) -> None:
    echo(f"A sample cluster of {len(story.nodes)} nodes and {events} events, in {seconds:.0f} s:")
    for name, what in (
        ("events.jsonl", "the events, one JSON line each, as Falco writes them"),
        ("falcosidekick/", "what Falcosidekick pushes to Loki, in text and in JSON format"),
        ("dashboards/", f"Grafana dashboards, for labels as in {_LABELS}"),
        ("rules/", "alert rules, for Grafana and for Loki's ruler"),
        ("report/report.html", f"the report of {story.week}: {sentence}"),
        ("preview.html", "the dashboards' panels, drawn from their own queries' answers"),
    ):
        echo(f"  {output / name}")
        echo(f"      {what}")
    incident = story.incident
    echo(
        f"The story: an incident on {incident.node}, {story.silent_node} falls silent, "
        f"{story.unwatched_node} was never watched, {story.new_rule} is new, "
        f"{story.vanished_rule} is gone."
    )
    echo("Next, ask it yourself:")
    events_file = output / "events.jsonl"
    asking = "query --name top_rules --since 7d --instant --events"
    echo(f"  {program()} {asking} {shlex.quote(str(events_file))}")


def program() -> str:
    """How to call this program again: by its name alone only where a shell would find it."""
    called = Path(sys.argv[0])
    if called.name != "toolkit" or shutil.which("toolkit"):
        return "toolkit"
    return shlex.quote(str(called))
