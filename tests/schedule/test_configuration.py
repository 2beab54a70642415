"""What a scheduled run is told: the same settings, without a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.schedule import support
from tests.schedule.support import SECRETS, SHARE, TOML, plan
from toolkit.errors import SettingsError
from toolkit.schedule.configuration import configuration, files, needed_secrets
from toolkit.schedule.render import KINDS
from toolkit.settings import load

VALUES = {"LOKI_PASSWORD": "hunter2", "TOOLKIT_DELIVER_CHAT_URL": "https://h/T0/s3cret"}


def test_the_settings_read_back_as_they_were(tmp_path: Path) -> None:
    made = plan(tmp_path / "here", flags={"loki.url": "https://other:3100"})
    there = tmp_path / "there"
    there.mkdir()
    text = configuration(made, lambda _, path: str(path), "/cache")
    (there / "toolkit.toml").write_text(text, encoding="utf-8")
    again = load({}, environ={}, directory=there)
    assert again.loki.url == "https://other:3100"
    assert (again.loki.tenant, again.loki.timeout) == ('team "a"', 30.0)
    assert again.loki.ca == tmp_path / "here" / "ca.pem"
    assert (again.timezone, again.cache) == ("Europe/Berlin", Path("/cache"))
    assert again.dialect == "falcosidekick-json"
    assert again.custom_fields == (("source", "falco"), ("cluster", "prod"))
    assert set(again.deliveries) == set(made.settings.deliveries)
    for name, delivery in again.deliveries.items():
        before = dict(made.settings.deliveries[name].values)
        before.pop("secret_file", None)
        assert (delivery.kind, dict(delivery.values)) == (
            made.settings.deliveries[name].kind,
            before,
        )


def test_secrets_are_named_and_never_their_values(tmp_path: Path) -> None:
    assert {one.variable for one in needed_secrets(plan(tmp_path))} == SECRETS
    by_name = {one.variable: one.file_variable for one in needed_secrets(plan(tmp_path))}
    assert by_name["LOKI_BEARER_TOKEN"] == "LOKI_BEARER_TOKEN_FILE"
    assert by_name["TOOLKIT_DELIVER_CHAT_URL"] == "TOOLKIT_DELIVER_CHAT_URL_FILE"


def test_each_file_variable_is_one_that_is_read(tmp_path: Path) -> None:
    """Every secret given by file alone: what a systemd credential does."""
    environ = {}
    for one in needed_secrets(plan(tmp_path)):
        path = tmp_path / one.variable
        path.write_text(f"value of {one.variable}\n")
        environ[one.file_variable] = str(path)
    settings = load({}, environ=environ, directory=tmp_path)
    assert settings.loki.token is not None
    assert settings.loki.token.reveal() == "value of LOKI_BEARER_TOKEN"
    from toolkit.settings import choose

    for delivery in choose(settings.deliveries, "all"):
        for value in delivery.values.values():
            if hasattr(value, "reveal"):
                assert value.reveal().startswith("value of TOOLKIT_DELIVER_")


@pytest.mark.parametrize("kind", KINDS)
def test_no_value_of_a_secret_is_rendered(kind: str, tmp_path: Path) -> None:
    toml = TOML.replace('ca = "ca.pem"\nbearer', "bearer").replace('ca = "ca.pem"\n', "")
    toml = toml.replace('bearer_token_file = "token"', 'username = "u"')
    made = KINDS[kind](plan(tmp_path, toml, environ=VALUES))
    text = "\n".join([*made.files.values(), *made.next_steps])
    assert "LOKI_PASSWORD" in text
    assert "TOOLKIT_DELIVER_CHAT_URL" in text
    assert "hunter2" not in text
    assert "s3cret" not in text


def test_files_that_settings_name_are_found(tmp_path: Path) -> None:
    toml = TOML + SHARE + '[report]\naccepted = "noise.yaml"\nnodes = "nodes.yaml"\n'
    assert files(plan(tmp_path, toml)) == {
        "loki.ca": tmp_path / "ca.pem",
        "report.accepted": tmp_path / "noise.yaml",
        "report.nodes": tmp_path / "nodes.yaml",
    }


@pytest.mark.parametrize(
    ("kind", "toml", "flags", "words"),
    [
        ("cronjob", "", {}, "cannot ask the source 'sample'"),
        ("systemd", "", {}, "cannot ask the source 'sample'"),
        ("cronjob", "", {"events.files": ("a.jsonl",)}, "cannot ask the source 'events'"),
        ("github", "", {"store.path": Path("s")}, "cannot ask the source 'store'"),
        ("cron", "", {"events.files": ("-",)}, "no standard input"),
        ("cronjob", SHARE, {"loki.url": "http://l:1"}, "a folder of this machine"),
        ("cron", '[deliver.m]\nkind = "grafana"', {"loki.url": "http://l:1"}, "address of Grafana"),
    ],
)
def test_what_is_not_there_when_it_runs_is_refused(
    kind: str, toml: str, flags: dict[str, object], words: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError) as caught:
        KINDS[kind](plan(tmp_path, toml, deliver="all" if toml else None, flags=flags))
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("namespace", "Falco"),
        ("namespace", "a\nb"),
        ("image", "a b"),
        ("storage", "1"),
        ("memory", "lots"),
        ("command", "toolkit"),
        ("package", "a\nb"),
    ],
)
def test_a_value_that_cannot_be_is_refused(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"--{name}"):
        support.plan(tmp_path, **{name: value})
