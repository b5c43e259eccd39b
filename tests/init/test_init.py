"""`init` on exports of known formats, on a site with data, and where something is missing or in the way."""

from __future__ import annotations

import csv
import io
import os
import stat
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from shutil import copytree
from threading import Thread

import orjson
import pytest

from sync.config.shipped import collections
from sync.config.site import load
from tests.ports import reserved_port

from .beginner import Beginner

OLD = ("OLD-1", "OLD-2")
PEOPLE = "ID,Login,First name,Last name,Email\n1,alee,Amy,Lee,amy@uni.example\n2,bdam,Ben,Dam,ben@uni.example\n"
WITH_STATUS = """\
ID,Login,First name,Last name,Email,Status
1,alee,Amy,Lee,amy@uni.example,A
2,bdam,Ben,Dam,b@uni.example,W
"""


@pytest.mark.parametrize("name", collections())
def test_the_sample_of_each_collection_is_recognised(name: str, beginner: Beginner) -> None:
    copytree(collections()[name].sample, beginner.folder / "exports")
    code = beginner.init("--mappings", name, "--domain", "uni.example")
    assert (code, beginner.deletes) in ((0, []), (3, []))
    assert f"({name}): " in beginner.out
    mappings = load(beginner.folder / "site.yaml").mappings
    assert {mapping.include for mapping in mappings}
    marked = [(each.rows.drop.get(column), values) for each in mappings for column, values in each.delete_when.items()]
    assert all(dropped and {*values} <= {*dropped} for dropped, values in marked)
    assert ".example" not in (beginner.folder / "mappings" / f"{name}.yaml").read_text("utf-8").replace(
        "uni.example", ""
    )


@pytest.mark.parametrize("name", ["sds-v1", "sds-v1-min", "sds-v1-uk", "sds-v2", "sds-v2.1", "oneroster"])
def test_similar_formats_are_told_apart(name: str, beginner: Beginner) -> None:
    copytree(collections()[name].sample, beginner.folder / "exports")
    beginner.init("--json")
    (found,) = orjson.loads(beginner.out)["recognised"]
    assert found["mappings"] == name


def test_addresses_without_a_domain_are_reported(beginner: Beginner) -> None:
    copytree(collections()["sds-v1"].sample, beginner.folder / "exports")
    assert beginner.init() == 3
    assert (
        "  Email addresses end in @school.example: set your own domain in the mapping file."
        in beginner.out.splitlines()
    )


def test_a_site_that_has_everything_has_nothing_to_do(beginner: Beginner) -> None:
    text = io.StringIO()
    header = ["ID number", "Username", "First name", "Last name", "Email"]
    csv.writer(text).writerows([header, *(user for user in beginner.sandbox.moodle.users() if user[0] in OLD)])
    beginner.receive({"people.csv": text.getvalue()})
    assert beginner.init() == 0
    assert beginner.plan()["changes"] == []
    assert "Would be taken over (with --apply): 2 users. Nothing is sent to Moodle." in beginner.out


# -- asking ------------------------------------------------------------------------------------------------------

TYPED = ["file:token.txt", "sandbox", "exports", "UTC", "A"]


def test_a_token_that_is_typed_is_kept_for_its_owner_alone(beginner: Beginner) -> None:
    beginner.receive({"people.csv": WITH_STATUS})
    beginner.patch.delenv("NEXSIS_TOKEN")
    assert beginner.init_at_terminal([beginner.sandbox.url, *TYPED]) == 0
    token = beginner.folder / "token.txt"
    assert token.read_text("utf-8") == "sandbox\n"
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert "open-file" not in beginner.out


@pytest.mark.parametrize("answers", range(len(TYPED) + 1))
def test_ctrl_c_leaves_nothing_behind(answers: int, beginner: Beginner) -> None:
    beginner.receive({"people.csv": WITH_STATUS})
    beginner.patch.delenv("NEXSIS_TOKEN")
    assert beginner.init_at_terminal([beginner.sandbox.url, *TYPED][:answers]) == 1
    assert beginner.files == set()


def test_an_answer_that_means_nothing_is_asked_for_again(beginner: Beginner) -> None:
    beginner.receive({"people.csv": WITH_STATUS})
    typed = ["moodle", beginner.sandbox.url, "", "nowhere", "exports", "Mars", "UTC", "A,X", "A"]
    assert beginner.init_at_terminal(typed) == 0
    for said in (
        "not a web address",
        "there is no folder nowhere",
        "`Mars` is not a time zone",
        "X is not among these",
    ):
        assert said in beginner.err


def test_what_nobody_can_be_asked_for_is_wrong_usage(beginner: Beginner) -> None:
    beginner.patch.delenv("NEXSIS_TOKEN")
    assert beginner._run([]) == 64
    assert "Without a terminal, these options are required: --url, --token, --exports." in beginner.err
    assert beginner.files == set()


WRONG = {
    "--token=sekret-sekret": "never the token itself",
    "--timezone=Mars": "`Mars` is not a time zone",
    "--keep=COLOUR=RED": "COLOUR is not a column that says which rows count; choose from Status",
    "--keep=COLOUR": "write COLUMN=VALUES, not `COLOUR`",
    "--role=S=pupil": "`pupil` for S is not a role; choose from manager",
    "--domain=uni": "write a domain, such as example.edu",
    "--exports=nowhere": "there is no folder nowhere",
    "--exports=.": "put them into a folder of their own",
    "--url=http://moodle.example.edu": "the token would be sent to moodle.example.edu unencrypted",
}


