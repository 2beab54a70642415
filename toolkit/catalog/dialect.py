"""A named query's tree, rewritten for the labels that a Loki really has.

Named queries are written in one dialect: Falcosidekick with ``customfields: source:falco`` and JSON
lines. There ``{source="falco"}`` are Falco's events, rule, priority, node, tags, namespace and pod
are labels of the stream, and everything else is extracted from the line by a json stage. In another
dialect (:class:`toolkit.falco.labels.LabelSchema`) the selector, the place of each field and the
names of labels differ; the labels of the *answer* never do, because renamed and extracted labels
get the names of this one. So panels, tables and alerts need not know the dialect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from toolkit.falco.labels import LabelSchema, Where, dialects
from toolkit.logql import ast
from toolkit.logql.parser import parse
from toolkit.logql.visitor import joined_filters

CANONICAL = dialects()["source-falco-json"]
MARKER = ast.Matcher("source", "=", "falco")
"""What says "Falco's events" in a named query."""

ERRORS = ("__error__", "__error_details__")
_COMMON = ("rule", "priority", "hostname", "source", "tags", "k8s.ns.name", "k8s.pod.name")
_TEMPLATE_LABEL = re.compile(r"\.([a-zA-Z_]\w*)")


@dataclass(frozen=True, slots=True)
class Missing:
    """A field of Falco's that a dialect lacks, and the setting that would bring it."""

    field: str
    setting: str


def label_of(field: str) -> str:
    """The label under which answers have a field: ``proc.name`` is ``proc_name``."""
    return CANONICAL.access(field).name


COMMON_LABELS: Mapping[str, str] = {label_of(name): name for name in _COMMON}


def field_of(name: str, known: Mapping[str, str]) -> str:
    """The field meant by a label or by Falco's own name for it (``hostname``, ``proc.name``)."""
    return known.get(name) or COMMON_LABELS.get(name) or name


def tagged(tag: str) -> ast.Matcher:
    """Matches events whose rule has the tag.

    Tags are joined by commas in Falcosidekick's label, and a JSON array in Falco's own line.
    """
    return ast.Matcher("tags", "=~", f'(.*[,"])?{re.escape(tag)}([,"].*)?')


# --- which labels a query uses --------------------------------------------------------------------


def answer_labels(expr: ast.Expr) -> set[str]:
    """Labels that groupings, vector matching and label_replace name."""
    match expr:
        case ast.RangeAggregation():
            return _grouped(expr.grouping)
        case ast.VectorAggregation():
            return _grouped(expr.grouping) | answer_labels(expr.expr)
        case ast.LabelReplace():
            return (answer_labels(expr.expr) | {expr.src}) - {expr.dst}
        case ast.BinaryOperation():
            matching = expr.matching
            named = set(matching.labels + matching.include) if matching else set()
            return named | answer_labels(expr.left) | answer_labels(expr.right)
    return set()


def leg_labels(query: ast.LogQuery, unwrap: ast.Unwrap | None = None) -> set[str]:
    """Labels of events that one selector and its pipeline name."""
    used = {one.name for one in query.selector.matchers if one != MARKER}
    made: set[str] = set()
    for stage in query.stages:
        used |= _stage_labels(stage) - made
        if isinstance(stage, ast.LabelFormat):
            made |= {one.name for one in stage.assignments}
    if unwrap is not None:
        used |= {unwrap.label} - made
    return used - {*ERRORS}


def _grouped(grouping: ast.Grouping | None) -> set[str]:
    return set(grouping.labels) if grouping else set()


def _stage_labels(stage: ast.Stage) -> set[str]:
    match stage:
        case ast.JsonParser() | ast.LogfmtParser():
            return {one.label for one in stage.extractions}
        case ast.StringLabelFilter():
            return {stage.matcher.name}
        case (
            ast.NumberLabelFilter()
            | ast.DurationLabelFilter()
            | ast.BytesLabelFilter()
            | ast.IPLabelFilter()
        ):
            return {stage.name}
        case ast.AndLabelFilter() | ast.OrLabelFilter():
            return {name for leg in joined_filters(stage) for name in _stage_labels(leg)}
        case ast.LabelFormat():
            renamed = {one.value for one in stage.assignments if one.rename}
            written = [one.value for one in stage.assignments if not one.rename]
            return renamed | {name for text in written for name in _templated(text)}
        case ast.LineFormat():
            return set(_templated(stage.template))
        case ast.DropLabels() | ast.KeepLabels():
            return {one if isinstance(one, str) else one.name for one in stage.items}
    return set()


def _templated(template: str) -> list[str]:
    return _TEMPLATE_LABEL.findall(template)


