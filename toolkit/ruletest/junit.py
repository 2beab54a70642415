"""Results as JUnit XML, for the CI systems that show it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from xml.etree import ElementTree

from toolkit.ruletest.outcome import CaseResult, FileResult
from toolkit.ruletest.show import show_failure

# What XML 1.0 cannot hold, not even escaped.
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(results: Iterable[FileResult]) -> str:
    """A ``testsuites`` element: a suite for each file, a case for each test.

    A file that cannot be run is a suite with one case that has an error.
    """
    root = ElementTree.Element("testsuites", name="toolkit rules test")
    for result in results:
        suite = ElementTree.SubElement(root, "testsuite", name=_clean(result.path))
        if result.broken:
            case = ElementTree.SubElement(
                suite, "testcase", name="the file", classname=_clean(result.path), time="0.000"
            )
            text = "\n".join(problem.show() for problem in result.problems)
            message = result.problems[0].summary
            _child(case, "error", message, text)
        for one in result.cases:
            _case(suite, one, result.path)
        _count(suite)
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def _case(suite: ElementTree.Element, result: CaseResult, path: str) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        name=_clean(result.name),
        classname=_clean(path),
        file=_clean(result.place.path),
        line=str(result.place.line),
        time=f"{result.seconds:.3f}",
    )
    if result.failures:
        text = "\n".join("\n".join(show_failure(failure)) for failure in result.failures)
        _child(case, "failure", result.failures[0].title, text)


def _child(case: ElementTree.Element, tag: str, message: str, text: str) -> None:
    child = ElementTree.SubElement(case, tag, message=_clean(message))
    child.text = _clean(text)


def _count(suite: ElementTree.Element) -> None:
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    suite.set("errors", str(sum(case.find("error") is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
