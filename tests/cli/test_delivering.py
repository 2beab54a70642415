"""``toolkit report`` delivering, catching up and judging, from the outside."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import Answer, ScriptedServer
from toolkit.cli import report
from toolkit.cli.main import main

Run = Callable[..., tuple[int, str, str]]
MONDAY = datetime(2026, 11, 9, tzinfo=UTC)
"""The first day of 2026-W46; the clock stands two weeks later."""


def line(at: datetime, rule: str, priority: str) -> str:
    return json.dumps(
        {
            "time": at.isoformat().replace("+00:00", "Z"),
            "rule": rule,
            "priority": priority,
            "source": "syscall",
            "output": "text",
            "output_fields": {},
            "hostname": "n1",
            "tags": [],
        }
    )


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs in a folder with events of two weeks: one rule in both, a critical one in W47."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("TOOLKIT_", "LOKI_", "GRAFANA_"))]:
        monkeypatch.delenv(name)
    lines = [line(MONDAY + timedelta(days=d), "Old", "Notice") for d in range(14)]
    lines.append(line(MONDAY + timedelta(days=8), "Bad", "Critical"))
    (tmp_path / "events.jsonl").write_text("\n".join(lines) + "\n")
    clock(monkeypatch, MONDAY + timedelta(days=15))

    def go(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            main(["report", "weekly", "--events", "events.jsonl", *arguments])
        said = capsys.readouterr()
        return int(caught.value.code or 0), said.out, said.err

    return go


def clock(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(report.time, "time_ns", lambda: int(now.timestamp()) * 10**9)


def settings(*tables: str) -> None:
    Path("toolkit.toml").write_text("\n".join(tables))


SHARE = '[deliver.share]\nkind = "folder"\npath = "share"'
CHAT = '[deliver.chat]\nkind = "slack"'
KEPT = ("--output", "reports/{period}")


def made() -> list[str]:
    return sorted(path.name for path in Path("reports").iterdir() if path.name[0] == "2")


def test_a_delivered_report_exits_with_0_and_is_not_delivered_twice(run: Run) -> None:
    settings(SHARE)
    code, out, _ = run("--deliver", "share")
    assert code == 0
    assert f"share: delivered to {Path('share/2026-W47').resolve()}" in out
    first = Path("share/2026-W47/report.json").stat().st_mtime_ns
    code, out, _ = run("--deliver", "share")
    assert (code, "share: has it since" in out) == (0, True)
    assert Path("share/2026-W47/report.json").stat().st_mtime_ns == first
    run("--deliver", "share", "--again")
    assert Path("share/2026-W47/report.json").stat().st_mtime_ns > first


def test_a_failing_destination_exits_with_3_and_stops_no_other(
    run: Run, scripted_server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(CHAT, SHARE)
    monkeypatch.setenv("TOOLKIT_DELIVER_CHAT_URL", f"{scripted_server.url}/T/s3cret")
    scripted_server.answer = lambda _: Answer(500, b"down")
    code, out, err = run("--deliver", "all", "--fail-on", "new-critical")
    assert code == 3
    assert "error: chat: chat answered 500: down" in err
    assert "share: delivered" in out
    assert "s3cret" not in out + err
    scripted_server.answer = lambda _: Answer(200)
    assert run("--deliver", "all")[0] == 0


def test_an_incomplete_report_is_delivered_and_exits_with_4(run: Run) -> None:
    settings(SHARE)
    with Path("events.jsonl").open("a") as file:
        file.write("no event\n")
    code, out, err = run("--deliver", "share")
    assert (code, "share: delivered" in out) == (4, True)
    assert "no Falco event" in err
    assert run("--deliver", "share", "--allow-incomplete")[0] == 0
    assert run()[0] == 0, "without a delivery somebody reads the note"


def test_fail_on_judges_what_is_new_by_its_priority(run: Run) -> None:
    code, _, err = run("--fail-on", "new-critical")
    assert (code, "Bad (Critical) is new in 2026-W47" in err) == (1, True)
    assert run("--fail-on", "new-alert")[0] == 0
    assert run("--fail-on", "new-notice")[0] == 1
    assert run("--fail-on", "new-critical", "--week", "2026-W46")[0] == 0
    code, _, err = run("--fail-on", "critical")
    assert (code, "new-emergency" in err) == (2, True)


def test_a_source_that_does_not_answer_exits_with_3(run: Run) -> None:
    gone = ScriptedServer()
    gone.answer = lambda _: Answer(401, b"no")
    with pytest.raises(SystemExit) as caught:
        main(["report", "weekly", "--loki-url", gone.url])
    gone.close()
    assert caught.value.code == 3
    assert not Path("report").exists()


def test_what_was_handed_in_and_is_wrong_exits_with_2(run: Run) -> None:
    assert run("--events", "absent.jsonl")[0] == 2
    Path("own").mkdir()
    Path("own/broken.section.py").write_text("def section(data):\n    return 1 +\n")
    code, _, err = run("--sections", "own")
    assert (code, "broken.section.py" in err) == (2, True), err
    with Path("events.jsonl").open("a") as file:
        file.write("no event\n")
    assert run("--strict")[0] == 2


def test_a_report_that_cannot_be_written_exits_with_3(run: Run) -> None:
    Path("blocked").write_text("a file")
    code, _, err = run("--output", "blocked/report")
    assert (code, "blocked" in err) == (3, True), err


def test_catching_up_makes_each_missed_week_once_the_oldest_first(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(SHARE)
    catch_up = ("--catch-up", *KEPT, "--deliver", "share")
    clock(monkeypatch, MONDAY + timedelta(days=1))
    assert run(*catch_up)[0] == 0
    assert made() == ["2026-W45"]
    clock(monkeypatch, MONDAY + timedelta(days=15))
    code, out, _ = run(*catch_up)
    assert code == 0
    assert made() == ["2026-W45", "2026-W46", "2026-W47"]
    assert out.index("reports/2026-W46/report.html") < out.index("reports/2026-W47/report.html")
    assert sorted(path.name for path in Path("share").iterdir()) == made()
    index = Path("reports/index.html").read_text()
    assert all(f'href="{name}/report.html"' in index for name in made())
    assert run(*catch_up)[:2] == (0, "Nothing was missed: 2026-W47 is there.\n")
    clock(monkeypatch, MONDAY + timedelta(days=50))
    _, _, err = run(*catch_up, "--most", "2")
    assert "2026-W48 to 2026-W50 are left out (--most)" in err
    assert made()[3:] == ["2026-W51", "2026-W52"]


def test_catching_up_delivers_what_a_destination_was_to_have(
    run: Run, scripted_server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(CHAT)
    monkeypatch.setenv("TOOLKIT_DELIVER_CHAT_URL", f"{scripted_server.url}/T")
    scripted_server.answer = lambda _: Answer(500)
    catch_up = ("--catch-up", *KEPT, "--deliver", "chat")
    assert run(*catch_up)[0] == 3
    scripted_server.answer = lambda _: Answer(200)
    assert run(*catch_up)[0] == 0
    assert run(*catch_up)[1] == "Nothing was missed: 2026-W47 is there.\n"
    assert len(scripted_server.asked) == 2


def test_a_dry_run_writes_nothing_and_sends_nothing(
    run: Run, scripted_server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(CHAT, SHARE)
    monkeypatch.setenv("TOOLKIT_DELIVER_CHAT_URL", f"{scripted_server.url}/T/s3cret")
    before = sorted(Path().rglob("*"))
    code, out, err = run("--deliver", "all", "--dry-run", "--catch-up", *KEPT)
    assert code == 0
    assert "would write reports/2026-W47/report.html" in out
    assert f"would deliver: chat (slack) to {scripted_server.url}/********" in out
    assert '"plain_text"' in out
    assert "s3cret" not in out + err
    assert scripted_server.asked == []
    assert sorted(Path().rglob("*")) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--catch-up",), "--output 'report/{period}'"),
        (("--catch-up", *KEPT, "--week", "2026-W46"), "finds the periods itself"),
        (("--again",), "--again needs --deliver"),
        (("--deliver", "nobody"), "no destination 'nobody'"),
        (("--deliver", "share", "--deliver", ""), "names no destination"),
    ],
)
def test_what_cannot_be_exits_with_2(run: Run, arguments: tuple[str, ...], words: str) -> None:
    settings(SHARE)
    code, _, err = run(*arguments)
    assert (code, words in err) == (2, True), err
    assert not Path("report").exists()


def test_a_second_run_in_the_same_folder_is_told_to_wait(run: Run) -> None:
    Path("reports").mkdir()
    with Path("reports/.lock").open("w") as lock:
        lock.write("4711\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, _, err = run("--catch-up", *KEPT)
    assert code == 3
    assert "process 4711 is making reports in reports just now" in err
    assert made() == []
    assert run("--catch-up", *KEPT)[0] == 0


def test_a_run_that_is_killed_leaves_nothing_that_counts_as_done(run: Run) -> None:
    """Killed while the second of three files is written."""
    program = """
import os, signal, sys
from toolkit.cli import report
from toolkit.reports import write
whole = write.write
def killing(path, body):
    if path.name == "report.md":
        path.parent.joinpath(".report.md.part").write_bytes(body[:10])
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(path, body)
write.write = killing
report.time.time_ns = lambda: NOW
from toolkit.cli.main import main
main(["report", "weekly", "--events", "events.jsonl", "--catch-up", "--output", "reports/{period}"])
"""
    now = int((MONDAY + timedelta(days=15)).timestamp()) * 10**9
    child = subprocess.run(
        [sys.executable, "-c", program.replace("NOW", str(now))],
        env={**os.environ, "PYTHONPATH": str(Path(report.__file__).parents[2])},
        capture_output=True,
        timeout=60,
    )
    assert child.returncode == -signal.SIGKILL, child.stderr
    assert made() == []
    assert run("--catch-up", *KEPT)[0] == 0
    assert made() == ["2026-W47"]
    left = sorted(path.name for path in Path("reports").iterdir())
    assert left == [".lock", "2026-W47", "index.html"]
