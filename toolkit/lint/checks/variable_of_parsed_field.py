"""A variable that lists the values of a field inside of lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from toolkit.errors import LogQLError
from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.matching import log_queries
from toolkit.lint.problem import Finding, Severity
from toolkit.lint.values import Json, mapping, string
from toolkit.logql import ast
from toolkit.logql.parser import parse
from toolkit.logql.visitor import find

_LABEL_VALUES = re.compile(r"\s*label_values\(\s*(?:(?P<stream>.+),\s*)?(?P<label>[\w$.]+)\s*\)\s*")
_PARSED = re.compile(r"output_fields_\w+|\w+_extracted")
_DETAILS = (
    "Loki lists the labels of streams only (grafana/grafana#59297). Make the field a label, with"
    " Falcosidekick's loki.extralabels, or let people type it: a variable of type textbox."
)


def look(board: Board) -> Iterator[Finding]:
    """Selectors with a pipeline, and names that only a parser of the dashboard's queries makes."""
    for variable in board.variables:
        if variable.kind != "query":
            continue
        stream, label = _asked(variable.model)
        if stream and _has_pipeline(stream):
            yield variable.finding(
                f"the query of ${variable.name} has a pipeline", _DETAILS, "query"
            )
        elif label and (_PARSED.fullmatch(label) or label in _parsed(board)):
            summary = f"${variable.name} lists values of {label}, a field inside of lines"
            yield variable.finding(summary, _DETAILS, "query")


def _asked(model: Json) -> tuple[str, str]:
    query = model.get("query")
    if isinstance(query, dict):
        return string(query.get("stream")), string(query.get("label"))
    match = _LABEL_VALUES.fullmatch(string(query) or string(mapping(query).get("query")))
    return (match["stream"] or "", match["label"]) if match else ("", "")


def _has_pipeline(stream: str) -> bool:
    try:
        expr = parse(stream)
    except LogQLError:
        return "|" in stream.rpartition("}")[2]
    return not isinstance(expr, ast.LogQuery) or bool(expr.stages)


def _parsed(board: Board) -> set[str]:
    """Labels that queries extract from lines and no selector knows."""
    queries = [query for target in board.targets for query in log_queries(target.expr)]
    extracted = {one.label for query in queries for one in find(query, ast.Extraction)}
    return extracted - {one.name for query in queries for one in query.selector.matchers}


CHECK = Check("variable-of-parsed-field", Severity.ERROR, look)
