"""Reads YAML as promtool and Loki do, and says of everything that is wrong where it stands.

Strict: a key that nobody knows is refused, and so is one given twice. A scalar is taken as the text
that was written (``5``, ``true`` and ``1e3`` are texts where a text is wanted), as Go's decoder
does for its strings.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import yaml

from toolkit.logql.durations import parse, parse_prometheus
from toolkit.logql.numbers import parse_float
from toolkit.ruletest.places import Place, Source, Text
from toolkit.ruletest.problems import Problem, Severity, did_you_mean

Report = Callable[[Problem], None]
_INT = "tag:yaml.org,2002:int"
_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"
_NO_NUMBERS = {".inf": "Inf", "-.inf": "-Inf", "+.inf": "Inf", ".nan": "NaN"}


class Reader:
    """Takes nodes apart; what is wrong goes to ``report``, and None comes back in its stead."""

    def __init__(self, source: Source, report: Report) -> None:
        self.source = source
        self.report = report

    def error(self, node: yaml.Node, summary: str, hint: str = "", *, code: str = "format") -> None:
        """Report ``summary`` at ``node``."""
        place = self.source.of(node)
        self.report(Problem(code, Severity.ERROR, place, summary, hint))

    def warn(self, code: str, place: Place, summary: str, hint: str = "") -> None:
        """Report what works and will surprise."""
        self.report(Problem(code, Severity.WARNING, place, summary, hint))

    def mapping(
        self,
        node: yaml.Node,
        what: str,
        known: Collection[str],
        *,
        required: Collection[str] = (),
        hints: Mapping[str, str] | None = None,
    ) -> dict[str, yaml.Node]:
        """The values of a mapping by their keys; ``hints`` are for keys of other tools."""
        entries = self.entries(node, what)
        for key, (key_node, _) in entries.items():
            if key not in known:
                hint = (hints or {}).get(key) or did_you_mean(key, known)
                self.error(key_node, f"{what} has no key {key}", hint, code="unknown-key")
        for key in required:
            if entries and key not in entries:
                self.error(node, f"{what} needs {key}", code="missing-key")
        return {key: value for key, (_, value) in entries.items() if key in known}

    def entries(
        self, node: yaml.Node, what: str, inside: tuple[yaml.Node, ...] = ()
    ) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """All keys and values of a mapping, merge keys (``<<``) resolved.

        ``inside`` are the mappings around a merged one: an anchor may be merged into itself.
        """
        if _is_null(node):
            return {}
        if not isinstance(node, yaml.MappingNode):
            self.error(node, f"{what} is {_kind(node)}, not a mapping of keys to values")
            return {}
        found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        merged: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                for one in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                    if not any(one is other for other in (*inside, node)):
                        merged = {**self.entries(one, what, (*inside, node)), **merged}
            elif not isinstance(key, yaml.ScalarNode):
                self.error(key, f"{what} has a key that is {_kind(key)}")
            elif key.value in found:
                self.error(key, f"{what} has the key {key.value} twice", code="duplicate-key")
            else:
                found[key.value] = (key, value)
        return {**merged, **found}

    def items(self, node: yaml.Node | None, what: str) -> list[yaml.Node]:
        """The items of a list; none for what is left out or empty."""
        if node is None or _is_null(node):
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.error(node, f"{what} is {_kind(node)}, not a list")
            return []
        return list(node.value)

    def text(self, node: yaml.Node | None, what: str) -> Text | None:
        """A text with its place; None for what is left out, null or no scalar."""
        if node is None or _is_null(node):
            return None
        if not isinstance(node, yaml.ScalarNode):
            self.error(node, f"{what} is {_kind(node)}, not a text")
            return None
        return Text(node.value, self.source.of(node), self.source, node)

    def texts(
        self, node: yaml.Node | None, what: str, wrong: Callable[[str], str] = lambda name: ""
    ) -> dict[str, Text]:
        """A mapping of names to texts; ``wrong`` says what is wrong with a name, "" if nothing."""
        if node is None:
            return {}
        found: dict[str, Text] = {}
        for key, (key_node, value) in self.entries(node, what).items():
            if said := wrong(key):
                hint = "letters, digits and _ only, no digit first"
                self.error(key_node, said, hint, code="name")
            text = self.text(value, f"{what} {key}")
            found[key] = text or Text("", self.source.of(key_node))
        return found

    def text_list(self, node: yaml.Node | None, what: str) -> list[Text]:
        """A list of texts, or one text that stands for a list of one."""
        if isinstance(node, yaml.ScalarNode):
            text = self.text(node, what)
            return [text] if text else []
        found = (self.text(item, what) for item in self.items(node, what))
        return [text for text in found if text is not None]

    def duration(self, node: yaml.Node | None, what: str, *, strict: bool = False) -> int | None:
        """Nanoseconds of ``5m``; ``strict`` takes Prometheus' form only, as rule files have it.

        Otherwise Go's form (``1.5h``) and a sign (``-7d``) are fine too.
        """
        text = self.text(node, what)
        if text is None:
            return None
        try:
            return parse_prometheus(text.value) if strict else _signed(text.value)
        except ValueError:
            assert node is not None
            hint = "write whole numbers and units: 30s, 5m, 1h30m, 7d"
            if text.value.isdigit():
                hint = f"did you mean {text.value}s?"
            self.error(node, f"{what} is {text.value!r}, which is no duration", hint)
            return None

    def number(self, node: yaml.Node | None, what: str) -> float | None:
        """A number as YAML, Go or Loki write it."""
        text = self.text(node, what)
        if text is None:
            return None
        try:
            return parse_float(_NO_NUMBERS.get(text.value.lower(), text.value))
        except ValueError:
            assert node is not None
            self.error(node, f"{what} is {text.value!r}, which is no number")
            return None

    def whole(self, node: yaml.Node | None, what: str, *, least: int = 0) -> int | None:
        """A whole number that is not below ``least``."""
        text = self.text(node, what)
        if text is None:
            return None
        assert node is not None
        if node.tag != _INT or not text.value.isdecimal() or int(text.value) < least:
            self.error(node, f"{what} is {text.value!r}, not a whole number from {least} on")
            return None
        return int(text.value)

    def flag(self, node: yaml.Node | None, what: str) -> bool:
        """``true`` or ``false``; what is left out is false."""
        text = self.text(node, what)
        if text is not None and text.value not in ("true", "false"):
            assert node is not None
            self.error(node, f"{what} is {text.value!r}, not true or false")
        return text is not None and text.value == "true"


def read_file(path: Path, shown: str, report: Report) -> tuple[Reader, yaml.Node] | None:
    """The one document of a YAML file; None after reporting why there is none.

    ``shown`` is the path as the user named it.
    """
    found = read_documents(path, shown, report)
    return None if found is None else only_one(*found)


def only_one(reader: Reader, nodes: list[yaml.Node]) -> tuple[Reader, yaml.Node] | None:
    """The document of a file that may have one; None after reporting that there are more."""
    if len(nodes) > 1:
        hint = "Loki reads the first document of a file and drops the others: make them two files"
        reader.error(nodes[1], "the file holds another document", hint, code="yaml")
        return None
    return reader, nodes[0]


def read_documents(path: Path, shown: str, report: Report) -> tuple[Reader, list[yaml.Node]] | None:
    """The documents of a YAML file, those left out that are empty; None as above."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        report(_whole_file(shown, "the file is not UTF-8 text"))
        return None
    except OSError as error:
        report(_whole_file(shown, f"cannot be read: {(error.strerror or str(error)).lower()}"))
        return None
    nodes = compose(Source(shown, text), report)
    if nodes == []:
        report(_whole_file(shown, "the file is empty"))
    return (Reader(Source(shown, text), report), nodes) if nodes else None


