"""Secrets of a site, however they get into an export, are in nothing that people read and nothing that is stored."""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unicodedata import normalize
from urllib.parse import quote, quote_plus

import httpx
import pytest

from sync.errors import SHORTEST, Fault, NexsisSyncError, conceal, masked, masked_json
from sync.model import Hold, Issue, Outcome
from tests.drops.office import HEAD, TRIGGERED, Office, office, people
from tests.mail.mail_server import PASSWORD, USER, MailServer, chat_tool, mail_server
from tests.mail.office import cells, everything_in
from tests.remote.raw_server import Peer, serve

TOKEN = "5d2f0c9a7be34c1f"
KEY = 'k3y of: the "chat"'
SITE = """\
mail:
  host: localhost
  port: {port}
  security: none
  user: {user}
  password: {{file: password.txt}}
  from: sync@inst.example
  to: [{{address: all@i.example}}]
webhook: {{url: "{hook}", secret: {{env: NEXSIS_CHAT_KEY}}}}
"""


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server("none") as made:
        yield made


@pytest.fixture
def work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    """An office with a token, a password and a key, that mails its findings."""
    monkeypatch.setenv("NEXSIS_CHAT_KEY", KEY)
    with office(tmp_path / "office", capsys, TOKEN) as made, chat_tool() as hook:
        (made.folder / "password.txt").write_text(f"{PASSWORD}\n")
        (made.folder / "notifies.yaml").write_text(SITE.format(port=server.port, user=USER, hook=hook.url))
        set_up(made, "")
        yield made


def set_up(work: Office, drop: str) -> None:
    work.set_up(drop)
    site = work.folder / "site.yaml"
    site.write_text(site.read_text() + (work.folder / "notifies.yaml").read_text())


def everything(work: Office, server: MailServer) -> str:
    """Everything that was stored and mailed; not the secrets themselves, nor the contents of the inbox."""
    apart = {"inbox", "archive", "refused", "token.txt", "password.txt"}
    files = [path for path in work.folder.rglob("*") if path.is_file()]
    kept = [path.read_bytes() for path in files if path.name == "why.txt" or not apart & {*path.parts}]
    texts = [" ".join(cells(each)) if each.startswith(b"PK") else each.decode(errors="replace") for each in kept]
    return "\n".join([*texts, *(everything_in(message) for _, message in server.came)])


def leaks(said: str) -> list[str]:
    """What of the secrets is printed, parts of them too."""
    return [part for part in (TOKEN[:12], TOKEN[-8:], PASSWORD[:9], "k3y of: the", "of: the") if part in said]


WRONG = {
    "the-token": TOKEN,
    "within-a-text": f"see {PASSWORD} there",
    "to-be-escaped": KEY,
    "where-texts-are-cut": "x" * 62 + TOKEN + "y" * 80,
}


def test_in_a_cell_that_is_wrong(work: Office, server: MailServer) -> None:
    """Nor in the row's other cells, which the workbook repeats."""
    values = [value.replace('"', '""') for value in WRONG.values()]
    rows = [f's{n},"UPPER {value}","{value}",Lee\n' for n, value in enumerate(values, 1)]
    work.put("courses.csv", "ID,NAME\nC1,One\n")
    work.put("people.csv", "".join([HEAD, *rows, "s9,s9,Ann,Lee\n"]))
    at = str(work.folder / "out")
    said = ""
    for command in (
        ("check", "--rows", "9"),
        ("check", "--rows", "9", "--json"),
        ("plan", "--html", f"{at}.html", "--xlsx", f"{at}.xlsx"),
        ("plan", "--json"),
        ("run", "--verbose"),
        ("report", "--json"),
        *(("explain", f"s{n}", "--offline", *options) for n in range(1, 5) for options in ((), ("--json",))),
        ("reconcile", "--html", f"{at}-2.html"),
        ("reconcile", "--json"),
    ):
        shown = work.run(*command)[1]
        assert "***" in shown or command[0] not in ("check", "plan", "explain"), command
        said += shown
    assert server.came
    assert leaks(said + everything(work, server)) == []
    assert work.writes == ["PUT course/C1", "PUT user/s9"]


