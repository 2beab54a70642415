"""Go's ``regexp/syntax``: the tree that Loki's regex simplification looks at."""

from toolkit.engine.pipeline.goregex.escapes import NotParsed
from toolkit.engine.pipeline.goregex.parse import parse
from toolkit.engine.pipeline.goregex.simplify import simplify
from toolkit.engine.pipeline.goregex.tree import Node, Op

__all__ = ["Node", "NotParsed", "Op", "parse", "simplify"]
