"""Stream labels as text, ``{a="b", c="d"}``: written, checked and read.

Source: prometheus ``promql/parser`` (ParseMetric), which Loki reads pushed labels with, and
answers of a running Loki.
"""

from __future__ import annotations

import re

from toolkit.logql.quoting import quote
from toolkit.results import Labels
from toolkit.server.errors import HTTPError
from toolkit.server.push.labeltext import metric_labels

_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
_LABEL_CHARACTER = re.compile(r"[a-zA-Z0-9_]", re.ASCII)
_PLAIN_PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="([^"\\\n]*)"', re.ASCII)
_PLAIN = re.compile(rf"\{{{_PLAIN_PAIR.pattern}(?:, ?{_PLAIN_PAIR.pattern})*\}}", re.ASCII)


def parse_labels(text: str) -> Labels:
    """The labels in ``{a="b"}``. Raises :class:`HTTPError` 400 for anything else."""
    if _PLAIN.fullmatch(text):  # as every client writes them, but for values with escapes
        pairs = _PLAIN_PAIR.findall(text)
        labels = dict(pairs)
        if len(labels) == len(pairs) and "\ufffd" not in text:
            return labels
    return metric_labels(text)


def label_string(labels: Labels) -> str:
    """``{a="b", c="d"}``: labels as Loki writes them, ordered by name."""
    return "{" + ", ".join(f"{k}={quote(v)}" for k, v in sorted(labels.items())) + "}"


def check_label_names(labels: Labels) -> Labels:
    """``labels`` without those that have no value; 400 for a name that is none.

    Loki writes the labels as text and parses them again, so the place in its message counts from
    the brace. Source: a running Loki's answers.
    """
    if not all(map(_LABEL_NAME.fullmatch, labels)):
        column = 2
        for name in sorted(labels):
            if not _LABEL_NAME.fullmatch(name):
                raise HTTPError(400, f"couldn't parse labels: {_name_error(name, column)}")
            column += len(name) + 1 + len(quote(labels[name])) + 2
    return {name: value for name, value in labels.items() if value}


def _name_error(name: str, column: int) -> str:
    if not name:
        return f'1:{column}: parse error: unexpected "=" in label set, expected identifier or "}}"'
    for offset, character in enumerate(name):
        if not _LABEL_CHARACTER.match(character) or (offset == 0 and character.isdigit()):
            place = f"1:{column + offset}"
            return f"{place}: parse error: unexpected character inside braces: '{character}'"
    raise AssertionError("only called for a name that is none")
