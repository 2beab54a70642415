"""``toolkit query`` from the outside, on a file of events whose counts are known."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from toolkit.cli import main as cli
from toolkit.cli.moments import length, moment
from toolkit.errors import SettingsError

SECOND = 1_000_000_000
HOUR = 3600
RULES = ["Terminal shell in container", "Read sensitive file", "Run shell untrusted"]
START = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp())

Run = Callable[..., tuple[int, str, str]]


def events() -> list[dict[str, Any]]:
    made = []
    for i in range(60):
        at = datetime.fromtimestamp(START + i * 1800, UTC)
        made.append(
            {
                "time": at.strftime("%Y-%m-%dT%H:%M:%S.000000007Z"),
                "rule": RULES[i % 3],
                "priority": "Notice",
                "source": "syscall",
                "output": f"event number {i}",
                "output_fields": {"proc.name": f"p{i % 2}", "n": i},
                "hostname": f"node-{i % 4}",
                "tags": [],
            }
        )
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "events.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in events()), encoding="utf-8")
    return path


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    file: Path,
) -> Run:
    monkeypatch.chdir(tmp_path)
    for name in ("LOKI_ADDR", "TOOLKIT_EVENTS", "TOOLKIT_STORE", "TOOLKIT_TIMEZONE"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str, source: bool = True) -> tuple[int, str, str]:
        more = ["--events", str(file)] if source else []
        with pytest.raises(SystemExit) as caught:
            cli.main(["query", *arguments, *more])
        printed = capsys.readouterr()
        return int(caught.value.code or 0), printed.out, printed.err

    return call


DAYS = ["--from", "2026-11-02", "--to", "2026-11-04"]


def test_a_moment_as_json(run: Run) -> None:
    query = 'sum by (rule) (count_over_time({source="falco"}[2d]))'
    status, out, _ = run(query, "--instant", "--to", "2026-11-04", "--format", "json")
    assert status == 0
    expected = Counter(one["rule"] for one in events())
    assert {one["labels"]["rule"]: one["value"] for one in json.loads(out)} == expected
    assert {one["time"] for one in json.loads(out)} == {"2026-11-04T00:00:00+00:00"}


def test_a_range_as_csv(run: Run) -> None:
    query = 'sum(count_over_time({source="falco"}[6h]))'
    status, out, _ = run(query, *DAYS, "--step", "6h", "--format", "csv")
    assert status == 0
    found = list(csv.DictReader(io.StringIO(out)))
    assert [(one["time"], one["value"]) for one in found] == [
        (f"2026-11-0{2 + hour // 24}T{hour % 24:02}:00:00+00:00", str(12))
        for hour in range(6, 31, 6)
    ]


def test_lines_as_a_table_are_cut_with_a_note(run: Run) -> None:
    status, out, err = run('{source="falco"}', *DAYS, "--limit", "5")
    assert status == 0
    assert err == "note: the first 5 lines; --limit 0 shows all\n"
    assert out.startswith("priority=Notice  source=falco\n\ntime")
    numbers = [json.loads(line[line.index("{") :])["output"] for line in out.splitlines()[3:]]
    assert numbers == [f"event number {i}" for i in (59, 58, 57, 56, 55)]


@pytest.mark.parametrize("arguments", [["--limit", "0"], ["--limit", "60"], ["--format", "json"]])
def test_all_lines_without_a_note(run: Run, arguments: list[str]) -> None:
    status, out, err = run('{source="falco"}', *DAYS, *arguments)
    assert (status, err) == (0, "")
    assert out.count("event number") == 60


def test_oldest_first(run: Run) -> None:
    _, out, _ = run('{source="falco"}', *DAYS, "--limit", "1", "--forward", "--format", "json")
    assert json.loads(out)[0]["time"] == "2026-11-02T00:00:00.000000007+00:00"


def test_a_time_zone_of_ones_own(run: Run) -> None:
    arguments = ["--from", "2026-11-02", "--to", "2026-11-03", "--timezone", "Asia/Kolkata"]
    _, out, _ = run('{source="falco"}', *arguments, "--format", "json")
    found = json.loads(out)
    # The Indian day begins five and a half hours before the first event and ends there too.
    assert len(found) == 37
    assert found[-1]["time"] == "2026-11-02T05:30:00.000000007+05:30"


def test_a_named_query(run: Run) -> None:
    arguments = ["--name", "events_by_process", "--instant", "--to", "2026-11-04", "--since", "2d"]
    status, out, _ = run(*arguments, "--format", "json", "--where", 'hostname="node-1"')
    assert status == 0
    expected = Counter(
        (one["rule"], one["output_fields"]["proc.name"])
        for one in events()
        if one["hostname"] == "node-1"
    )
    found = json.loads(out)
    assert {(o["labels"]["rule"], o["labels"]["proc_name"]): o["value"] for o in found} == expected


def test_a_named_query_over_a_range_counts_each_event_once(run: Run) -> None:
    """Its window is the step."""
    arguments = ["--name", "events_total", "--from", "2026-11-01", "--to", "2026-11-04"]
    _, out, _ = run(*arguments, "--step", "1d", "--format", "json")
    assert sum(one["value"] for one in json.loads(out)) == 60


def test_grafanas_macros_have_values(run: Run) -> None:
    query = 'sum(count_over_time({source="falco"}[$__range]))'
    _, out, _ = run(query, *DAYS, "--instant", "--format", "json")
    assert json.loads(out)[0]["value"] == 60
    query = 'sum(count_over_time({source="falco"}[$__auto]))'
    _, out, _ = run(query, *DAYS, "--step", "90m", "--format", "json")
    assert sum(one["value"] for one in json.loads(out)) == 60


def test_parquet_is_written_to_a_file(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "out.parquet"
    status, out, _ = run('{source="falco"}', *DAYS, "--format", "parquet", "--output", str(output))
    assert (status, out) == (0, "")
    frame = pd.read_parquet(output)
    assert len(frame) == 60
    assert frame["rule"].value_counts().to_dict() == Counter(one["rule"] for one in events())


def test_output_goes_to_a_file(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "out.json"
    _, out, _ = run('{source="falco"}', *DAYS, "--format", "json", "--output", str(output))
    assert out == ""
    assert len(json.loads(output.read_text(encoding="utf-8"))) == 60


def test_special_values_are_texts_in_json(run: Run) -> None:
    _, out, _ = run("vector(1) / vector(0)", "--instant", "--format", "json")
    assert json.loads(out)[0]["value"] == "NaN"


def test_nothing_is_said_to_be_nothing(run: Run) -> None:
    assert run('{source="nobody"}', *DAYS)[:2] == (0, "nothing\n")


def test_where_events_are_of_other_times_it_is_said_how_to_ask_for_them(run: Run) -> None:
    zone = ("--timezone", "Europe/Berlin")
    _, out, err = run('{source="falco"}', "--from", "2026-11-05", "--to", "2026-11-06", *zone)
    assert out == "nothing\n"
    # the first event is of midnight in UTC, the last one of 59 half hours later and 7 ns
    times = "--from 2026-11-02T01:00:00 --to 2026-11-03T06:30:01"
    assert err == f"note: the events are of other times; all of them: {times}\n"
    _, out, err = run('{source="falco"}', *times.split(), *zone, "--format", "json")
    assert (len(json.loads(out)), err) == (60, "")


def test_where_nothing_was_found_among_events_nothing_is_said_of_times(run: Run) -> None:
    assert run('{source="nobody"}', *DAYS)[2] == ""
    assert run('{source="falco"}', "--from", "2026-11-02", "--to", "2026-11-02T00:00:01")[2] == ""


def test_a_table_of_one_moment_has_the_largest_first_unless_the_query_sorts(run: Run) -> None:
    def column(query: str) -> list[float]:
        _, out, _ = run(query, "--instant", "--to", "2026-11-04")
        return [float(line.split()[-1]) for line in out.splitlines()[2:]]

    numbers = '{source="falco"} | json n="output_fields.n" | unwrap n [2d]'
    sums = f"sum by (hostname) (sum_over_time({numbers}))"
    assert column(sums) == [465, 450, 435, 420]
    assert column(f"topk(2, {sums})") == [465, 450]
    assert column(f"sort({sums})") == [420, 435, 450, 465]


def test_a_line_cannot_move_the_cursor(run: Run, file: Path) -> None:
    one = events()[0]
    one["rule"] = "evil\x1b[2J\nrule"
    file.write_text(json.dumps(one) + "\n", encoding="utf-8")
    _, out, _ = run(
        'sum by (rule) (count_over_time({source="falco"}[2d]))', "--instant", "--to", "2026-11-04"
    )
    assert "evil\\x1b[2J\\nrule" in out
    _, out, _ = run('{source="falco"}', *DAYS, "--format", "csv")
    assert next(iter(csv.DictReader(io.StringIO(out, newline=""))))["rule"] == one["rule"]


def test_lines_that_are_no_events_are_told(run: Run, file: Path, tmp_path: Path) -> None:
    with file.open("a", encoding="utf-8") as more:
        more.write("not json\n")
    rejects = tmp_path / "rejects.jsonl"
    status, _, err = run('{source="falco"}', *DAYS, "--format", "json", "--rejects", str(rejects))
    assert status == 0
    assert f"{file}:61: the line is not JSON" in err
    (kept,) = [json.loads(line) for line in rejects.read_text(encoding="utf-8").splitlines()]
    assert (kept["line"], kept["reason"], kept["text"]) == (61, "not_json", "not json")
    status, _, err = run('{source="falco"}', *DAYS, "--strict")
    assert status == 1
    assert f"error: {file}:61: the line is not JSON" in err


def test_named_queries_are_listed(run: Run) -> None:
    status, out, _ = run("--list", source=False)
    assert status == 0
    assert "Security events\n" in out
    assert "  events_by_rule " in out


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["{source=falco"], 1, "parse error at line 1, col 9"),
        (['{source="falco"}', "--instant"], 1, "log queries are not supported as an instant"),
        ([], 2, "a query is needed"),
        (['{a="b"}', "--name", "x"], 2, "a query is needed, as LogQL or by --name; not both"),
        (["--name", "event_by_rule"], 1, "did you mean events_by_rule?"),
        (['{a="b"}', "--since", "soon"], 2, "--since 'soon'"),
        (['{a="b"}', "--since", "0s"], 2, "not above zero"),
        (['{a="b"}', "--since", "1h", "--from", "now-2h"], 2, "--since and --from"),
        (['{a="b"}', "--from", "2026-11-04", "--to", "2026-11-02"], 2, "ends before it begins"),
        (['{a="b"}', "--from", "yesterday"], 2, "--from 'yesterday' is no time"),
        (['{a="b"}', "--format", "xml"], 2, "--format 'xml' is none of"),
        (['{a="b"}', "--format", "parquet"], 2, "add --output FILE"),
        (["--name", "events_total", "--where", 'x"'], 1, "parse error"),
        (['{a="b"}', "--timezone", "Mars"], 2, "expected a time zone"),
    ],
)
def test_what_cannot_be_asked(run: Run, arguments: list[str], status: int, words: str) -> None:
    found, _, err = run(*arguments)
    assert found == status
    assert words in err


def test_a_field_that_text_lines_do_not_carry_names_the_setting(run: Run) -> None:
    status, _, err = run("--name", "events_by_process", "--labels", "source-falco")
    assert status == 2
    assert "events_by_process needs proc.name" in err
    assert "loki.format: json" in err


def test_a_cluster_that_cannot_be_reached_exits_with_3(run: Run) -> None:
    url = "http://loki.loki-stack.svc.cluster.local:3100"
    status, _, err = run('{a="b"}', "--loki-url", url, source=False)
    assert status == 3
    assert "kubectl port-forward --namespace loki-stack service/loki 3100:3100" in err


# --- moments --------------------------------------------------------------------------------------

NOW = 1_795_000_000 * SECOND


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("now", "UTC", NOW),
        ("now-1d12h", "UTC", NOW - 36 * HOUR * SECOND),
        ("1793577600", "UTC", START * SECOND),
        ("1793577600000000001", "UTC", START * SECOND + 1),
        ("2026-11-02", "UTC", START * SECOND),
        ("2026-11-02", "Europe/Berlin", (START - HOUR) * SECOND),
        ("2026-11-02T00:00:00.000000001Z", "Europe/Berlin", START * SECOND + 1),
        ("2026-11-02 00:00", "UTC", START * SECOND),
        ("2026-11-02T00:00:00.5+00:00", "Asia/Tokyo", START * SECOND + SECOND // 2),
    ],
)
def test_moments(text: str, zone: str, expected: int) -> None:
    assert moment(text, "--to", now=NOW, zone=ZoneInfo(zone)) == expected


@pytest.mark.parametrize("text", ["", "2026-13-01", "2026-11-02T25:00", "now+1h", "-5", "now-"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(SettingsError):
        moment(text, "--to", now=NOW, zone=ZoneInfo("UTC"))


@pytest.mark.parametrize(("text", "expected"), [("7d", 604800), ("1h30m", 5400), ("90s", 90)])
def test_lengths(text: str, expected: int) -> None:
    assert length(text, "--since") == expected * SECOND
