"""The grammar of LogQL, and parsers made from it as goyacc makes Loki's."""

from __future__ import annotations

from functools import cache

from toolkit.logql.grammar import common, log_actions, metric_actions
from toolkit.logql.grammar.machine import Machine, machine
from toolkit.logql.grammar.rules import grammar, grammar_with_variables


@cache
def logql(*, variables: bool = False) -> Machine:
    """The machine that parses LogQL, or LogQL with ``variables`` of Grafana in place of its pieces.

    Made at the first call (some 50 ms), kept for all others. A query without such variables goes
    through the first one, so that its errors are Loki's.
    """
    rules = grammar_with_variables() if variables else grammar()
    modules = (common, log_actions, metric_actions)
    found = {name: getattr(module, name) for module in modules for name in vars(module)}
    return machine(rules, {rule.action: found[rule.action] for rule in rules.rules})
