"""``toolkit schedule render`` from the outside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from toolkit.cli.main import main

LOKI = ("--loki-url", "http://loki.loki.svc:3100")


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("TOOLKIT_", "LOKI_", "GRAFANA_"))]:
        monkeypatch.delenv(name)


def render(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(["schedule", "render", *arguments])
    said = capsys.readouterr()
    return int(caught.value.code or 0), said.out, said.err


def test_it_writes_the_files_and_says_what_to_type_next(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, _ = render(capsys, "--kind", "cronjob", *LOKI, "--timezone", "Asia/Tokyo")
    assert code == 0
    assert "created   schedule/cronjob.yaml" in out
    assert "kubectl apply -k schedule\n" in out
    assert "timeZone: Asia/Tokyo" in Path("schedule/cronjob.yaml").read_text()
    _, again, _ = render(capsys, "--kind", "cronjob", *LOKI, "--timezone", "Asia/Tokyo")
    assert "unchanged schedule/cronjob.yaml" in again


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--kind", "windows", *LOKI), "choose from cronjob, systemd, cron, github"),
        (("--kind", "cron", *LOKI, "--report", "hourly"), "choose from weekly, daily, monthly"),
        (("--kind", "cron", *LOKI, "--deliver", "mail"), "no destination 'mail'"),
        (("--kind", "cron", *LOKI, "--format", "docx"), "names docx"),
        (("--kind", "cron", *LOKI, "--fail-on", "critical"), "new-critical"),
        (("--kind", "cronjob"), "add --loki-url"),
    ],
)
def test_what_cannot_be_exits_with_2_and_writes_nothing(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    code, _, err = render(capsys, *arguments)
    assert (code, words in err) == (2, True), err
    assert not Path("schedule").exists()


@pytest.mark.parametrize("kind", ["cronjob", "systemd", "cron", "github"])
def test_the_same_settings_make_the_same_bytes(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("a", "b"):
        assert render(capsys, "--kind", kind, *LOKI, "--output", folder)[0] == 0
    texts = [
        {
            path.relative_to(folder): path.read_bytes()
            for path in Path(folder).rglob("*.*")
            if path.is_file()
        }
        for folder in ("a", "b")
    ]
    assert texts[0] == texts[1]
    assert texts[0]
