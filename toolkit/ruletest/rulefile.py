"""Rule files: Loki's ruler YAML, read and refused as the ruler does.

The format is Prometheus' (model/rulefmt/rulefmt.go) with LogQL in it; what is refused is what
Loki refuses when it loads a file (grafana/loki pkg/ruler/compat.go, ``ValidateGroups``), asked of a
running Loki too. On its way to the evaluation a rule passes a message that holds fewer fields than
the file (pkg/ruler/rulespb/rules.proto): :data:`DROPPED_IN_GROUP` and ``keep_firing_for`` are lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import yaml

from toolkit.errors import LogQLError, PromQLError
from toolkit.logql.ast import Expr, Matcher
from toolkit.logql.parser import parse
from toolkit.logql.template import TemplateSyntaxError
from toolkit.logql.visitor import find
from toolkit.promql import parse as parse_promql
from toolkit.promql.ast import NAME
from toolkit.promql.ast import Expr as PromQLExpr
from toolkit.ruletest.expansion import check_template, template_hint
from toolkit.ruletest.manifests import (
    grafanas_version,
    is_manifest,
    looks_like_rules,
    rule_parts,
)
from toolkit.ruletest.places import Place, Text
from toolkit.ruletest.problems import Problem, Severity, did_you_mean
from toolkit.ruletest.yamlreader import Reader, Report, only_one, read_documents

DROPPED_IN_GROUP: Final = ("labels", "query_offset")
_GROUP_KEYS: Final = ("name", "interval", "limit", "rules", *DROPPED_IN_GROUP)
_RULE_KEYS: Final = (
    *("alert", "record", "expr", "for", "keep_firing_for"),
    *("labels", "annotations"),
)
_LABEL_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_METRIC_NAME: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
# A metric's name, alone or with what follows one, in what is not even PromQL.
_PROMQL: Final = re.compile(r"\s*(?:\w+\s*\(\s*)*[a-zA-Z_:][\w:]*\s*(?:$|[{\[)<>=!+*/-])")


Language = Literal["logql", "promql"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``expr`` parsed is ``tree``; durations are nanoseconds, 0 where left out.

    Rule files of Loki's ruler are LogQL throughout; an alert group's rule may ask Prometheus.
    """

    kind: str
    """``alert`` or ``record``."""
    name: Text
    expr: Text
    tree: Expr | PromQLExpr
    pending: int = 0
    keep_firing: int = 0
    labels: Mapping[str, Text] = field(default_factory=dict)
    annotations: Mapping[str, Text] = field(default_factory=dict)
    dropped: Mapping[str, Place] = field(default_factory=dict)
    """Fields that Loki's ruler drops, and where they stand."""

    @property
    def language(self) -> Language:
        """In which language the rule asks."""
        return "promql" if isinstance(self.tree, PromQLExpr) else "logql"

    @property
    def subject(self) -> str:
        """``alert Shell``: how messages call it."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """Rules that are evaluated together. ``interval`` is None where the ruler's own holds."""

    name: str
    place: Place
    rules: Sequence[Rule] = ()
    interval: int | None = None
    limit: int = 0
    dropped: Mapping[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RuleFile:
    """The groups of one file, as far as they could be read."""

    path: str
    groups: Sequence[RuleGroup] = ()


def load_rules(path: Path, report: Report, *, shown: str | None = None) -> RuleFile:
    """The rules of a file; everything for which Loki would refuse the file goes to ``report``.

    Manifests of Kubernetes that hold rules are read too (:mod:`toolkit.ruletest.manifests`).

    A rule that does not hold together is left out of the answer. ``shown`` is how messages name the
    file.
    """
    name = shown or str(path)
    documents = read_documents(path, name, report)
    if documents is not None and is_manifest(documents[1][0]):
        parts = rule_parts(*documents)
        return RuleFile(name, tuple(group for part in parts for group in _groups(*part)))
    found = None if documents is None else only_one(*documents)
    return RuleFile(name, tuple(_groups(*found)) if found is not None else ())


def holds_rules(path: Path) -> bool:
    """Whether a file is meant to hold rules. One that is not even YAML may have been."""
    documents = read_documents(path, str(path), lambda problem: None)
    return documents is None or any(map(looks_like_rules, documents[1]))


def _groups(reader: Reader, node: yaml.Node) -> list[RuleGroup]:
    if (version := grafanas_version(node)) is not None:
        told = "Loki's ruler reads another form; an alert group is checked by its name"
        reader.error(version, "this is a provisioning file for Grafana's own alert rules", told)
        return []
    known = ("groups", "namespace")
    top = reader.mapping(node, "the file", known, required=("groups",), hints=_foreign(node))
    if "namespace" in top:
        place = reader.source.of(top["namespace"])
        reader.warn(
            "namespace",
            place,
            "namespace is lokitool's key; Loki's ruler refuses a file that has it",
            "it is fine for lokitool rules load; leave it out of files that Loki reads itself",
        )
    groups: list[RuleGroup] = []
    for item in reader.items(top.get("groups"), "groups"):
        group = _group(reader, item)
        if group is None:
            continue
        if any(group.name == other.name for other in groups):
            reader.error(item, f"the group {group.name} is in this file twice", code="group-twice")
        groups.append(group)
    return groups


def _foreign(node: yaml.Node) -> dict[str, str]:
    """Hints for files that hold rules in another shape."""
    if not isinstance(node, yaml.MappingNode):
        return {}
    keys = {key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)}
    if "tests" in keys:
        return dict.fromkeys(keys, "this is a test file: toolkit rules test runs it")
    if "rules" in keys:
        return dict.fromkeys(keys, "this is one group: put it into a list under groups:")
    return {}


