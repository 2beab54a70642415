"""Falco's lines by their shape: which output fields they have. A regular expression for each shape
proves a line without escapes, and takes it apart, in less time than parsing it.

It holds only for text that :func:`is_plain` is true of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import orjson

_TEXT = rb'"[^"]*+"'
# As they are written again: no zeros before a number, none below zero, no fractions.
_VALUE = rb'(?:"[^"]*+"|-?[1-9][0-9]{0,18}+|0|null|true|false)'
_NEWLINE = ord("\n")
_SPACE = ord(" ")


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """How lines of one shape are taken apart, up to ``priority``.

    Of a match, group 2 is the output; the groups ``shared`` are what stands before it and the
    fields that are labels; ``slots`` are the groups of these fields, 0 for those that the shape
    has not. ``fields`` with the groups ``parts`` put in are the output fields with custom fields
    among them.
    """

    match: Callable[[bytes, int, int], re.Match[bytes] | None]
    shared: Sequence[int]
    slots: Sequence[int]
    fields: bytes
    parts: Sequence[int]


def is_plain(text: bytes) -> bool:
    """Whether text is UTF-8, and has no control characters but line ends."""
    octets = np.frombuffer(text, np.uint8)
    if np.count_nonzero(octets < _SPACE) != np.count_nonzero(octets == _NEWLINE):
        return False
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False


def shape_of(fields: Collection[str], labels: Sequence[str], custom: Mapping[str, str]) -> Shape:
    """The shape of lines with these output fields.

    ``labels`` are the fields on which labels depend; ``custom`` fields are put among the others.
    """
    groups = 2
    places: dict[str, int] = {}
    parts: list[int] = []
    pattern: list[bytes] = []
    written: list[bytes] = []
    run: list[bytes] = []
    for name in (*sorted({*fields, *custom}), None):
        if run and (name is None or name in custom):
            pattern.append(b"(%b)" % b",".join(run))
            run = []
        if name is None:
            break
        if name in custom:
            constant = orjson.dumps({name: custom[name]})[1:-1]
            written.append(constant.replace(b"%", b"%%"))
        elif not run:
            groups += 1
            parts.append(groups)
            written.append(b"%b")
        if name in fields:
            value = _VALUE
            if name in labels:
                groups += 1
                places[name] = groups
                value = b"(%b)" % value
            (pattern if name in custom else run).append(
                re.escape(orjson.dumps(name)) + b":" + value
            )
    slots = [places.get(name, 0) for name in labels]
    compiled = re.compile(
        rb'(\{(?:"hostname":%b,)?+)"output":(%b),"output_fields":\{%b\}'
        % (_TEXT, _TEXT, b",".join(pattern))
    )
    shared = (1, *filter(None, slots))
    return Shape(compiled.fullmatch, shared, slots, b"{%b}" % b",".join(written), parts)