def test_in_a_cell_that_is_right(work: Office, server: MailServer) -> None:
    """There it is a name like any other: the site gets it as it is, and no report shows it."""
    work.put("courses.csv", f"ID,NAME\nC1,About {TOKEN}\n")
    work.put("people.csv", HEAD)
    page = str(work.folder / "out.html")
    said = "".join(
        work.run(*words)[1] for words in (("plan", "--html", page), ("reconcile", "--json"), ("run", "--json"))
    )
    shown = (work.folder / "out.html").read_text() + "".join(everything_in(message) for _, message in server.came)
    assert "About ***" in said
    assert leaks(said + shown) == []
    assert f"About {TOKEN}" in str(work.sandbox.moodle.courses())


@pytest.mark.parametrize("drop", ["", TRIGGERED])
@pytest.mark.parametrize("head", ["ID,{},FIRST,LAST\n", "{}\n"])
def test_in_a_header(work: Office, server: MailServer, head: str, drop: str) -> None:
    set_up(work, drop)
    work.drop("s1")
    work.put("people.csv", f"{head.format(TOKEN)}s1,s1,Ann,Lee\n")
    work.put("READY", "")
    code, said = work.run("run")
    assert code == 1
    assert "***" in said
    assert leaks(said + everything(work, server)) == []
    assert len(work.refused) == bool(drop)
    assert server.came if drop else True


def test_in_a_header_twice_where_no_mapping_reads_it(work: Office, server: MailServer) -> None:
    work.drop("s1")
    work.put("people.csv", f"ID,LOGIN,FIRST,LAST,{TOKEN},{TOKEN}\ns1,s1,Ann,Lee\n")
    _, said = work.run("run")
    assert leaks(said + everything(work, server)) == []


@pytest.mark.parametrize("drop", ["", TRIGGERED])
@pytest.mark.parametrize("needed", [True, False])
def test_in_the_name_of_a_file(work: Office, server: MailServer, needed: bool, drop: str) -> None:
    set_up(work, drop)
    work.drop("s1")
    work.put(f"people-{TOKEN}.csv" if needed else f"{TOKEN}.csv", HEAD)
    work.put("READY", "")
    code, said = work.run("run", *(() if needed else ("--json",)))
    assert code == (1 if needed else 0)
    assert "***.csv" in said
    assert "contains one of this site's secrets" in said
    assert leaks(said + everything(work, server)) == []
    assert [path for path in work.folder.rglob(f"*{TOKEN}*") if "inbox" not in path.parts] == []


def test_a_link_to_the_token_that_is_allowed_shows_nothing_of_it(work: Office, server: MailServer) -> None:
    site = work.folder / "site.yaml"
    site.write_text(f"{site.read_text()}follow_links: true\n")
    work.drop("s1")
    (work.folder / "inbox" / "people.csv").unlink()
    (work.folder / "inbox" / "people.csv").symlink_to("../token.txt")
    code, said = work.run("run")
    assert code == 1
    assert leaks(said + everything(work, server)) == []


def test_a_run_without_secrets_reads_as_ever(work: Office, server: MailServer) -> None:
    work.put("courses.csv", "ID,NAME\nC1,One\n")
    work.put("people.csv", f"{HEAD}s1,UPPER CASE,Ann,Lee\n")
    said = work.run("run", "--verbose")[1]
    assert "UPPER CASE" in said
    assert "***" not in said + everything(work, server)


# -- what is masked --------------------------------------------------------------------------------------------


def test_faults_and_issues_are_masked_as_they_are_made() -> None:
    conceal(TOKEN)
    fault = Fault(f"is {TOKEN}", f"{TOKEN}.csv", f"not {TOKEN}")
    assert (fault.message, fault.where, fault.hint) == ("is ***", "***.csv", "not ***")
    assert str(NexsisSyncError(f"{TOKEN}?")) == "***?"
    issue = Issue("bad", "error", f"{TOKEN}", value=TOKEN, key=f'{{"userid":"{TOKEN}"}}', row=3)
    assert (issue.message, issue.value, issue.key, issue.row) == ("***", "***", '{"userid":"***"}', 3)


def test_a_secret_within_another_leaves_no_rest() -> None:
    conceal("secret-of-old")
    conceal("secret-of-old-and-new")
    assert masked("(secret-of-old-and-new, secret-of-old)") == "(***, ***)"


