"""A manifest says which files make a set, and how many rows each has."""

from __future__ import annotations

import pytest

from .office import A_SET, MAPPINGS, Office


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        ("FILE,ROWS\npeople.csv,2\n", "it has 1 row, but manifest.csv gives 2"),
        ("FILE,ROWS\npeople.csv,two\n", "'two' is not a number of rows for people.csv"),
        ("NAME,COUNT\npeople.csv,1\n", "column FILE"),
    ],
)
def test_a_set_that_is_not_as_its_manifest_says_is_refused(work: Office, manifest: str, says: str) -> None:
    work.set_up("{trigger: READY, manifest: {name: FILE, rows: ROWS}}")
    work.put("manifest.csv", manifest)
    work.drop("s1")
    code, said = work.run("run")
    assert (code, work.writes, work.inbox, work.sets) == (1, [], {}, [])
    (refused,) = work.refused
    assert says.replace("it has", "people.csv: it has") in refused.pop("why.txt").replace("'FILE'", "FILE")
    assert refused == {**A_SET, "manifest.csv": manifest}
    assert "the set was refused, and moved to" in said


def test_a_set_as_its_manifest_says_is_taken_and_one_that_lacks_a_file_waits(work: Office) -> None:
    work.set_up("{trigger: READY, manifest: {file: 'list*.txt', name: FILE, rows: ROWS}}")
    work.put("list-1.txt", "FILE,ROWS\npeople.csv,1\nextra.csv,\n")
    work.drop("s1")
    code, said = work.run("run")
    assert code == 1
    assert "extra.csv has not arrived yet, and list-1.txt lists it" in said
    work.put("extra.csv", "A\n1\n")
    work.put("READY", "")
    assert work.run("run")[0] == 0


@pytest.mark.parametrize(
    ("extra", "says"),
    [("A\n1\n", "extra.csv: it has 1 row, but manifest.csv gives 80"), ("", "extra.csv: the file is empty")],
)
def test_what_a_manifest_promises_of_a_file_no_mapping_reads_is_counted_too(
    work: Office, extra: str, says: str
) -> None:
    work.set_up("{trigger: READY, manifest: {name: FILE, rows: ROWS}}")
    promised = "FILE,ROWS\npeople.csv,1\ncourses.csv,1\nextra.csv,"
    work.put("manifest.csv", f"{promised}80\n")
    work.put("extra.csv", extra)
    work.drop("s1")
    code, _ = work.run("run")
    assert (code, work.writes) == (1, [])
    assert says in work.refused[0]["why.txt"]
    work.put("manifest.csv", f"{promised}1\n")
    work.put("extra.csv", "A\n1\n")
    work.drop("s1")
    code, said = work.run("run")
    assert code == 0, said
    assert "not-listed" not in said


def test_a_file_that_is_read_and_not_in_the_manifest_is_reported_unless_it_stays(work: Office) -> None:
    """Two mappings read it, and it is reported once."""
    again = MAPPINGS.partition("---")[0].replace("name: courses", "name: again")
    work.set_up("{trigger: READY, manifest: {name: FILE, rows: ROWS}, keep: people.csv}", f"{MAPPINGS}---\n{again}")
    work.put("manifest.csv", "FILE,ROWS\nREADY,\n")
    work.drop("s1")
    code, said = work.run("run")
    assert code == 0, said
    assert "notice: Not listed (not-listed), 1 case" in said
    assert "courses.csv: the manifest does not list this file" in said


def test_the_files_that_a_oneroster_manifest_names_must_be_there(work: Office) -> None:
    work.set_up("{trigger: READY, manifest: oneroster}")
    work.put("manifest.csv", "propertyName,value\nmanifest.version,1.0\nfile.orgs,bulk\nfile.users,absent\n")
    work.drop("s1")
    code, said = work.run("run")
    assert code == 1
    assert "orgs.csv has not arrived yet, and manifest.csv lists it" in said
    assert "users.csv" not in said
    work.put("orgs.csv", "sourcedId\n1\n")
    work.put("READY", "")
    assert work.run("run")[0] == 0
