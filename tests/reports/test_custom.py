"""Sections and templates of a user's own: shown in every format, mistakes told by their line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.reports.small import DATA
from toolkit.errors import DefinitionError, SettingsError
from toolkit.reports.custom import load
from toolkit.reports.formats import FORMATS
from toolkit.reports.write import compose, write_report

PAGE = Path(__file__).parents[2] / "docs" / "custom-sections.md"
GOOD = """
from toolkit.reports.content import Column, Section, Table
def section(data):
    return Section("own", "Own?", ["So it is."], [Table("T", [Column("a")], [["x"]])])
"""


def write(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.section.py").write_text(text, encoding="utf-8")
    return folder


def ids(folder: Path) -> list[str]:
    return [section.id for section in compose(DATA, load(folder)).document.sections]


SHIPPED = [section.id for section in compose(DATA).document.sections]


def test_the_example_of_the_documentation_works(tmp_path: Path) -> None:
    text = PAGE.read_text("utf-8")
    [name] = re.findall(r"`reports/(\w+)\.section\.py`:", text)
    [program] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    folder = write(tmp_path, **{name: program})
    assert ids(folder) == [
        one for id in SHIPPED for one in ([id, "teams"] if id == "rules" else [id])
    ]
    paths = write_report(compose(DATA, load(folder)), tmp_path / "report", FORMATS)
    files = {path.name: path for path in paths}
    for name in ("report.html", "report.md"):
        page = files[name].read_text("utf-8")
        assert "Whose are they?" in page
        assert "web has most to look at: 40 events." in page
        assert page.index("Which rules fire?") < page.rindex("Whose are they?")


def test_sections_stand_where_they_say(tmp_path: Path) -> None:
    folder = write(tmp_path, a=GOOD, b='AFTER = "own"\n' + GOOD.replace('"own"', '"two"', 1))
    at = SHIPPED.index("left-out")
    assert ids(folder) == [*SHIPPED[:at], "own", "two", *SHIPPED[at:]]


def test_a_section_with_a_shipped_id_takes_its_place(tmp_path: Path) -> None:
    folder = write(tmp_path, a=GOOD.replace('"own"', '"summary"'))
    made = compose(DATA, load(folder)).document
    assert [section.id for section in made.sections] == SHIPPED
    assert made.sections[0].sentences == ["So it is."]


def test_a_section_may_have_nothing_to_say(tmp_path: Path) -> None:
    assert ids(write(tmp_path, a="def section(data):\n    return None\n")) == SHIPPED


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def section(data:\n", "a.section.py:1: SyntaxError: '(' was never closed"),
        ("import nothing_such\n", "a.section.py:1: ModuleNotFoundError"),
        ("x = 1\n", "a.section.py has no function section"),
        ("def section(data):\n    return data.nothing\n", "a.section.py:2: AttributeError"),
        ("def section(data):\n    return 'text'\n", "a.section.py:1: section() answers a str"),
        (GOOD.replace('"own"', '"O wn"'), "a.section.py:3: section() answers the id 'O wn'"),
        (GOOD.replace('["x"]]', '["x", 1]]'), "2 values under 1 columns, in row 1 of 'T'"),
        (GOOD.replace('"x"', "1.5"), "a float in row 1 of 'T'; values are texts, whole numbers"),
        (GOOD.replace('["So it is."]', '"So"'), "answers sentences that are no list of texts"),
        (GOOD.replace("[Table(", "[5, Table("), "answers a int among its blocks"),
        ('AFTER = "nowhere"\n' + GOOD, "a.section.py: AFTER = 'nowhere' is no section"),
    ],
)
def test_a_mistake_names_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        compose(DATA, load(write(tmp_path, a=text)))
    assert message in caught.value.message


def test_templates_of_the_same_names_stand_in(tmp_path: Path) -> None:
    (tmp_path / "page.css.jinja").write_text("body { color: teal; }", encoding="utf-8")
    (tmp_path / "report.typ").write_text("#set document(title: [t])\nOwn paper", encoding="utf-8")
    report = compose(DATA, load(tmp_path))
    html, pdf = write_report(report, tmp_path / "report", ("html", "pdf"))
    assert "body { color: teal; }" in html.read_text("utf-8")
    assert "Which rules fire?" in html.read_text("utf-8")
    [again] = write_report(compose(DATA), tmp_path / "other", ("pdf",))
    assert pdf.stat().st_size < again.stat().st_size / 4


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("report.html.jinja", "a\n{% if %}", "report.html.jinja:2: "),
        ("report.html.jinja", "a\n\n{{ nothing }}", "report.html.jinja:3: UndefinedError"),
        ("page.css.jinja", "{{ 1 / 0 }}", "page.css.jinja:1: ZeroDivisionError"),
        ("report.typ", "a\n#nothing", "report.typ:2: unknown variable: nothing"),
    ],
)
def test_a_mistake_in_a_template_names_its_line(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        write_report(compose(DATA, load(tmp_path)), tmp_path / "report", ("html", "pdf"))
    assert message in caught.value.message
    assert not (tmp_path / "report").exists()


def test_a_folder_that_means_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no folder"):
        load(tmp_path / "none")
    with pytest.raises(SettingsError, match=r"holds no \*.section.py and no template"):
        load(tmp_path)
    (tmp_path / "raport.html.jinja").write_text("", encoding="utf-8")
    with pytest.raises(DefinitionError, match="stands in for no template") as caught:
        load(tmp_path)
    assert "report.html.jinja" in (caught.value.hint or "")
