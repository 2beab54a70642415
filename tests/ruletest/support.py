"""Shared by the tests of this room."""

from __future__ import annotations

import textwrap
from pathlib import Path

from toolkit.catalog import catalog
from toolkit.engine.engine import Engine
from toolkit.engine.store import Store, StreamBatch
from toolkit.falco.labels import LabelSchema, dialects
from toolkit.ruletest.groups import Definitions
from toolkit.ruletest.outcome import FileResult
from toolkit.ruletest.places import Place, Text
from toolkit.ruletest.problems import Problem
from toolkit.ruletest.runner import Run, run_file
from toolkit.settings import shipped

DATA = Path(__file__).parent / "data"
SECOND = 10**9
MINUTE = 60 * SECOND


def define(schema: LabelSchema) -> Definitions:
    """The groups that the project ships."""
    return Definitions([shipped("dashboards")], catalog(), schema)


def run(path: Path, dialect: str = "source-falco-json") -> FileResult:
    """The results of a test file."""
    return run_file(path, Run(define, dialects()[dialect]))


def write(folder: Path, name: str, content: str) -> Path:
    """A file with this content, indentation taken off."""
    path = folder / name
    path.write_text(textwrap.dedent(content).lstrip("\n"), encoding="utf-8")
    return path


def text(value: str) -> Text:
    """A text that stands nowhere."""
    return Text(value, Place("made up"))


def engine(*batches: StreamBatch) -> Engine:
    """An engine over these entries."""
    store = Store.in_memory()
    store.append(list(batches))
    snapshot = store.snapshot()
    return Engine(lambda: snapshot)


def at(problem: Problem, length: int = 12) -> str:
    """``code|text``: what the file says where the problem is placed."""
    line = Path(problem.place.path).read_text(encoding="utf-8").split("\n")[problem.place.line - 1]
    return f"{problem.code}|{line[problem.place.column - 1 :][:length].rstrip()}"
