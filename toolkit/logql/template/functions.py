"""The functions a template may name: Go's own and Loki's.

Go's are ``text/template``'s builtins (funcs.go); Loki's are the function map of
grafana/loki pkg/logql/log/fmt.go: its own, what it takes from sprig, and the two that stand for
the line and the time.
"""

from __future__ import annotations

BUILTINS = frozenset(
    {
        "and",
        "call",
        "eq",
        "ge",
        "gt",
        "html",
        "index",
        "js",
        "le",
        "len",
        "lt",
        "ne",
        "not",
        "or",
        "print",
        "printf",
        "println",
        "slice",
        "urlquery",
    }
)

LOKI_FUNCTIONS = frozenset(
    {
        # deprecated: the text is the first argument
        "ToLower",
        "ToUpper",
        "Replace",
        "Trim",
        "TrimLeft",
        "TrimPrefix",
        "TrimRight",
        "TrimSpace",
        "TrimSuffix",
        # Loki's own
        "__line__",
        "__timestamp__",
        "alignLeft",
        "alignRight",
        "b64dec",
        "bytes",
        "count",
        "duration",
        "duration_seconds",
        "regexReplaceAll",
        "regexReplaceAllLiteral",
        "toDateInZone",
        "unixEpochMillis",
        "unixEpochNanos",
        "unixToTime",
        "urldecode",
        "urlencode",
        # sprig's
        "add",
        "addf",
        "b64enc",
        "ceil",
        "contains",
        "date",
        "default",
        "div",
        "divf",
        "float64",
        "floor",
        "fromJson",
        "hasPrefix",
        "hasSuffix",
        "indent",
        "int",
        "lower",
        "max",
        "maxf",
        "min",
        "minf",
        "mod",
        "mul",
        "mulf",
        "nindent",
        "now",
        "repeat",
        "replace",
        "round",
        "sub",
        "subf",
        "substr",
        "title",
        "toDate",
        "trim",
        "trimAll",
        "trimPrefix",
        "trimSuffix",
        "trunc",
        "unixEpoch",
        "upper",
    }
)
