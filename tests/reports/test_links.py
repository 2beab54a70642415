"""Every question of the appendix can be asked again, as a command or in Grafana's Explore."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.reports.test_parts import DATA, EVENTS, LINES, PERIOD
from toolkit.cli.main import main
from toolkit.reports.data import Asked
from toolkit.reports.document import document
from toolkit.reports.html import render_html
from toolkit.reports.links import explore_link, explore_links
from toolkit.reports.sections.trace import command

FEW = [DATA.asked[place] for place in (0, 3, -4, -1)]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("events") / "events.jsonl"
    path.write_text("\n".join(LINES), encoding="utf-8")
    return path


@pytest.mark.parametrize("asked", FEW, ids=lambda one: one.name)
def test_the_command_gets_the_same_answer(
    asked: Asked, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = shlex.split(command(asked, PERIOD))
    assert words[0] == "toolkit"
    more = ["--events", str(file), "--format", "json"]
    with pytest.raises(SystemExit) as left:
        main([*words[1:], *more])
    assert left.value.code == 0
    rows = json.loads(capsys.readouterr().out)
    assert len({json.dumps(row["labels"], sort_keys=True) for row in rows}) == asked.series
    if asked.step is not None:
        assert sum(row["value"] for row in rows) == len(
            [
                one
                for one in EVENTS
                if asked.start <= one.time < asked.end and one.kind == "security"
            ]
        )


def test_explore_opens_on_the_question_its_time_and_its_step() -> None:
    ranged, instant = DATA.asked[0], DATA.asked[2]
    for asked, kind, step in ((ranged, "range", "1h"), (instant, "instant", None)):
        parts = urlsplit(explore_link(asked, "https://grafana.example/g", "loki-uid"))
        assert (parts.netloc, parts.path) == ("grafana.example", "/g/explore")
        [pane] = json.loads(parse_qs(parts.query)["panes"][0]).values()
        [query] = pane["queries"]
        assert (query["expr"], query["queryType"], query.get("step")) == (asked.query, kind, step)
        assert query["datasource"] == {"type": "loki", "uid": "loki-uid"}
        start = asked.start + (asked.step or 0)
        assert pane["range"] == {"from": str(start // 10**6), "to": str(asked.end // 10**6)}


def test_a_known_grafana_is_linked_from_every_question() -> None:
    links = explore_links(DATA.asked, "https://grafana.example", None)
    page = render_html(document(replace(DATA, links=links)))
    assert page.count('href="https://grafana.example/explore?') == len(DATA.asked)
    assert "falco-loki" in links[0]
