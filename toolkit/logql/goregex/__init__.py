"""Go's ``regexp/syntax``: the tree that Loki's regex simplification looks at."""

from toolkit.logql.goregex.escapes import NotParsed
from toolkit.logql.goregex.parse import parse
from toolkit.logql.goregex.simplify import simplify
from toolkit.logql.goregex.tree import Node, Op

__all__ = ["Node", "NotParsed", "Op", "parse", "simplify"]
