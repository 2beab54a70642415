"""``line_format``, ``label_format`` and ``decolorize`` (``pkg/logql/log/fmt.go``)."""

from __future__ import annotations

from collections.abc import Sequence

import re2

from toolkit.engine.pipeline.builder import LabelsBuilder
from toolkit.engine.pipeline.stage import Bound, Stage
from toolkit.engine.template import Template, TemplateError
from toolkit.logql.quoting import decode, encode

TEMPLATE_ERROR = "TemplateFormatErr"

# an ANSI escape sequence, as github.com/acarl005/stripansi knows it
_ANSI = re2.compile(
    "[\x1b\x9b][[\\]()#;?]*"
    "(?:(?:(?:[a-zA-Z\\d]*(?:;[a-zA-Z\\d]*)*)?\x07)"
    "|(?:(?:\\d{1,4}(?:;\\d{0,4})*)?[\\dA-PRZcf-ntqry=><~]))"
)


def line_format(template: Template) -> Stage:
    """A new line out of the labels. A template that fails leaves the line as it is."""
    if template.simple_key is not None:
        return _line_from_label(template.simple_key)

    def bind(builder: LabelsBuilder) -> Bound:
        def stage(timestamp: int, line: str) -> str:
            try:
                return template.execute(builder.mapping(), line, timestamp)
            except TemplateError as error:
                _failed(builder, error)
                return line

        return stage

    return bind


def _line_from_label(key: str) -> Stage:
    """``{{.key}}`` alone: the label is the line. Unlike other templates it knows no ``__error__``,
    which is no label until the pipeline is done."""

    def bind(builder: LabelsBuilder) -> Bound:
        get = builder.get
        return lambda timestamp, line: get(key) or ""

    return bind


def label_format(formats: Sequence[tuple[str, str | Template]]) -> Stage:
    """New or renamed labels, all of them parsed labels from then on.

    ``formats`` are the names with the label that is renamed to each, or the template that makes it.
    The templates of one stage see the labels as they were at the first of them.
    """

    def bind(builder: LabelsBuilder) -> Bound:
        def stage(timestamp: int, line: str) -> str:
            labels: dict[str, str] = {}
            for name, source in formats:
                if isinstance(source, str):
                    current = builder.get(source)
                    if current is not None:
                        builder.set(name, current)
                        builder.delete(source)
                    continue
                if not labels:
                    labels = dict(builder.mapping())
                try:
                    builder.set(name, source.execute(labels, line, timestamp))
                except TemplateError as error:
                    _failed(builder, error)
            return line

        return stage

    return bind


def decolorize(builder: LabelsBuilder) -> Bound:
    """The line without ANSI escape sequences."""

    def stage(timestamp: int, line: str) -> str:
        if "\x1b" not in line and "\x9b" not in line:
            return line
        return decode(_ANSI.sub(b"", encode(line)))

    return stage


def _failed(builder: LabelsBuilder, error: TemplateError) -> None:
    builder.error = TEMPLATE_ERROR
    builder.details = error.message