def test_a_secret_is_known_as_json_and_addresses_write_it() -> None:
    conceal('pass "wörd"/1')
    assert masked_json(b'{"a":"pass \\"w\xc3\xb6rd\\"/1"}') == b'{"a":"***"}'
    assert masked_json(b'{"a":"pass \\"w\\u00f6rd\\"/1"}') == b'{"a":"***"}'
    assert masked("/user/pass%20%22w%C3%B6rd%22%2F1") == "/user/***"


ODD = "Pa<ss>&\"wö'r\\\\d/ 9"
"""A secret that is changed by every way of escaping."""


def in_json(text: str) -> str:
    """Every character escaped, as JSON allows."""
    return "".join(f"\\u{unit}" for unit in re.findall("....", text.encode("utf-16-be").hex()))


ENCODED: dict[str, Callable[[str], str]] = {
    "json": in_json,
    "entities": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "hex-entities": lambda text: "".join(f"&amp;#x{ord(c):05X};" for c in text),
    "percent": lambda text: "".join(f"%{octet:02X}" for octet in text.encode()),
    "percent-twice": lambda text: "".join(f"%25{octet:02x}" for octet in text.encode()),
}
"""Needless escapes of every character."""


def in_base64(text: str, before: str, after: str = "", *, url: bool = False) -> str:
    """Base64 of a text between others."""
    octets = f"{before}{text}{after}".encode()
    return (urlsafe_b64encode(octets) if url else b64encode(octets)).decode()


REPEATED: dict[str, Callable[[str], str]] = {
    **ENCODED,
    "as-it-is": str,
    "base64": lambda text: in_base64(text, "Bearer "),
    "tags-between": lambda text: f"{text[:5]}<b></b>{text[5:]}",
    "where-texts-are-cut": lambda text: "x" * 190 + text,
}
"""Ways in which a server may repeat a token."""


@contextmanager
def repeating(url: str) -> Iterator[str]:
    """A site in front of this one that refuses users, each with the token written in another way."""
    ways = [*REPEATED.values()]

    def talk(peer: Peer) -> None:
        while request := peer.request():
            method, target, _ = request.line.split()
            if method == "PUT" and "/user/" in target:
                message = ways[int(target[-1])](TOKEN)
                peer.answer(b'{"message":"no %s"}' % message.encode(), 400)
            else:
                answer = behind.request(method, url + target, headers=request.headers, content=request.body)
                peer.answer(answer.content, answer.status_code, Content_Type=answer.headers["Content-Type"])

    with httpx.Client(verify=False) as behind, serve(talk) as server:
        yield server.url


def test_in_answers_however_it_is_encoded(work: Office, server: MailServer) -> None:
    work.put("courses.csv", "ID,NAME\n")
    work.put("people.csv", people(*(f"s{n}" for n in range(len(REPEATED)))))
    page = work.folder / "out.html"
    with repeating(work.sandbox.url) as url:
        site = work.folder / "site.yaml"
        site.write_text(site.read_text().replace(work.sandbox.url, url))
        commands = [["run", "--verbose"], ["report", "--json", "--html", str(page)], ["explain", "s1"]]
        said = "".join(work.run(*command)[1] for command in commands)
    kept = (said + everything(work, server) + page.read_text()).lower()
    assert "no ***" in said
    assert leaks(kept) == []
    assert [name for name, write in ENCODED.items() if write(TOKEN)[:24].lower() in kept] == []
    assert in_base64(TOKEN, "Bearer ")[12:24].lower() not in kept


@pytest.mark.parametrize("url", [False, True])
@pytest.mark.parametrize("after", ["", "\n", ":x", "?~>"])
@pytest.mark.parametrize("before", ["", "Bearer ", "user:", "\0nexsis\0", "~~?"])
@pytest.mark.parametrize("secret", [TOKEN, "8letters", "~~~>>>???~~~>>>???", ODD])
def test_a_secret_is_known_in_base64(secret: str, before: str, after: str, url: bool) -> None:
    conceal(secret)
    coded = in_base64(secret, before, after, url=url)
    assert secret.encode()[1:-1] not in urlsafe_b64decode(left_of(masked(f'"{coded}"')).translate(URL_SAFE))
    assert masked_json(b'{"a":"' + coded.replace("/", "\\/").encode() + b'"}').count(b"***") == 1


