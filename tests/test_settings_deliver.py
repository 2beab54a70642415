"""Destinations for reports: where each value comes from, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.cli.main import main
from toolkit.errors import SettingsError
from toolkit.settings import DELIVER_KINDS, Secret, choose, fields_of, load

MAIL = """
[deliver.mail]
kind = "email"
host = "smtp.example.org"
from = "Falco <falco@example.org>"
to = ["team@example.org", '"Doe, Jane" <jane@example.org>']
"""


def deliveries(tmp_path: Path, toml: str, environ: dict[str, str] | None = None):  # type: ignore[no-untyped-def]
    (tmp_path / "toolkit.toml").write_text(toml, encoding="utf-8")
    return load({}, environ=environ or {}, directory=tmp_path).deliveries


def refusal(
    tmp_path: Path, toml: str, names: str = "all", environ: dict[str, str] | None = None
) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        choose(deliveries(tmp_path, toml, environ), names)
    assert caught.value.exit_code == 2
    return caught.value


def test_a_table_is_a_destination_whose_values_know_their_origin(tmp_path: Path) -> None:
    environ = {"TOOLKIT_DELIVER_MAIL_HOST": "other", "TOOLKIT_DELIVER_MAIL_PASSWORD": "p"}
    (mail,) = choose(deliveries(tmp_path, MAIL, environ), "mail")
    assert (mail.kind, mail.get("host"), mail.get("password")) == ("email", "other", Secret("p"))
    assert mail.get("to") == ("team@example.org", '"Doe, Jane" <jane@example.org>')
    assert str(mail.origins["host"]) == "TOOLKIT_DELIVER_MAIL_HOST"
    assert str(mail.origins["to"]) == "toolkit.toml, deliver.mail.to"


def test_a_secret_comes_from_a_file_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret\n")
    toml = MAIL + 'password_file = "key"\n'
    assert choose(deliveries(tmp_path, toml), "all")[0].get("password") == Secret("s3cret")
    environ = {"TOOLKIT_DELIVER_MAIL_PASSWORD": "from-environment"}
    (mail,) = choose(deliveries(tmp_path, toml, environ), "all")
    assert mail.get("password") == Secret("from-environment")
    other = tmp_path / "other"
    other.write_text("from-other\n")
    environ = {"TOOLKIT_DELIVER_MAIL_PASSWORD_FILE": str(other)}
    assert choose(deliveries(tmp_path, toml, environ), "all")[0].get("password") == Secret(
        "from-other"
    )


def test_the_names_choose_and_keep_their_order(tmp_path: Path) -> None:
    toml = '[deliver.a]\nkind="folder"\npath="x"\n[deliver.b]\nkind="folder"\npath="y"\n'
    found = deliveries(tmp_path, toml)
    assert [one.name for one in choose(found, "all")] == ["a", "b"]
    assert [one.name for one in choose(found, "b, a,b")] == ["b", "a"]
    assert choose(found, "a")[0].get("path") == tmp_path / "x"


@pytest.mark.parametrize(
    ("toml", "names", "message", "hint"),
    [
        ("", "all", "names no destination", "[deliver.NAME]"),
        (MAIL, "post", "no destination 'post'", "there are mail"),
        (MAIL + 'password = "p"', "all", "is a secret", "TOOLKIT_DELIVER_MAIL_PASSWORD"),
        (MAIL + 'hots = "x"', "all", "no setting deliver.mail.hots", "did you mean host?"),
        (MAIL + 'tls = "ssl"', "all", "expected one of starttls", None),
        (MAIL + 'password_file = "absent"', "all", "No such file", None),
        ('[deliver.x]\nkind = "pigeon"', "all", "expected one of email, slack", None),
        ("[deliver.x]", "all", "deliver.x.kind", None),
        ("deliver = 1", "all", "a table for each destination", None),
        ('[deliver.all]\nkind = "slack"', "all", "is not all", None),
        ('[deliver.x]\nkind = "slack"', "all", "deliver.x.url is not set", "TOOLKIT_DELIVER_X_URL"),
        ('[deliver.x]\nkind = "folder"', "x", "deliver.x.path is not set", "[deliver.x]"),
        ('[deliver.x]\nkind = "slack"\nurl = "https://h/T"', "x", "is a secret", "url_file"),
        (MAIL.replace("team@", "team"), "all", "expected a mail address", None),
        (MAIL.replace("team@example.org", "a@b\\nBcc: c@d"), "all", "mail address", None),
        (MAIL + 'link = "ftp://x"', "all", "expected an address", None),
        ('[deliver.a-b]\nkind="slack"\n[deliver.a_b]\nkind="slack"', "all", "share", None),
    ],
)
def test_what_cannot_be_is_refused_with_the_place(
    tmp_path: Path, toml: str, names: str, message: str, hint: str | None
) -> None:
    error = refusal(tmp_path, toml, names)
    assert message in error.message
    assert hint is None or (error.hint and hint in error.hint)


def test_a_destination_that_nobody_chose_stops_nothing(tmp_path: Path) -> None:
    assert deliveries(tmp_path, '[deliver.x]\nkind = "slack"\nurl_file = "absent"')["x"]


def test_a_wrong_secret_is_never_shown(tmp_path: Path) -> None:
    environ = {"TOOLKIT_DELIVER_MAIL_PASSWORD": "pass\nword"}
    error = refusal(tmp_path, MAIL, environ=environ)
    assert "word" not in error.message.replace("PASSWORD", "")


def test_the_settings_command_shows_destinations_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "toolkit.toml").write_text(MAIL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOOLKIT_DELIVER_MAIL_PASSWORD", "hunter2")
    with pytest.raises(SystemExit):
        main(["settings"])
    text = capsys.readouterr().out
    assert "deliver.mail is of kind email" in text
    assert "from TOOLKIT_DELIVER_MAIL_PASSWORD" in text
    assert "from toolkit.toml, deliver.mail.to" in text
    assert "hunter2" not in text


@pytest.mark.parametrize("kind", DELIVER_KINDS)
def test_no_kind_reads_one_key_twice(kind: str) -> None:
    keys = fields_of(kind)
    assert keys
    assert not {f"{key}_file" for key, field in keys.items() if field.secret} & set(keys)
