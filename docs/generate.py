"""Writes the reference pages that come from the program itself: commands, settings, queries.

``make docs`` runs it; a test compares the pages with what it would write.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from toolkit.catalog import catalog
from toolkit.cli.main import COMMANDS, application, resolve
from toolkit.falco.labels import LabelSchema, Where, Writer, dialects
from toolkit.falco.sidekick import POD_LABELS
from toolkit.reports.tables import shapes
from toolkit.settings import DELIVER_KINDS, FIELDS, fields_of, variable

HERE = Path(__file__).parent
_NOTE = "<!-- Written by docs/generate.py; change the program, then run make docs. -->"
_WIDTH = 88


def commands() -> str:
    """Every command with its own help."""
    parts = [_NOTE, "# Commands", "", "What `--help` says, for every command.", ""]
    parts += _help("toolkit", application())
    for entry in COMMANDS:
        for name, command in _tree(f"toolkit {entry.name}", resolve(entry)):
            parts += _help(name, command)
    return "\n".join(parts)


def _tree(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield name, command
    for child, sub in sorted(getattr(command, "commands", {}).items()):
        yield from _tree(f"{name} {child}", sub)


def _help(name: str, command: Any) -> list[str]:
    context = typer.Context(
        command, info_name=name, max_content_width=_WIDTH, terminal_width=_WIDTH
    )
    text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    return [f"## {name}", "", "```text", text, "```", ""]


def settings() -> str:
    """Every setting: key in toolkit.toml, flag, variable."""
    rows = [
        f"| `{field.key}` | {_code(field.flag)} | {_code(field.env)} | {_cell(field.help)} |"
        for field in FIELDS
    ]
    return "\n".join(
        [
            _NOTE,
            "# Settings",
            "",
            "A flag wins over the environment, the environment over `toolkit.toml` in the working",
            "directory (or `--config FILE`), and that over the default. `toolkit settings` shows",
            "what is in force and where it was read from. Secrets are never flags.",
            "",
            "| in toolkit.toml | flag | environment | meaning |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
            *_deliveries(),
            *_dialects(),
        ]
    )


_ASKED = ("rule", "priority", "source", "tags", "hostname", "k8s.ns.name", "k8s.pod.name")
_OTHER = "proc.cmdline"


def _dialects() -> list[str]:
    """Who writes each label dialect, how its events are found and where their fields are."""
    lines = [
        "## Label dialects",
        "",
        "`labels.dialect` says who labelled the events. A field that is a label is the cheapest to",
        "ask for and can be chosen from a list; one in the line is parsed by each query, and in",
        "Grafana its values can only be typed; the others cannot be asked for, and the panel or",
        "report that needs one says which setting brings it.",
        "",
        "| dialect | written by | events are found by | labels | in the line |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, schema in dialects().items():
        found = {field: schema.access(field).where for field in (*_ASKED, _OTHER)}
        labels = [field for field in _ASKED if found[field] is Where.LABEL]
        if found[_OTHER] is Where.LABEL:
            labels.append("every output field that is a text")
        in_line = [field for field in _ASKED if found[field] is Where.LINE]
        if found[_OTHER] is Where.LINE:
            in_line.append("every output field")
        cells = (
            f"`{name}`",
            _writer(schema),
            f"`{schema.selector()}`",
            ", ".join(labels) or "none",
            ", ".join(in_line) or "none",
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    lines += [
        "",
        "Falcosidekick before 2.26 makes a label of every output field that is a text. Loki 3",
        "takes 15 labels a stream (`max_label_names_per_series`) and refuses events with more:",
        "raise that limit, or better the Falcosidekick.",
        "",
        "Falcosidekick 2.29 or later does not start with `customfields: source:falco`, because a",
        "label of its own metrics has that name. Where it is current, `source-falco` is for events",
        "to which a proxy or collector between it and Loki adds the label.",
        "",
    ]
    return lines


def _writer(schema: LabelSchema) -> str:
    if schema.writer is Writer.STDOUT:
        return "a collector that scrapes Falco's standard output as JSON"
    since = schema.version >= POD_LABELS
    version = ".".join(map(str, POD_LABELS if since else schema.version))
    version += " or later" if since else ""
    constant = "".join(f", `customfields: {name}:{value}`" for name, value in schema.custom_fields)
    return f"Falcosidekick {version}, `loki.format: {schema.line_format}`{constant}"


def _deliveries() -> list[str]:
    """What a ``[deliver.NAME]`` table may hold, by kind of destination."""
    lines = [
        "## Destinations for reports",
        "",
        "A table `[deliver.NAME]` in `toolkit.toml` is a destination, and `kind` says of what kind",
        "([delivery.md](delivery.md) shows each). A variable wins over the file; below they are",
        "those of a destination called `NAME`. A secret has no key: it comes from its variable or",
        "from the file that the key with `_file` names.",
        "",
    ]
    for kind, what in DELIVER_KINDS.items():
        lines += [f'### `kind = "{kind}"`', "", what, ""]
        lines += ["| in the table | environment | needed | meaning |", "| --- | --- | --- | --- |"]
        for key, field in fields_of(kind).items():
            shown = f"{key}_file" if field.secret else key
            needed = "yes" if field.needed else ""
            env = variable("NAME", key)
            lines.append(f"| `{shown}` | `{env}` | {needed} | {_cell(field.help)} |")
        lines.append("")
    return lines


def queries() -> str:
    """Every named query."""
    parts = [
        _NOTE,
        "# Named queries",
        "",
        "Written once in `queries/*.yaml`; asked by panels, alert rules, reports and notebooks,",
        "and by hand with `toolkit query --name NAME`.",
        "",
    ]
    for query in sorted(catalog(), key=lambda query: query.name):
        needs = ", ".join(f"`{field}`" for field in query.needs)
        parts += [f"## {query.name}", "", query.description.strip(), ""]
        place = f"`queries/{Path(query.path).name}`"
        parts += [f"Answers {query.unit}; needs {needs}. Defined in {place}.", ""]
    return "\n".join(parts)


_TABLES = """\
`toolkit report weekly --format csv,parquet,xlsx` writes each of them, complete: `tables/NAME.csv`,
`tables/NAME.parquet` and a sheet `NAME` of `report.xlsx`. They are the lists of `report.json`; a
column `trend_word` is the key `word` of its `trend`. All tables are there in every report, empty
ones too.

| holds | CSV | Parquet | Excel |
| --- | --- | --- | --- |
| text | as it is | string | text, whatever it begins with |
| count | digits | int64 | number |
| number | digits | double | number |
| flag | `true`, `false` | bool | TRUE, FALSE |
| moment | ISO 8601 with offset | timestamp[ns] in the report's zone | local time of that zone |
| day | `2026-11-12` | date32 | date |

A null is an empty cell, and a null in Parquet.
"""


def tables() -> str:
    """Every table of a report with its columns."""
    parts = [
        _NOTE,
        "# The tables of a report",
        "",
        _TABLES,
    ]
    for shape in shapes():
        parts += [f"## {shape.name}", "", shape.description, ""]
        parts += ["| column | holds | meaning |", "| --- | --- | --- |"]
        parts += [f"| `{f.name}` | {f.kind} | {_cell(f.description)} |" for f in shape.fields]
        parts.append("")
    return "\n".join(parts)


def _code(text: str | None) -> str:
    return f"`{text}`" if text else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": commands,
    "settings.md": settings,
    "queries.md": queries,
    "report-tables.md": tables,
}


def main() -> None:
    """Write all pages."""
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8", newline="\n")
        sys.stdout.write(f"docs/{name}\n")


if __name__ == "__main__":
    main()