def legs(expr: ast.Expr) -> list[tuple[ast.LogQuery, ast.Unwrap | None]]:
    """Every selector with its pipeline, left to right."""
    match expr:
        case ast.LogQuery():
            return [(expr, None)]
        case ast.RangeAggregation():
            return [(expr.log_range.query, expr.log_range.unwrap)]
        case ast.VectorAggregation() | ast.LabelReplace():
            return legs(expr.expr)
        case ast.BinaryOperation():
            return legs(expr.left) + legs(expr.right)
    return []


# --- writing it for a dialect ---------------------------------------------------------------------


def missing(fields: Iterable[str], schema: LabelSchema) -> tuple[Missing, ...]:
    """The fields that the dialect lacks."""
    found = ((name, schema.access(name)) for name in fields)
    return tuple(Missing(name, one.setting) for name, one in found if one.where is Where.ABSENT)


@dataclass(frozen=True, slots=True)
class Writer:
    """Rewrites the legs of one query; ``fields`` maps the labels it uses to Falco's names."""

    schema: LabelSchema
    fields: Mapping[str, str]
    where: Sequence[ast.Matcher]
    answer: frozenset[str]
    """Labels that the parts of the query around its legs name."""

    def leg(self, query: ast.LogQuery, unwrap: ast.Unwrap | None) -> ast.LogQuery:
        """One selector and its pipeline in the dialect."""
        used = self.answer | leg_labels(query, unwrap) | {one.name for one in self.where}
        fields = {label: self.fields[label] for label in sorted(used & self.fields.keys())}
        chosen = self.schema.selector()
        matchers = [ast.Matcher(one.name, one.op, one.value) for one in chosen.matchers]
        filters: list[ast.Stage] = []
        own = tuple(one for one in query.selector.matchers if one != MARKER)
        for one in (*own, *self.where):
            access = self.schema.access(self.fields[one.name])
            if access.where is Where.LABEL:
                matchers.append(replace(one, name=access.name))
            else:
                filters.append(ast.StringLabelFilter(_anchored(one)))
        stages = (
            *self._extracting(_stages(chosen.stages), fields),
            *self._renaming(fields),
            *filters,
            *_without(query.stages, fields),
        )
        return replace(query, selector=ast.Selector(tuple(matchers)), stages=stages)

    def _extracting(
        self, before: tuple[ast.Stage, ...], fields: Mapping[str, str]
    ) -> tuple[ast.Stage, ...]:
        """The dialect's own stages, with one json stage that extracts every field in the line."""
        wanted = [
            ast.Extraction(label, access.expression)
            for label, field in fields.items()
            if (access := self.schema.access(field)).where is Where.LINE
        ]
        for at, stage in enumerate(before):
            if isinstance(stage, ast.JsonParser):
                there = {one.label for one in stage.extractions}
                more = tuple(one for one in wanted if one.label not in there)
                merged = replace(stage, extractions=stage.extractions + more)
                return (*before[:at], merged, *before[at + 1 :])
        if not wanted:
            return before
        # A line of text among lines of JSON counts, as an event of which the field is not known;
        # with its error it would make the whole query fail.
        return (*before, ast.JsonParser(tuple(wanted)), ast.DropLabels(ERRORS))

    def _renaming(self, fields: Mapping[str, str]) -> tuple[ast.Stage, ...]:
        renamed = tuple(
            ast.LabelAssignment(label, access.name, rename=True)
            for label, field in fields.items()
            if (access := self.schema.access(field)).where is Where.LABEL and access.name != label
        )
        return (ast.LabelFormat(renamed),) if renamed else ()


def _without(stages: tuple[ast.Stage, ...], fields: Mapping[str, str]) -> Iterable[ast.Stage]:
    """The query's stages but for the extraction of fields, which was done before."""
    for stage in stages:
        if isinstance(stage, ast.JsonParser) and stage.extractions:
            rest = tuple(one for one in stage.extractions if one.label not in fields)
            if rest:
                yield replace(stage, extractions=rest)
        else:
            yield stage


def _anchored(matcher: ast.Matcher) -> ast.Matcher:
    """A selector's matcher as a label filter.

    Loki anchors a filter's pattern only where it cannot simplify it (grafana/loki#14433), and a
    selector's always; written out, both mean the same.
    """
    if matcher.op in ("=", "!="):
        return matcher
    return replace(matcher, value=f"^(?:{matcher.value})$")


@lru_cache(maxsize=64)
def _stages(text: str) -> tuple[ast.Stage, ...]:
    if not text:
        return ()
    expr = parse(f'{{a="b"}} {text}')
    assert isinstance(expr, ast.LogQuery)
    return expr.stages
