"""``| logfmt`` on Falco's lines, which are prose or JSON."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.falco import about_falco
from toolkit.lint.matching import log_queries
from toolkit.lint.problem import Finding, Severity
from toolkit.logql import ast


def look(board: Board) -> Iterator[Finding]:
    """Falcosidekick writes the output text or JSON; neither is logfmt."""
    for target in board.targets:
        for query in log_queries(target.expr):
            if not about_falco(query):
                continue
            for stage in query.stages:
                if isinstance(stage, ast.LogfmtParser):
                    yield target.finding(
                        "Falco's lines are prose or JSON, not logfmt",
                        "Whatever looks like key=value in a command line becomes a label, the"
                        " last value keeps a bracket, and lines are marked with __error__. Use"
                        " the labels of the stream, or | json with Falcosidekick's"
                        " loki.format: json.",
                        stage.span,
                    )


CHECK = Check("logfmt-on-prose", Severity.ERROR, look)
