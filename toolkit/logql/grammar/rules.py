"""The grammar of LogQL as data: which symbols may stand where, and what is made of them.

Terminals are written as Loki's errors name them (``toolkit.logql.tokens``). The third part of a
rule is the name of a function in ``toolkit.logql.actions``. The shape follows the grammar in
grafana/loki pkg/logql/syntax/syntax.y (main of August 2026) rule by rule, because the errors of a
wrong query follow from it; ``error`` marks the places where the parser can resume after one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from toolkit.logql.grammar.lalr import Grammar, Rule
from toolkit.logql.tokens import (
    CONVERSIONS,
    FUNCTIONS,
    RANGE_OPERATIONS,
    TERMINALS,
    VARIABLE,
    VECTOR_OPERATIONS,
)

_COMPARISONS: Final = (">", ">=", "<", "<=", "!=", "=", "==")
_BINARY: Final = (
    *("or", "and", "unless", "+", "-", "*", "/", "%", "^"),
    *("==", "!=", ">", ">=", "<", "<="),
)

_QUERY: Final = """
root: expr -> first
expr: log_query -> first
expr: metric_query -> first
log_query: selector -> bare_query
log_query: selector pipeline -> piped_query
log_query: ( log_query ) -> second
metric_query: range_aggregation -> first
metric_query: vector_aggregation -> first
metric_query: binary_operation -> first
metric_query: literal -> first
metric_query: label_replace_call -> first
metric_query: vector -> first
metric_query: ( metric_query ) -> second
"""

_LOG_RANGE: Final = """
log_range: selector RANGE -> log_range
log_range: selector RANGE offset_clause -> log_range
log_range: ( selector ) RANGE -> log_range
log_range: ( selector ) RANGE offset_clause -> log_range
log_range: selector RANGE unwrap_clause -> log_range
log_range: selector RANGE offset_clause unwrap_clause -> log_range
log_range: ( selector ) RANGE unwrap_clause -> log_range
log_range: ( selector ) RANGE offset_clause unwrap_clause -> log_range
log_range: selector unwrap_clause RANGE -> log_range
log_range: selector unwrap_clause RANGE offset_clause -> log_range
log_range: ( selector unwrap_clause ) RANGE -> log_range
log_range: ( selector unwrap_clause ) RANGE offset_clause -> log_range
log_range: selector pipeline RANGE -> log_range
log_range: selector pipeline RANGE offset_clause -> log_range
log_range: ( selector pipeline ) RANGE -> log_range
log_range: ( selector pipeline ) RANGE offset_clause -> log_range
log_range: selector pipeline unwrap_clause RANGE -> log_range
log_range: selector pipeline unwrap_clause RANGE offset_clause -> log_range
log_range: ( selector pipeline unwrap_clause ) RANGE -> log_range
log_range: ( selector pipeline unwrap_clause ) RANGE offset_clause -> log_range
log_range: selector RANGE pipeline -> log_range
log_range: selector RANGE offset_clause pipeline -> log_range
log_range: selector RANGE pipeline unwrap_clause -> log_range
log_range: selector RANGE offset_clause pipeline unwrap_clause -> log_range
log_range: ( log_range ) -> second
log_range: log_range error -> first
unwrap_clause: | unwrap IDENTIFIER -> unwrap
unwrap_clause: | unwrap conversion ( IDENTIFIER ) -> unwrap_converted
unwrap_clause: unwrap_clause | label_filter -> unwrap_filter
offset_clause: offset DURATION -> offset
"""

_AGGREGATION: Final = """
range_aggregation: range_operation ( log_range ) -> range_aggregation
range_aggregation: range_operation ( NUMBER , log_range ) -> range_aggregation
range_aggregation: range_operation ( log_range ) grouping -> range_aggregation
range_aggregation: range_operation ( NUMBER , log_range ) grouping -> range_aggregation
vector_aggregation: vector_operation ( metric_query ) -> vector_aggregation
vector_aggregation: vector_operation grouping ( metric_query ) -> vector_aggregation
vector_aggregation: vector_operation ( metric_query ) grouping -> vector_aggregation
vector_aggregation: vector_operation ( NUMBER , metric_query ) -> vector_aggregation
vector_aggregation: vector_operation ( NUMBER , metric_query ) grouping -> vector_aggregation
vector_aggregation: vector_operation grouping ( NUMBER , metric_query ) -> vector_aggregation
label_replace_call: label_replace ( metric_query , STRING , STRING , STRING , STRING ) -> replace
vector: vector_function ( NUMBER ) -> vector
vector_function: VECTOR -> first
literal: NUMBER -> literal
literal: + NUMBER -> literal
literal: - NUMBER -> literal
grouping: by ( labels ) -> grouping
grouping: without ( labels ) -> grouping
grouping: by ( ) -> grouping
grouping: without ( ) -> grouping
labels: IDENTIFIER -> name_list
labels: labels , IDENTIFIER -> name_list_more
"""

_SELECTOR: Final = """
selector: { matchers } -> selector
selector: { matchers error -> selector
selector: { } -> selector
matchers: matcher -> list_first
matchers: matchers , matcher -> list_more
matcher: IDENTIFIER = STRING -> matcher
matcher: IDENTIFIER != STRING -> matcher
matcher: IDENTIFIER =~ STRING -> matcher
matcher: IDENTIFIER !~ STRING -> matcher
"""

_PIPELINE: Final = """
pipeline: stage -> stages
pipeline: pipeline stage -> stages_more
stage: line_filters -> first
stage: | logfmt_parser -> piped
stage: | label_parser -> piped
stage: | json_extraction -> piped
stage: | logfmt_extraction -> piped
stage: | label_filter -> piped
stage: | line_format_stage -> piped
stage: | decolorize_stage -> piped
stage: | label_format_stage -> piped
stage: | drop_labels -> piped
stage: | keep_labels -> piped
filter_operator: |~ -> value
filter_operator: |= -> value
filter_operator: |> -> value
filter_operator: !~ -> value
filter_operator: != -> value
filter_operator: !> -> value
filter_function: ip -> first
alternative: STRING -> line_match
alternative: STRING or alternative -> line_match_or
alternative: filter_function ( STRING ) -> line_match_ip
line_filter: filter_operator STRING -> line_filter
line_filter: filter_operator filter_function ( STRING ) -> line_filter_ip
line_filter: line_filter or alternative -> line_filter_or
line_filters: line_filter -> list_first
line_filters: line_filters line_filter -> list_append
flags: FUNCTION_FLAG -> name_list
flags: flags FUNCTION_FLAG -> flags_more
logfmt_parser: logfmt -> logfmt
logfmt_parser: logfmt flags -> logfmt
label_parser: json -> json
label_parser: regexp STRING -> regexp
label_parser: unpack -> unpack
label_parser: pattern STRING -> pattern_parser
json_extraction: json extractions -> json
logfmt_extraction: logfmt flags extractions -> logfmt
logfmt_extraction: logfmt extractions -> logfmt
line_format_stage: line_format STRING -> line_format
decolorize_stage: decolorize -> decolorize
assignment: IDENTIFIER = IDENTIFIER -> assignment
assignment: IDENTIFIER = STRING -> assignment
assignments: assignment -> list_first
assignments: assignments , assignment -> list_more
assignments: assignments , error -> first
label_format_stage: label_format assignments -> label_format
extraction: IDENTIFIER = STRING -> extraction
extraction: IDENTIFIER -> extraction
extractions: extraction -> list_first
extractions: extractions , extraction -> list_more
named: IDENTIFIER -> value
named: matcher -> first
names: named -> list_first
names: names , named -> list_more
drop_labels: drop names -> drop
keep_labels: keep names -> keep
"""

_LABEL_FILTER: Final = """
label_filter: matcher -> string_filter
label_filter: ip_filter -> first
label_filter: unit_filter -> first
label_filter: number_filter -> first
label_filter: ( label_filter ) -> second
label_filter: label_filter label_filter -> and_filter
label_filter: label_filter and label_filter -> and_filter
label_filter: label_filter , label_filter -> and_filter
label_filter: label_filter or label_filter -> or_filter
ip_filter: IDENTIFIER = ip ( STRING ) -> ip_filter
ip_filter: IDENTIFIER != ip ( STRING ) -> ip_filter
unit_filter: duration_filter -> first
unit_filter: bytes_filter -> first
"""

_BINARY_MODIFIERS: Final = """
bool_modifier: -> no_bool
bool_modifier: bool -> bool_modifier
matching: bool_modifier on ( labels ) -> matching
matching: bool_modifier on ( ) -> matching
matching: bool_modifier ignoring ( labels ) -> matching
matching: bool_modifier ignoring ( ) -> matching
modifier: bool_modifier -> first
modifier: matching -> first
modifier: matching group_left -> group_modifier
modifier: matching group_left ( ) -> group_modifier
modifier: matching group_left ( labels ) -> group_modifier
modifier: matching group_right -> group_modifier
modifier: matching group_right ( ) -> group_modifier
modifier: matching group_right ( labels ) -> group_modifier
"""


# Where Grafana's variables may stand, beyond Loki's grammar. Of two rules that fit, the earlier one
# is meant: ``a=$x`` compares texts, ``label_format a=$x`` renames.
_VARIABLES: Final = """
name: IDENTIFIER -> first
name: VARIABLE -> variable_name
text: STRING -> first
text: VARIABLE -> variable_text
number: NUMBER -> first
number: VARIABLE -> variable_number
duration: DURATION -> first
duration: VARIABLE -> first
range_aggregation: VARIABLE ( log_range ) -> range_aggregation
range_aggregation: VARIABLE ( number , log_range ) -> range_aggregation
range_aggregation: VARIABLE ( log_range ) grouping -> range_aggregation
range_aggregation: VARIABLE ( number , log_range ) grouping -> range_aggregation
vector_aggregation: VARIABLE ( metric_query ) -> vector_aggregation
vector_aggregation: VARIABLE grouping ( metric_query ) -> vector_aggregation
vector_aggregation: VARIABLE ( metric_query ) grouping -> vector_aggregation
vector_aggregation: VARIABLE ( number , metric_query ) -> vector_aggregation
vector_aggregation: VARIABLE ( number , metric_query ) grouping -> vector_aggregation
vector_aggregation: VARIABLE grouping ( number , metric_query ) -> vector_aggregation
conversion: VARIABLE -> value
offset_clause: offset - VARIABLE -> negative_offset
offset_clause: VARIABLE -> offset_variable
matchers: VARIABLE -> matchers_variable
matchers: matchers , VARIABLE -> more_matchers_variable
label_filter: VARIABLE -> filter_variable
stage: VARIABLE -> stage_variable
"""
_REPLACEABLE: Final = {
    "IDENTIFIER": "name",
    "STRING": "text",
    "NUMBER": "number",
    "DURATION": "duration",
}


def _families() -> Iterator[str]:
    """Rules that differ in one operator or word."""
    for operator in _COMPARISONS:
        yield f"duration_filter: IDENTIFIER {operator} DURATION -> duration_filter"
        yield f"bytes_filter: IDENTIFIER {operator} BYTES -> bytes_filter"
        yield f"number_filter: IDENTIFIER {operator} literal -> number_filter"
    for operator in _BINARY:
        yield f"binary_operation: expr {operator} modifier expr -> binary_operation"
    for word in CONVERSIONS:
        yield f"conversion: {FUNCTIONS[word]} -> value"
    for word in RANGE_OPERATIONS:
        yield f"range_operation: {FUNCTIONS[word]} -> value"
    for word in VECTOR_OPERATIONS:
        yield f"vector_operation: {FUNCTIONS[word]} -> value"


def _rule(line: str) -> Rule:
    rule, _, action = line.rpartition(" -> ")
    head, _, body = rule.partition(":")
    return Rule(head, tuple(body.split()), action)


def _with_variables(rule: Rule) -> Rule:
    body = tuple(_REPLACEABLE.get(symbol, symbol) for symbol in rule.body)
    return Rule(rule.head, body, rule.action)


def grammar() -> Grammar:
    """The grammar of LogQL."""
    text = "".join(
        [_QUERY, _LOG_RANGE, _AGGREGATION, _SELECTOR, _PIPELINE, _LABEL_FILTER, _BINARY_MODIFIERS]
    )
    lines = [line for line in text.splitlines() if line]
    return Grammar(
        rules=tuple(_rule(line) for line in (*lines, *_families())),
        terminals=TERMINALS,
        precedence=(
            ("left", ("or",)),
            ("left", ("and", "unless")),
            ("left", ("==", "!=", "<", "<=", ">", ">=")),
            ("left", ("+", "-")),
            ("left", ("*", "/", "%")),
            ("right", ("^",)),
        ),
    )


def grammar_with_variables() -> Grammar:
    """The grammar of LogQL in which Grafana's variables may stand for its pieces."""
    plain = grammar()
    rules = map(_with_variables, plain.rules)
    added = (_rule(line) for line in _VARIABLES.splitlines() if line)
    # Between a stage and a variable behind it there is no "and": the variable is the next stage.
    return Grammar(
        rules=(*rules, *added),
        terminals=(*plain.terminals, VARIABLE),
        precedence=(("left", ("|", VARIABLE)), ("right", (",",)), *plain.precedence),
    )
