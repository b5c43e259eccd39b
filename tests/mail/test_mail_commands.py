"""`run` and `report` of a site that notifies people by mail; and what its site file may contain."""

from __future__ import annotations

import email
from collections.abc import Iterator
from email.policy import default
from pathlib import Path

import pytest

from sync.cli import run
from sync.config.site import load
from sync.errors import ConfigError
from tests.docs.pages import Block
from tests.docs.stage import SITE, Stage, staged
from tests.mail.mail_server import MailServer
from tests.mail.office import attached, cells, mail_section, no_server, site

PEOPLE = """\
resource: user
sheet: {file: people.csv}
fields: {userid: ID, username: LOGIN, firstname: FIRST, lastname: LAST, email: MAIL}
"""
ROWS = "ID,LOGIN,FIRST,LAST,MAIL\n0012,al12,Amy,Lee,amy@uni.example\n0013,bd13,Ben,Dam,ben at uni.example\n"


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Stage]:
    monkeypatch.setenv("NEXSIS_TOKEN", "sandbox")
    for stage in staged(tmp_path, capsys):
        stage.lay(Block("yaml", "mapping", PEOPLE))
        stage.lay(Block("csv", "people.csv", ROWS))
        yield stage


@pytest.fixture
def server(plain: MailServer) -> MailServer:
    return plain


def notifies(stage: Stage, port: int, to: str = "[{address: admin@inst.example}]") -> None:
    stage.lay(Block("yaml", "site", SITE + mail_section(port, to)))


def test_a_run_mails_the_rows_with_errors_unchanged(stage: Stage, server: MailServer) -> None:
    notifies(stage, server.port)
    assert stage.command("run")[0] == 0
    ((to, message),) = server.came
    assert (to, str(message["Subject"])) == (
        ["admin@inst.example"],
        "[CHECK] Moodle sync, Autumn: 1 change, 1 row with errors",
    )
    assert "ben at uni.example" in cells(attached(message)["xlsx"])


def test_a_server_that_is_down_changes_nothing_of_a_run(
    stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with no_server() as port:
        notifies(stage, port)
        code = run(["run", "--site", str(stage.folder / "site.yaml")])
    said = capsys.readouterr()
    assert code == 0
    assert "Done. 1 change went through." in said.out
    assert "note: the mail server localhost" in said.err
    assert "1 email is waiting in" in said.err


def test_a_run_that_cannot_be_is_mailed_and_ends_as_ever(
    stage: Stage, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    notifies(stage, server.port)
    monkeypatch.setenv("NEXSIS_TOKEN", "wrong")
    assert run(["run", "--site", str(stage.folder / "site.yaml")]) == 1
    (stage.folder / "inbox" / "people.csv").write_text("ID\n1\n")
    assert run(["run", "--site", str(stage.folder / "site.yaml")]) == 1
    subjects = [str(message["Subject"]).strip() for _, message in server.came]
    assert [subject.startswith("[NOT RUN] Moodle sync, Autumn: ") for subject in subjects] == [True, True]


def test_a_plan_is_mailed_when_it_is_asked_for(stage: Stage, server: MailServer) -> None:
    notifies(stage, server.port, "[{address: a@inst.example, when: weekly}, {address: b@inst.example, what: held}]")
    stage.command("plan")
    assert server.came == []
    assert stage.command("report", "--mail", "--quiet") == (0, "")
    assert stage.command("report", "--mail", "--to", "b@inst.example", "--quiet") == (0, "")
    assert sorted(to[0] for to, _ in server.came) == ["a@inst.example", "b@inst.example", "b@inst.example"]


def test_nobody_is_written_to_whom_the_site_file_does_not_name(
    stage: Stage, server: MailServer, capsys: pytest.CaptureFixture[str]
) -> None:
    notifies(stage, server.port)
    stage.command("plan")
    words = ["report", "--quiet", "--site", str(stage.folder / "site.yaml"), "--to", "x@evil.example"]
    assert run([*words, "--mail"]) == 1
    assert "`mail:` does not name x@evil.example" in capsys.readouterr().err
    assert run(words) == 64
    assert server.came == []


def test_mails_can_be_looked_at_instead_of_sent(stage: Stage, server: MailServer) -> None:
    notifies(stage, server.port, "[{address: a@inst.example}, {address: b@inst.example, pseudonymise: true}]")
    stage.command("plan")
    stage.command("report", "--eml", str(stage.folder / "mails"), "--quiet")
    files = sorted((stage.folder / "mails").iterdir())
    assert [file.name for file in files] == ["1-a@inst.example.eml", "2-b@inst.example.eml"]
    first = email.message_from_bytes(files[0].read_bytes(), policy=default)
    assert str(first["Subject"]) == "[CHECK] Moodle sync, Autumn: 1 change, 1 row with errors"
    assert server.came == []


def test_mails_that_cannot_be_sent_show_in_the_exit_code(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with no_server() as port:
        notifies(stage, port)
        stage.command("plan")
        assert stage.command("report", "--mail", "--quiet")[0] == 4


# -- the site file ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "more", "says"),
    [
        ("[]", "", "mail.to: is empty"),
        ("[{address: somebody}]", "", "`somebody` is not an email address"),
        ('[{address: "a@b.example\\r\\nRCPT TO:<x@y.example>"}]', "", "is not an email address"),
        ("[{address: a@b.example, what: all}]", "", "`all` is not valid here"),
        ("[{address: a@b.example, when: daily}]", "", "`daily` is not valid here"),
        ("[{address: a@b.example, only: {cours: X}}]", "", "`cours` is not a resource. Did you mean `course`?"),
        (
            "[{address: a@b.example, only: {course: {category: X}}}]",
            "",
            "is not a field of course. Did you mean `categorypath`?",
        ),
        ("[{address: a@b.example, only: {enrolment: X}}]", "", "specify which field of enrolment"),
        ("[{address: a@b.example, pseudonymise: perhaps}]", "", "`perhaps` is neither yes nor no"),
        ("[{address: a@b.example}]", "  attach_up_to: 5\n", "write a size as a whole number with its unit"),
        ("[{address: a@b.example}]", "  link: http://reports.inst.example\n", "use https://"),
        ("[{address: a@b.example}]", "  user: al\n", "`user` and `password` belong together"),
        (
            "[{address: a@b.example}]",
            "  user: al\n  password: hunter2\n",
            "never write the password itself in this file",
        ),
    ],
)
def test_what_makes_no_sense_is_reported_with_its_line(tmp_path: Path, to: str, more: str, says: str) -> None:
    with pytest.raises(ConfigError) as shown:
        site(tmp_path, MailServer(port=25), to, more)
    assert says in str(shown.value)
    assert "site.yaml:" in str(shown.value)
    assert "hunter2" not in str(shown.value)


def test_mail_does_not_travel_for_all_to_read(tmp_path: Path) -> None:
    site(tmp_path, MailServer(port=25), "[{address: a@b.example}]")
    text = (tmp_path / "site.yaml").read_text().replace("host: localhost", "host: mail.inst.example")
    (tmp_path / "site.yaml").write_text(text)
    with pytest.raises(ConfigError, match="encrypted"):
        load(tmp_path / "site.yaml")


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_a_port_is_the_usual_one(tmp_path: Path, security: str, port: int) -> None:
    config = site(tmp_path, MailServer(port=25), "[{address: a@b.example}]", security=security)
    assert config.mail is not None
    assert config.mail.model_copy(update={"port": None}).at == port