@pytest.mark.parametrize("option", WRONG)
def test_an_option_that_means_nothing_is_wrong_usage(option: str, beginner: Beginner) -> None:
    beginner.receive({"people.csv": WITH_STATUS})
    assert beginner.init(option) == 64
    assert WRONG[option] in beginner.err
    assert "sekret" not in beginner.err + beginner.out
    assert beginner.files == set()


# -- the site ----------------------------------------------------------------------------------------------------


def test_a_site_that_cannot_be_used_is_said_before_anything_is_asked(beginner: Beginner) -> None:
    beginner.receive({"people.csv": PEOPLE})
    with reserved_port() as port:
        refused = {
            beginner.sandbox.url.replace("http:", "https:"): "this port answers without TLS",
            f"http://127.0.0.1:{port}": "no connection to 127.0.0.1: Connection refused",
        }
        for url, why in refused.items():
            assert beginner.init_at_terminal([], "--url", url, "--token", "env:NEXSIS_TOKEN") == 1
            assert why in beginner.err
    beginner.patch.setenv("NEXSIS_TOKEN", "not-the-token")
    assert beginner.init() == 1
    assert "Moodle does not accept the token" in beginner.err
    assert beginner.files == set()


class _Page(BaseHTTPRequestHandler):
    """A web server that has no Moodle."""

    def do_GET(self) -> None:
        self.send_response(404)
        self.end_headers()
        self.wfile.write(b"<html><body>Not found</body></html>")

    def log_message(self, *args: object) -> None:
        pass


def test_a_site_that_is_no_moodle_is_said(beginner: Beginner) -> None:
    beginner.receive({"people.csv": PEOPLE})
    with HTTPServer(("127.0.0.1", 0), _Page) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        assert beginner.init(url=f"http://127.0.0.1:{server.server_port}") == 1
        server.shutdown()
    assert "something other than the NexSIS API answered (HTTP 404): Not found" in beginner.err
    assert "check that the NexSIS plugin is installed" in beginner.err


# -- files -------------------------------------------------------------------------------------------------------


def test_a_file_that_differs_is_never_overwritten(beginner: Beginner) -> None:
    beginner.receive({"people.csv": PEOPLE})
    for name in ("site.yaml", "mappings/people.yaml"):
        (beginner.folder / name).parent.mkdir(exist_ok=True)
        (beginner.folder / name).write_text("mine\n", "utf-8")
    assert beginner.init() == 1
    assert beginner.err.count("this file exists, and differs from what would be written") == 2
    assert beginner.files == {"site.yaml", "mappings/people.yaml"}
    assert (beginner.folder / "site.yaml").read_text("utf-8") == "mine\n"


def test_the_same_again_writes_nothing(beginner: Beginner) -> None:
    beginner.receive({"people.csv": PEOPLE})
    assert beginner.init() == 0
    before = {name: (beginner.folder / name).stat().st_mtime_ns for name in beginner.files if name.endswith("yaml")}
    assert beginner.init() == 0
    assert "Nothing was written: all files are there already" in beginner.out
    assert {name: (beginner.folder / name).stat().st_mtime_ns for name in before} == before


def test_a_disk_that_is_full_leaves_nothing_behind(beginner: Beginner) -> None:
    beginner.receive({"people.csv": PEOPLE})
    opened = os.open

    def full(path: object, *rest: int, **more: int) -> int:
        if str(path).endswith("people.yaml") and str(beginner.folder) in str(path):
            raise OSError(28, "No space left on device", str(path))
        return opened(path, *rest, **more)  # type: ignore[arg-type]

    beginner.patch.setattr(os, "open", full)
    assert beginner.init() == 1
    assert "this file cannot be written: No space left on device" in beginner.err
    assert beginner.files == set()
    assert not (beginner.folder / "mappings").exists()


def test_what_cannot_be_read_is_said_and_the_rest_is_used(beginner: Beginner) -> None:
    beginner.receive({"people.csv": PEOPLE, "broken.xlsx": "PK\x03\x04 not a workbook", "notes.json": '{"a": 1}'})
    assert beginner.init() == 0
    assert "note: not read: notes.json: the file is JSON, not a table" in beginner.err
    assert "note: not read: broken.xlsx" in beginner.err


def test_nothing_that_can_be_mapped_is_an_error(beginner: Beginner) -> None:
    beginner.receive({"colours.csv": "COLOUR,WEIGHT\nred,1\nblue,2\n"})
    assert beginner.init() == 1
    assert "colours.csv: no mapping can be proposed: its columns do not look like any kind of record" in beginner.err
    assert beginner.files == set()


def test_an_empty_folder_is_an_error(beginner: Beginner) -> None:
    (beginner.folder / "exports").mkdir()
    assert beginner.init() == 1
    assert "there are no exports in this folder" in beginner.err


def test_programs_get_what_was_found_as_json(beginner: Beginner) -> None:
    beginner.receive({"people.csv": WITH_STATUS, "colours.csv": "COLOUR\nred\n"})
    assert beginner.init("--json") == 3
    found = orjson.loads(beginner.out)
    assert found["proposed"] == [{"file": "people.csv", "tab": None, "resources": ["user"]}]
    assert [each["file"] for each in found["unclear"]] == ["colours.csv"]
    assert found["undecided"] == ["people.csv, column Status: not decided whether these rows count: A (1) and W (1)"]
    assert Path(found["page"]).is_file()
