"""Sets that are refused: who can read them, what is reported about them, and who is notified."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.inbox import archive
from sync.inbox.stability import look
from tests.mail.mail_server import mail_server
from tests.mail.office import mail_section, subjects, text_of

from .office import Office, people


def modes(folder: Path) -> dict[str, str]:
    """The permissions of a folder, and of all files below it."""
    paths = [folder, *(path for path in folder.rglob("*") if path.is_file())]
    return {path.name: f"{path.stat().st_mode & 0o777:o}" for path in paths}


def test_what_is_taken_and_what_is_refused_is_for_its_owner_alone(work: Office) -> None:
    files = ("READY", "courses.csv", "people.csv")
    for courses in ("ID,NAME\nC1,One\n", ""):
        work.drop("s1", courses=courses)
        for name in files:
            (work.folder / "inbox" / name).chmod(0o644)
        work.run("run")
    private = dict.fromkeys(files, "600")
    assert modes(work.folder / "archive") == {"archive": "700", **private}
    assert modes(work.folder / "refused") == {"refused": "700", **private, "why.txt": "600"}


def test_a_folder_that_was_made_for_others_to_look_into_stays_so(work: Office) -> None:
    (work.folder / "refused").mkdir(mode=0o750)
    work.drop("s1", courses="")
    work.run("run")
    assert modes(work.folder / "refused")["refused"] == "750"


def test_why_names_files_where_they_lie_now(work: Office) -> None:
    work.drop("s1")
    work.put("people-2.csv", people("s2"))
    work.put("READY", "")
    code, said = work.run("run")
    assert code == 1
    (why,) = (work.folder / "refused").glob("*/*/why.txt")
    assert why.read_text().startswith(f"{why.parent}: 2 files match 'people*.csv'")
    assert f"{why.parent}: 2 files match" in said
    assert str(work.folder / "archive") not in why.read_text() + said


def test_why_names_a_file_beside_it_by_its_name(tmp_path: Path) -> None:
    at = archive.Folders(tmp_path / "inbox", tmp_path / "archive", tmp_path / "refused")
    (at.archive / "day" / "r-1").mkdir(parents=True)
    taken = archive.TakenSet("day/r-1", "r-1", "taken")
    folder = archive.refuse(at, taken, f"{at.archive / taken.name / 'more' / 'a.csv'}: the file is empty")
    assert (folder / "why.txt").read_text().startswith("more/a.csv: the file is empty\n")


def test_those_concerned_get_a_mail_that_says_where_the_set_is(work: Office) -> None:
    with mail_server("none", login=False) as server:
        to = "[{address: all@i.example}, {address: p@i.example, what: problems}, {address: held@i.example, what: held}]"
        file = work.folder / "site.yaml"
        file.write_text(file.read_text() + mail_section(server.port, to))
        work.drop("s1")
        work.put("people-2.csv", people("s2"))
        work.put("READY", "")
        assert work.run("run")[0] == 1
        body = text_of(server.came[0][1])
        says = "[NOT RUN] Moodle sync, Autumn: 2 files match 'people*.csv': people-2.csv, people.csv"
        assert subjects(server) == [("all", says), ("p", says)]
    (folder,) = (work.folder / "refused").glob("*/*")
    assert str(folder) in "".join(body.split())
    assert str(work.folder / "archive") not in "".join(body.split())


@pytest.mark.parametrize("name", ["why.txt", "WHY.txt", "why.txt/x.csv"])
def test_a_set_that_holds_a_why_of_its_own_keeps_it_beside_the_text(work: Office, name: str) -> None:
    work.put(name, "precious\n")
    work.drop("s1", courses="")
    assert work.run("run")[0] == 1
    (refused,) = work.refused
    assert refused[name] == "precious\n"
    assert refused["why-2.txt"].startswith("courses.csv: the file is empty")
    work.drop("s1")
    assert work.run("run")[0] == 0
    assert work.writes == ["PUT course/C1", "PUT user/s1"]


def test_a_refused_set_that_cannot_be_moved_holds_no_other_up(work: Office) -> None:
    (work.folder / "refused").write_text("in the way")
    work.drop("s1", courses="")
    assert work.run("run")[0] == 1
    for expected in (["s1"], ["s2"]):
        work.drop(*expected)
        code, said = work.run("run")
        assert code == 0, said
        assert "a refused set cannot be moved to" in said
        assert "other sets are applied as usual" in said
    assert work.writes == ["PUT course/C1", "PUT user/s1", "PUT user/s2"]
    (work.folder / "refused").unlink()
    work.drop("s3")
    code, said = work.run("run")
    assert code == 0
    assert "cannot be moved" not in said
    assert [each["why.txt"].split("\n")[0] for each in work.refused] == ["courses.csv: the file is empty"]


def test_what_cannot_be_put_back_is_refused_and_the_rest_taken_anew(tmp_path: Path) -> None:
    """The program was killed while it took the set; then a file got the name of one of its folders."""
    at = archive.Folders(tmp_path / "inbox", tmp_path / "archive", tmp_path / "refused")
    (at.inbox / "more").mkdir(parents=True)
    for name in ("more/a.csv", "b.csv"):
        (at.inbox / name).write_text("A\n")
    taken = archive.take(at, look(at.entries).files, [], "r-1", "2026-11-23")
    archive.cut(at, taken)
    journal = at.archive / archive.JOURNAL
    journal.write_text(journal.read_text().replace('"cut"', '"taking"'))
    (at.inbox / "more").rmdir()
    (at.inbox / "more").write_text("in the way")
    assert archive.recover(at) == []
    assert (at.inbox / "b.csv").read_text() == "A\n"
    assert (at.refused / taken.name / "more" / "a.csv").read_text() == "A\n"
    why = (at.refused / taken.name / "why.txt").read_text()
    assert why.startswith("It could not be put back into the inbox: more/a.csv: ")
    assert not journal.exists()
