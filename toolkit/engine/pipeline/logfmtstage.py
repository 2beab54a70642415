"""``| logfmt``, with and without expressions (``pkg/logql/log/parser.go``)."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.engine.pipeline.builder import LabelsBuilder
from toolkit.engine.pipeline.gotext import blank_invalid, has_invalid
from toolkit.engine.pipeline.labels import ERROR, EXTRACTED
from toolkit.engine.pipeline.logfmt import next_pair
from toolkit.engine.pipeline.names import LabelNames
from toolkit.engine.pipeline.stage import Bound, Stage

LOGFMT_ERROR = "LogfmtParserErr"


def logfmt_stage(*, strict: bool, keep_empty: bool) -> Stage:
    """Every pair becomes a label. Pairs that are not well-formed are skipped, or with ``strict``
    end the parsing of the line with an error."""

    names = LabelNames()

    def bind(builder: LabelsBuilder) -> Bound:
        base, metadata, parsed, gone = builder.base, builder.metadata, builder.parsed, builder.gone
        required = builder.hints.required
        watch = builder.watch

        def stage(timestamp: int, line: str) -> str | None:
            if builder.nothing_to_extract():
                return line
            size = len(line)
            at = 0
            error = ""
            while at < size:
                at, key, value, error = next_pair(line, at)
                if key is None:
                    if strict:
                        break
                    continue
                name = names[key]
                if not name or not (value or keep_empty):
                    continue
                if name in base or name in metadata:
                    name += EXTRACTED
                if name in parsed or name in gone or (required and name not in required):
                    continue
                builder.set(name, blank_invalid(value))
                if name in watch and not watch[name]():
                    return None
                if required and builder.all_extracted():
                    break
            if strict and error:
                builder.fail(LOGFMT_ERROR, error)
                if ERROR in watch and not watch[ERROR]():
                    return None
            return line

        return stage

    return bind


def logfmt_keys(keys: Mapping[str, str], *, strict: bool) -> Stage:
    """Labels by the keys they are to be read from. Every label exists afterwards, maybe empty; the
    last of several pairs with one key wins."""
    # where two labels come from one key, Loki fills one of them, it is left open which
    names = LabelNames()
    label_of = {key: label for label, key in reversed(list(keys.items()))}

    def bind(builder: LabelsBuilder) -> Bound:
        hints = builder.hints

        def stage(timestamp: int, line: str) -> str:
            if builder.nothing_to_extract():
                return line
            for label in keys:
                if not builder.taken(label):
                    builder.set(label, "")
            at = 0
            error = ""
            while at < len(line):
                at, key, value, error = next_pair(line, at)
                if key is None:
                    if strict:
                        break
                    continue
                name = names[key]
                # hints name labels, not the keys they come from
                if not name or (
                    name not in keys and (not hints.wants(name) or builder.extracted(name))
                ):
                    continue
                name = label_of.get(name, name)
                if name not in keys:
                    continue
                if builder.taken(name):
                    name += EXTRACTED
                    if builder.extracted(name) or not hints.wants(name):
                        break
                builder.set(name, "" if has_invalid(value) else value)
                if builder.all_extracted():
                    break
            if strict and error:
                builder.fail(LOGFMT_ERROR, error)
            return line

        return stage

    return bind
