"""Whether two answers of Loki's API are the same.

Statuses are equal; streams have the same entries in the same order; series the same times, and
values equal within a relative 1e-9; what ``sort`` and ``topk`` answer has its values in the same
order; lists of names are sets. Error texts are looked at apart.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

Answer = dict[str, Any]
Pair = Sequence[Any]

_ORDERED = ("sort", "topk", "bottomk")


def error_text(answer: Answer) -> str:
    """The text of an error answer."""
    if "text" in answer:
        return str(answer["text"]).strip()
    document = answer.get("json") or {}
    return str(document.get("error") or document.get("message") or "")


def difference(query: str, want: Answer, got: Answer) -> str | None:
    """What is different, None where nothing is; error texts are not compared."""
    if want["status"] != got["status"]:
        return f"status {got['status']}, not {want['status']}: {error_text(got)[:200]}"
    if want["status"] != 200:
        return None
    wanted, found = want["json"].get("data"), got["json"].get("data")
    if isinstance(wanted, dict) and "resultType" in wanted:
        return _result(query, wanted, found)
    if isinstance(wanted, list) or wanted is None:
        missing = _keys(wanted) ^ _keys(found)
        return f"{len(missing)} values differ: {sorted(missing)[:3]}" if missing else None
    return None if wanted == found else f"{found!r}, not {wanted!r}"


def _result(query: str, want: Answer, got: Answer) -> str | None:
    kind = want["resultType"]
    if got.get("resultType") != kind:
        return f"a {got.get('resultType')}, not a {kind}"
    a, b = want.get("result") or [], got.get("result") or []
    if kind == "scalar":
        return None if _points([a], [b]) else f"{b}, not {a}"
    name, values = {
        "streams": ("stream", "values"), "matrix": ("metric", "values"),
        "vector": ("metric", "value"),
    }[kind]  # fmt: skip
    series = {_key(one[name]): one[values] for one in a}
    found = {_key(one[name]): one[values] for one in b}
    if len(found) < len(b):
        return "a label set stands twice"
    if series.keys() != found.keys():
        return f"other label sets: {sorted(series.keys() ^ found.keys())[:3]}"
    for labels, pairs in series.items():
        if kind == "streams":
            same = [tuple(p[:2]) for p in pairs] == [tuple(p[:2]) for p in found[labels]]
        elif kind == "matrix":
            same = _points(pairs, found[labels])
        else:
            same = _points([pairs], [found[labels]])
        if not same:
            return f"{labels}: {str(found[labels])[:120]}, not {str(pairs)[:120]}"
    if kind == "vector" and query.lstrip().startswith(_ORDERED):
        orders = [[[0, one[values][1]] for one in each] for each in (a, b)]
        return None if _points(*orders) else "another order of values"
    return None


def _key(labels: Any) -> str:
    return json.dumps(labels, sort_keys=True, ensure_ascii=False)


def _keys(values: Any) -> set[str]:
    return {_key(value) for value in values or ()}


def _points(a: Sequence[Pair], b: Sequence[Pair]) -> bool:
    return len(a) == len(b) and all(
        float(p[0]) == float(q[0]) and _number(float(p[1]), float(q[1]))
        for p, q in zip(a, b, strict=True)
    )


def _number(a: float, b: float) -> bool:
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
