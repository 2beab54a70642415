"""Alert rules, tested and checked on the embedded engine, and on series where they ask Prometheus.

``rulefile`` and ``testfile`` read (through ``yamlreader``, with the place of everything),
``inputs`` fills a store, ``history`` evaluates a rule over time (``alerting`` is its state machine,
``expansion`` its templates, ``asking`` its queries), ``compare`` says what differs, ``runner`` puts
it together, ``show`` and ``junit`` write it down. ``check`` runs ``checks`` on rules, which lean on
``kept`` (labels of an answer) and ``values`` (bounds of its numbers).

::

    result = run_file(Path("shop.test.yaml"), Run(define, schema))
    problems = check_file(Path("rules.yaml"))
"""

from toolkit.ruletest.check import check_file, check_named_groups
from toolkit.ruletest.groups import Definitions
from toolkit.ruletest.outcome import FileResult
from toolkit.ruletest.problems import Problem
from toolkit.ruletest.runner import Run, run_file

__all__ = [
    "Definitions",
    "FileResult",
    "Problem",
    "Run",
    "check_file",
    "check_named_groups",
    "run_file",
]