def compose(source: Source, report: Report) -> list[yaml.Node] | None:
    """The documents of a text that are not empty; None after reporting why it is not YAML."""
    try:
        nodes = list(yaml.compose_all(source.text, Loader=yaml.SafeLoader))
    except yaml.reader.ReaderError as error:
        summary = f"not YAML: a character that YAML does not allow (U+{error.character:04X})"
        report(Problem("yaml", Severity.ERROR, source.place(error.position), summary))
        return None
    except yaml.MarkedYAMLError as error:
        report(_yaml_error(source, error))
        return None
    except RecursionError:
        report(_whole_file(source.path, "not YAML: nested too deeply"))
        return None
    return [node for node in nodes if not _is_null(node)]


def _whole_file(path: str, summary: str) -> Problem:
    return Problem("file", Severity.ERROR, Place(path), summary)


def _yaml_error(source: Source, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = Place(source.path, mark.line + 1, mark.column + 1) if mark else Place(source.path)
    said = ", ".join(part for part in (error.context, error.problem) if part)
    hint = ""
    if error.problem and "mapping values are not allowed" in error.problem:
        hint = "a text with a colon and a space in it needs quotes"
    elif error.problem and "\\t" in error.problem:
        hint = "YAML is indented by spaces, not by tabs"
    return Problem("yaml", Severity.ERROR, place, f"not YAML: {said}", hint)


def _signed(text: str) -> int:
    return -parse(text[1:]) if text.startswith("-") else parse(text)


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == _NULL


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    return "a list" if isinstance(node, yaml.SequenceNode) else f"the text {node.value!r}"