def _group(reader: Reader, node: yaml.Node) -> RuleGroup | None:
    keys = reader.mapping(node, "a rule group", _GROUP_KEYS, required=("name",))
    name = reader.text(keys.get("name"), "name")
    if "name" in keys and (name is None or not name.value):
        reader.error(keys["name"], "a rule group's name must not be empty", code="name")
    if name is None:
        return None
    interval = reader.duration(keys.get("interval"), "interval", strict=True)
    limit = reader.whole(keys.get("limit"), "limit") or 0
    for key in DROPPED_IN_GROUP:
        if key == "labels":
            reader.texts(keys.get(key), key)
        else:
            reader.duration(keys.get(key), key, strict=True)
    rules = (_rule(reader, item, name.value) for item in reader.items(keys.get("rules"), "rules"))
    return RuleGroup(
        name=name.value,
        place=reader.source.of(node),
        rules=tuple(rule for rule in rules if rule is not None),
        interval=interval or None,
        limit=limit,
        dropped={key: reader.source.of(keys[key]) for key in DROPPED_IN_GROUP if key in keys},
    )


def _rule(reader: Reader, node: yaml.Node, group: str) -> Rule | None:
    keys = reader.mapping(node, "a rule", _RULE_KEYS)
    if isinstance(node, yaml.ScalarNode) or (not keys and node.value):
        # Nothing at all, which Go's decoder skips, or what was reported already.
        return None
    kind, name = _named(reader, node, keys)
    subject = f"{kind} {name}" if name else f"a rule of group {group}"
    expr = reader.text(keys.get("expr"), "expr")
    if expr is None or not expr.value:
        reader.error(node, f"{subject} has no expr", code="missing-key")
    pending = reader.duration(keys.get("for"), "for", strict=True) or 0
    keep_firing = reader.duration(keys.get("keep_firing_for"), "keep_firing_for", strict=True) or 0
    labels = reader.texts(keys.get("labels"), "labels", _wrong_label)
    annotations = reader.texts(keys.get("annotations"), "annotations", _wrong_annotation)
    if kind == "record":
        for key, given in (("for", pending), ("annotations", annotations)):
            if given:
                reader.error(keys[key], f"a recording rule has no {key}", code="record")
    elif name is not None:
        check_templates(name.value, labels, annotations, reader.report)
    tree = _parsed(expr, subject, reader.report) if expr is not None and expr.value else None
    if name is None or expr is None or tree is None:
        return None
    dropped = {k: reader.source.of(keys[k]) for k in ("keep_firing_for",) if k in keys}
    return Rule(kind, name, expr, tree, pending, keep_firing, labels, annotations, dropped)


def _named(
    reader: Reader, node: yaml.Node, keys: Mapping[str, yaml.Node]
) -> tuple[str, Text | None]:
    names = {kind: reader.text(keys.get(kind), kind) for kind in ("alert", "record")}
    given = {kind: name for kind, name in names.items() if name is not None and name.value}
    if len(given) != 1:
        said = "only one of alert and record" if given else "one of alert and record"
        reader.error(node, f"a rule has {said}", code="missing-key" if not given else "format")
        return "alert", None
    ((kind, name),) = given.items()
    if kind == "record" and not _METRIC_NAME.fullmatch(name.value):
        reader.error(
            keys[kind],
            f"{name.value!r} is no name of a metric",
            "like falco:events:rate5m",
            code="name",
        )
    return kind, name


def _wrong_label(name: str) -> str:
    wrong = name == "__name__" or not _LABEL_NAME.fullmatch(name)
    return f"{name!r} is no name of a label" if wrong else ""


def _wrong_annotation(name: str) -> str:
    return "" if _LABEL_NAME.fullmatch(name) else f"{name!r} is no name of an annotation"


def check_templates(
    alert: str, labels: Mapping[str, Text], annotations: Mapping[str, Text], report: Report
) -> None:
    """Report the texts that do not parse as templates, as Loki finds them."""
    for what, texts in (("label", labels), ("annotation", annotations)):
        for key, text in texts.items():
            try:
                check_template(text.value, alert)
            except TemplateSyntaxError as error:
                place, excerpt = text.at(error.span)
                summary = f"{what} {key}: {error.message}"
                hint = template_hint(error.message)
                subject = f"alert {alert}"
                report(Problem("template", Severity.ERROR, place, summary, hint, subject, excerpt))


def _is_promql(text: str) -> bool:
    """Whether a text is PromQL and asks for a metric by its name, which LogQL has none of."""
    try:
        matchers = find(parse_promql(text), Matcher)
    except PromQLError:
        return False
    return any(matcher.name == NAME for matcher in matchers)


def _parsed(expr: Text, subject: str, report: Report) -> Expr | None:
    """The query's tree. Grafana's variables are let through here: a check of its own names them."""
    try:
        return parse(expr.value)
    except LogQLError as error:
        place, excerpt = expr.at(error.span)
        hint = error.hint or ""
        if _is_promql(expr.value) or (not hint and _PROMQL.match(expr.value)):
            hint = (
                "this looks like PromQL; the ruler evaluates LogQL, and what recording rules find"
                " goes to a Prometheus, whose rules can read it"
            )
        code = "missing-range" if " needs a range" in hint else "syntax"
        report(Problem(code, Severity.ERROR, place, error.message, hint, subject, excerpt))
        return None


def no_such_rule(name: str, known: Sequence[str]) -> str:
    """The hint for an alert's name that no rule has."""
    return did_you_mean(name, known) if known else "the rule files hold no alert rule"
