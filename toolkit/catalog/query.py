"""A named query: what it says, what it needs, and its LogQL for a label dialect."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from toolkit.catalog.dialect import (
    COMMON_LABELS,
    Missing,
    Writer,
    answer_labels,
    field_of,
    label_of,
    missing,
)
from toolkit.errors import SettingsError
from toolkit.falco.labels import LabelSchema
from toolkit.logql import ast
from toolkit.logql.durations import format_go, parse, parse_prometheus
from toolkit.logql.printer import print_expr

Kind = Literal["metric", "log"]
WINDOW = "window"
_NAME = re.compile(r"\$\{?(\w+)|\[\[(\w+)")
_LEGEND_LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """One entry of ``queries/*.yaml``.

    ``needs`` are fields of Falco's by Falco's names; ``labels`` the labels under which an answer
    has those by which it groups. ``parameters`` have their defaults; ``window``, the range in which
    events are counted, has none. ``path`` and ``line`` say where the query is defined.
    """

    name: str
    title: str
    description: str
    subject: str
    kind: Kind
    unit: str
    needs: tuple[str, ...]
    expr: ast.Expr
    legend: str = ""
    parameters: Mapping[str, str | int | float] = field(default_factory=dict)
    path: str = ""
    line: int = 0

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the answer, in the order in which the legend names them."""
        grouped = answer_labels(self.expr)
        named = [name for name in _LEGEND_LABEL.findall(self.legend) if name in grouped]
        return (*dict.fromkeys(named), *sorted(grouped - set(named)))

    def missing(self, schema: LabelSchema) -> tuple[Missing, ...]:
        """What the query needs and a dialect lacks, each with the setting that would bring it."""
        return missing(self.needs, schema)

    def render(
        self,
        schema: LabelSchema,
        *,
        window: str | None = None,
        offset: str | None = None,
        where: Sequence[ast.Matcher] = (),
        **parameters: str | int | float,
    ) -> str:
        """The query's LogQL in a label dialect.

        ``window`` is a duration (``1d``) or a variable of Grafana's (``$__auto``); so may be the
        other ``parameters``. ``offset``, a duration such as ``1ns``, moves every window back. The
        matchers of ``where`` narrow the events; they name a label of the answer or a field
        (``hostname``, ``proc.name``), and their values are escaped as far as LogQL goes, so that
        ``$rule`` in one stays a variable of Grafana's. Raises :class:`SettingsError` where the
        dialect lacks a field, naming the setting that would bring it.
        """
        fields = {label_of(name): name for name in self.needs}
        asked = []
        for one in where:
            found = field_of(one.name, {**COMMON_LABELS, **fields})
            fields[label_of(found)] = found
            asked.append(replace(one, name=label_of(found)))
        self._refuse(missing(fields.values(), schema), schema)
        given = {**self.parameters, **parameters}
        if window is not None:
            given[WINDOW] = window
        writer = Writer(schema, fields, asked, frozenset(answer_labels(self.expr)))
        shift = 0 if offset is None else parse(offset)
        return print_expr(_Rendering(writer, given, shift, self.name).expr(self.expr))

    def _refuse(self, absent: tuple[Missing, ...], schema: LabelSchema) -> None:
        if absent:
            names = " and ".join(one.field for one in absent)
            raise SettingsError(
                f"{self.name} needs {names}, which these labels do not carry",
                setting="labels.dialect",
                hint=f"needs {absent[0].setting}",
            )


@dataclass(frozen=True, slots=True)
class _Rendering:
    """The walk through one query's tree."""

    writer: Writer
    given: Mapping[str, str | int | float]
    shift: int
    name: str

    def expr(self, expr: ast.Expr) -> ast.Expr:
        return self.writer.leg(expr, None) if isinstance(expr, ast.LogQuery) else self.metric(expr)

    def metric(self, expr: ast.MetricExpr) -> ast.MetricExpr:
        match expr:
            case ast.RangeAggregation():
                return replace(
                    expr,
                    log_range=self.log_range(expr.log_range),
                    parameter=self.number(expr.parameter),
                )
            case ast.VectorAggregation():
                parameter = self.number(expr.parameter)
                assert not isinstance(parameter, float), "topk counts"
                return replace(expr, expr=self.metric(expr.expr), parameter=parameter)
            case ast.LabelReplace():
                return replace(expr, expr=self.metric(expr.expr))
            case ast.BinaryOperation():
                return replace(expr, left=self.metric(expr.left), right=self.metric(expr.right))
            case ast.VectorLiteral():
                value = self.number(expr.value)
                assert value is not None
                return replace(expr, value=value)
            case ast.NumberLiteral():
                value = self.number(expr.value)
                assert value is not None
                return replace(expr, value=value, text="")

    def log_range(self, one: ast.LogRange) -> ast.LogRange:
        window = self.duration(one.range)
        offset = None if one.offset is None else self.duration(one.offset)
        if self.shift:
            if isinstance(offset, ast.Variable):
                raise ValueError(f"{self.name}: {offset.text} is a variable and takes no offset")
            total = self.shift + (offset.nanoseconds if offset else 0)
            offset = ast.Duration(total, format_go(total)) if total else None
        query = self.writer.leg(one.query, one.unwrap)
        return replace(one, query=query, range=window, offset=offset)

    def duration(self, value: ast.Duration | ast.Variable) -> ast.Duration | ast.Variable:
        if not isinstance(value, ast.Variable) or (given := self.value(value)) is None:
            return value
        text = str(given)
        if _NAME.match(text):
            return ast.Variable(text)
        return ast.Duration(parse_prometheus(text), text)

    def number(self, value: int | float | ast.Variable | None) -> int | float | ast.Variable | None:
        if not isinstance(value, ast.Variable) or (given := self.value(value)) is None:
            return value
        return ast.Variable(given) if isinstance(given, str) else given

    def value(self, variable: ast.Variable) -> str | int | float | None:
        """What a parameter was given; ``None`` for variables that are none of the query's."""
        match = _NAME.match(variable.text)
        assert match is not None
        name = match[1] or match[2]
        if name == WINDOW and name not in self.given:
            raise ValueError(f"{self.name} counts in a window: render(..., window=...)")
        return self.given.get(name)