URL_SAFE = str.maketrans("+/", "-_")


def left_of(said: str) -> str:
    """What is left of Base64 that was masked, as whole groups."""
    assert said.count("***") == 1
    left = said.strip('"').partition("***")[0]
    return left[: len(left) // 4 * 4]


def test_base64_of_something_else_stays() -> None:
    conceal(TOKEN)
    text = in_base64(TOKEN[::-1], "Bearer ")
    assert masked(text) == text


@pytest.mark.parametrize("case", [str, str.lower, str.upper], ids=["as-it-is", "lower", "upper"])
@pytest.mark.parametrize(
    "write",
    [
        str,
        html.escape,
        lambda text: html.escape(html.escape(text)),
        lambda text: html.escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),
        lambda text: json.dumps(text)[1:-1],
        lambda text: json.dumps(json.dumps(text))[3:-3],
        lambda text: json.dumps(text)[1:-1].replace("<", "\\u003c").replace("/", "\\/"),
        lambda text: html.escape(json.dumps(text)[1:-1]),
        lambda text: quote(text, safe=""),
        quote_plus,
        lambda text: quote(quote(text)),
        lambda text: normalize("NFD", text),
        *ENCODED.values(),
    ],
)
def test_a_secret_is_known_however_it_is_written(write: Callable[[str], str], case: Callable[[str], str]) -> None:
    conceal(ODD)
    assert masked(f"say {write(case(ODD))}, then") == "say ***, then"


@pytest.mark.parametrize("secret", ['"in-quotes"', "ends-in-a\\", "\\begins-with", "</script>", "ßßßßßßßß"])
def test_json_stays_json(secret: str) -> None:
    conceal(secret)
    for text in (secret, f"\\{secret}", f'{secret}"', f'"{secret}\\'):
        document = masked_json(json.dumps({"a": text, "b": [text]}, ensure_ascii=False).encode())
        assert "***" in json.loads(document)["a"]
        assert secret not in json.loads(document)["b"][0]
    assert masked_json(b'{"in-quotes":"begins"}') == b'{"in-quotes":"begins"}'


@pytest.mark.parametrize("text", ["Pa<ss>", "pa ss wör d 9", "Pa&lt;ss&gt; Wörd9", "&lt;&gt;&amp;"])
def test_what_only_resembles_a_secret_stays(text: str) -> None:
    conceal(ODD)
    assert masked(text) == text
    assert masked_json(text.encode()) == text.encode()


def test_a_row_of_backslashes_is_looked_at_once() -> None:
    """If every one of them were taken for a beginning, this would take minutes."""
    conceal(TOKEN)
    row = "\\" * 1_000_000
    for secret in (TOKEN, b64encode(TOKEN.encode()).decode(), quote(TOKEN, safe="")):
        assert masked(f"{row} %41 \\u0041 {secret}").count("***") == 1


def test_what_is_kept_of_answers_and_holds_is_masked_as_it_is_made() -> None:
    conceal(TOKEN)
    assert Outcome(1, "failed", 1, 400, f"no {TOKEN.upper()}").error == "no ***"
    hold = Hold("h1", "share", "enrolment", {"courseid": TOKEN}, 3, 3, "half", f"course {TOKEN}")
    assert (hold.message, hold.slice) == ("course ***", {"courseid": TOKEN})


def test_reports_mask_it_as_they_escape_it_and_in_other_case(work: Office, server: MailServer) -> None:
    """A key is lower case once it is read, and the page escapes what could end its script."""
    (work.folder / "password.txt").write_text("Pa<ss>&word99\n")
    work.put("courses.csv", f"ID,NAME\n{TOKEN.upper()},About Pa<ss>&word99\n")
    work.put("people.csv", HEAD)
    page = work.folder / "out.html"
    said = work.run("plan", "--html", str(page))[1] + work.run("run", "--json")[1] + page.read_text()
    assert "About ***" in said
    assert leaks(said.lower()) == []
    assert "word99" not in said + "".join(everything_in(message) for _, message in server.came)


def test_what_is_short_is_no_secret_but_a_word() -> None:
    conceal("students"[: SHORTEST - 1])
    assert masked("no file matches 'students.csv'") == "no file matches 'students.csv'"
