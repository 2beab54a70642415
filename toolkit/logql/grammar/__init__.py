"""The grammar of LogQL, and a parser made from it as goyacc makes Loki's."""

from __future__ import annotations

from functools import cache

from toolkit.logql.grammar import common, log_actions, metric_actions
from toolkit.logql.grammar.machine import Machine, machine
from toolkit.logql.grammar.rules import grammar


@cache
def logql() -> Machine:
    """The machine that parses LogQL. Made at the first call (some 50 ms), kept for all others."""
    rules = grammar()
    modules = (common, log_actions, metric_actions)
    found = {name: getattr(module, name) for module in modules for name in vars(module)}
    return machine(rules, {rule.action: found[rule.action] for rule in rules.rules})
