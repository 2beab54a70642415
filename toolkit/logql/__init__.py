"""The language: LogQL parsed, printed, built and checked, on the standard library and RE2 only.

From text to tree: :mod:`~toolkit.logql.parser` (``parse``), over :mod:`~toolkit.logql.lexer`,
:mod:`~toolkit.logql.grammar` and :mod:`~toolkit.logql.ast`; ``validate`` and ``stages`` check what
parses, ``hints`` proposes what was meant, ``advice`` what may be meant otherwise.

From tree to text: :mod:`~toolkit.logql.printer` and :mod:`~toolkit.logql.layout` lose nothing,
:mod:`~toolkit.logql.canonical` and :mod:`~toolkit.logql.pretty` write as Loki writes,
:mod:`~toolkit.logql.explain` says it in words.

In between: :mod:`~toolkit.logql.visitor`, :mod:`~toolkit.logql.builder`,
:mod:`~toolkit.logql.variables`. Values have a module for each kind: ``durations``, ``bytesize``,
``numbers``, ``quoting``, ``regex``, ``pattern``, ``jsonpath``, ``ip``, ``template``.
"""
