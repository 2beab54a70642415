"""Settings: where each value comes from, which level wins, what is refused and how it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.errors import SettingsError
from toolkit.falco.labels import SOURCE_FALCO
from toolkit.settings import BY_KEY, FIELDS, Secret, Settings, load, shipped

NOTHING: dict[str, str] = {}


def settings(
    tmp_path: Path,
    flags: dict[str, object] | None = None,
    environ: dict[str, str] | None = None,
    toml: str | None = None,
) -> Settings:
    if toml is not None:
        (tmp_path / "toolkit.toml").write_text(toml, encoding="utf-8")
    return load(flags, environ=environ or NOTHING, directory=tmp_path)


def refusal(tmp_path: Path, **levels: object) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        settings(tmp_path, **levels)  # type: ignore[arg-type]
    assert caught.value.exit_code == 2
    return caught.value


def test_with_nothing_set_the_sample_is_asked_in_utc(tmp_path: Path) -> None:
    made = settings(tmp_path)
    assert (made.source, made.timezone, made.loki.url) == ("sample", "UTC", None)
    assert made.origin("timezone").kind == "default"


def test_flag_wins_over_environment_over_file(tmp_path: Path) -> None:
    toml = '[loki]\nurl = "http://file:3100"\ntenant = "from-file"\n'
    environ = {"LOKI_ADDR": "http://environment:3100"}
    assert settings(tmp_path, toml=toml).loki.url == "http://file:3100"
    assert settings(tmp_path, environ=environ).loki.url == "http://environment:3100"
    made = settings(tmp_path, {"loki.url": "http://flag:3100/"}, environ)
    assert (made.loki.url, made.loki.tenant) == ("http://flag:3100", "from-file")
    assert str(made.origin("loki.url")) == "--loki-url"
    assert str(made.origin("loki.tenant")) == "toolkit.toml, loki.tenant"


def test_logcli_variables_are_understood(tmp_path: Path) -> None:
    """The names are those of grafana/loki cmd/logcli/main.go."""
    made = settings(
        tmp_path,
        environ={
            "LOKI_ADDR": "https://loki.example.org",
            "LOKI_USERNAME": "u",
            "LOKI_PASSWORD": "p",
            "LOKI_ORG_ID": "team-a",
            "LOKI_CA_CERT_PATH": "/ca.pem",
            "LOKI_TLS_SKIP_VERIFY": "true",
        },
    )
    assert made.source == "http"
    assert (made.loki.username, made.loki.password) == ("u", Secret("p"))
    assert (made.loki.tenant, made.loki.ca, made.loki.verify) == ("team-a", Path("/ca.pem"), False)


def test_an_empty_variable_is_not_set(tmp_path: Path) -> None:
    assert settings(tmp_path, environ={"LOKI_ADDR": " "}).source == "sample"


@pytest.mark.parametrize(
    ("flags", "kind"),
    [
        ({"loki.url": "http://x:1"}, "http"),
        ({"events.files": ("a.jsonl", "-")}, "events"),
        ({"store.path": Path("s")}, "store"),
        ({"sample.use": True}, "sample"),
        ({"grafana.query_loki": True, "grafana.url": "http://g"}, "grafana"),
    ],
)
def test_a_source_flag_wins_over_the_environment(
    tmp_path: Path, flags: dict[str, object], kind: str
) -> None:
    assert settings(tmp_path, flags, {"LOKI_ADDR": "http://environment:3100"}).source == kind


def test_two_source_flags_are_refused_by_name(tmp_path: Path) -> None:
    error = refusal(tmp_path, flags={"loki.url": "http://x:1", "events.files": ("a",)})
    assert "--loki-url and --events" in error.message


def test_two_sources_in_the_environment_are_refused_unless_a_flag_decides(tmp_path: Path) -> None:
    environ = {"LOKI_ADDR": "http://x:1", "TOOLKIT_STORE": "s"}
    error = refusal(tmp_path, environ=environ)
    assert "LOKI_ADDR and TOOLKIT_STORE" in error.message
    assert error.hint is not None
    assert settings(tmp_path, {"sample.use": True}, environ).source == "sample"


def test_false_names_no_source(tmp_path: Path) -> None:
    made = settings(tmp_path, environ={"TOOLKIT_SAMPLE": "false", "LOKI_ADDR": "http://x:1"})
    assert made.source == "http"


def test_asking_through_grafana_needs_its_address(tmp_path: Path) -> None:
    error = refusal(tmp_path, flags={"grafana.query_loki": True})
    assert error.setting == "grafana.url"
    assert "--grafana-url" in str(error.hint)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"LOKI_ADDR": "loki:3100"}, "expected an address like"),
        ({"LOKI_ADDR": "http://[::1"}, "expected an address like"),
        ({"LOKI_ADDR": "http://x:99999"}, "expected an address like"),
        ({"LOKI_ADDR": "http://x/?a=b"}, "without ?query"),
        ({"TOOLKIT_TIMEZONE": "Mars/Olympus"}, "expected a time zone"),
        ({"TOOLKIT_TIMEZONE": "../../etc/passwd"}, "expected a time zone"),
        ({"TOOLKIT_LOKI_TIMEOUT": "0"}, "expected a length of time"),
        ({"TOOLKIT_LOKI_TIMEOUT": "soon"}, "expected a length of time"),
        ({"LOKI_CLIENT_RETRIES": "-1"}, "expected a whole number"),
        ({"LOKI_TLS_SKIP_VERIFY": "maybe"}, "expected true or false"),
    ],
)
def test_a_malformed_value_names_its_variable(
    tmp_path: Path, environ: dict[str, str], words: str
) -> None:
    error = refusal(tmp_path, environ=environ)
    assert next(iter(environ)) in error.message
    assert words in error.message


@pytest.mark.parametrize("written", ["90", "90s", "1.5m", "90000ms"])
def test_lengths_of_time_are_seconds(tmp_path: Path, written: str) -> None:
    assert settings(tmp_path, environ={"TOOLKIT_LOKI_TIMEOUT": written}).loki.timeout == 90.0


def test_credentials_in_an_address_are_refused_and_not_repeated(tmp_path: Path) -> None:
    error = refusal(tmp_path, environ={"LOKI_ADDR": "https://me:hunter2@loki"})
    assert "hunter2" not in error.message + str(error.hint)


def test_no_secret_has_a_flag() -> None:
    assert [field.key for field in FIELDS if field.secret and field.flag] == []


def test_a_secret_in_the_settings_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    error = refusal(tmp_path, toml='[loki]\npassword = "hunter2"\n')
    assert "hunter2" not in error.message + str(error.hint)
    assert "LOKI_PASSWORD" in str(error.hint)


def test_secrets_do_not_print(tmp_path: Path) -> None:
    made = settings(tmp_path, environ={"LOKI_BEARER_TOKEN": "hunter2", "GRAFANA_TOKEN": "hunter3"})
    assert "hunter" not in f"{made!r} {made.loki.token} {made.loki.token!r}"
    assert made.loki.token is not None
    assert made.loki.token.reveal() == "hunter2"


def test_a_token_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("glsa_abc\n", encoding="utf-8")
    made = settings(tmp_path, toml='[grafana]\ntoken_file = "token"\n')
    assert made.grafana.token == Secret("glsa_abc")


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "No such file"), (b"", "expected a text"), (b"a\nb", "one line"), (b"\xff", "a text")],
)
def test_a_token_file_that_holds_no_token(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    error = refusal(tmp_path, flags={"grafana.token_file": tmp_path / "token"})
    assert words in error.message
    assert "--grafana-token-file" in error.message


def test_a_token_file_given_as_flag_wins_over_the_variable(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("new", encoding="utf-8")
    made = settings(tmp_path, {"grafana.token_file": tmp_path / "token"}, {"GRAFANA_TOKEN": "old"})
    assert made.grafana.token == Secret("new")


def test_two_ways_to_sign_in_are_refused(tmp_path: Path) -> None:
    environ = {"LOKI_USERNAME": "u", "LOKI_PASSWORD": "p", "LOKI_BEARER_TOKEN": "t"}
    assert "one way to sign in" in refusal(tmp_path, environ=environ).message


def test_a_password_needs_a_user_name(tmp_path: Path) -> None:
    error = refusal(tmp_path, environ={"GRAFANA_PASSWORD": "p"})
    assert "GRAFANA_USER" in str(error.hint)


def test_an_unknown_key_in_the_file_proposes_a_known_one(tmp_path: Path) -> None:
    error = refusal(tmp_path, toml='[loki]\nulr = "http://x:1"\n')
    assert "loki.ulr" in error.message
    assert error.hint == "did you mean loki.url?"


def test_a_file_that_is_not_toml_says_where(tmp_path: Path) -> None:
    assert "line 2" in refusal(tmp_path, toml="[loki]\nurl =\n").message


def test_a_settings_file_named_by_the_user_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no settings file"):
        load(environ=NOTHING, directory=tmp_path, config=tmp_path / "absent.toml")


def test_paths_in_a_settings_file_start_at_that_file(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    file = folder / "mine.toml"
    file.write_text('[events]\nfiles = ["a.jsonl", "-"]\nrejects = "bad.txt"\n', encoding="utf-8")
    made = load(environ=NOTHING, directory=tmp_path, config=file)
    assert made.events == (str(folder / "a.jsonl"), "-")
    assert made.rejects == folder / "bad.txt"


def test_the_dialect_takes_what_else_is_set(tmp_path: Path) -> None:
    toml = (
        '[labels]\ndialect = "source-falco-json"\ncustom_fields = ["source:falco", "cluster:a"]\n'
    )
    schema = settings(tmp_path, toml=toml).labels(SOURCE_FALCO)
    assert schema.line_format == "json"
    assert schema.custom_fields == (("source", "falco"), ("cluster", "a"))
    assert settings(tmp_path / "none").labels(SOURCE_FALCO) == SOURCE_FALCO


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"TOOLKIT_LABELS": "latin"}, "expected one of falcosidekick"),
        ({"TOOLKIT_CUSTOM_FIELDS": "source"}, "expected name:value"),
    ],
)
def test_labels_that_cannot_be(tmp_path: Path, environ: dict[str, str], words: str) -> None:
    assert words in refusal(tmp_path, environ=environ).message


def test_every_setting_can_be_given_somewhere_besides_the_file() -> None:
    assert [field.key for field in FIELDS if not (field.flag or field.env)] == []
    assert len(BY_KEY) == len(FIELDS)
    for names in ([f.flag for f in FIELDS if f.flag], [f.env for f in FIELDS if f.env]):
        assert len(names) == len(set(names))


@pytest.mark.parametrize("room", ["queries", "dashboards", "notebooks"])
def test_the_shipped_folders_of_a_checkout_are_at_its_top(room: str) -> None:
    top = Path(__file__).parents[1]
    assert shipped(room) == top / room  # type: ignore[arg-type]
