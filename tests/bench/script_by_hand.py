"""The peer of `plan_million`: the script one would write by hand, as fast as it can fairly be made.

It does what a plan has to do: hash and read the export, check its rows, GET the list of every course over four
keep-alive connections, read what was sent from the state store, join the three sides, check that courses and users are
known, say whose doing each difference is, and store the changes. What it leaves out is what makes a product: guards,
issues by row, reports, retries, other resources.
"""

from __future__ import annotations

import hashlib
import http.client
import io
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import local

import orjson
import polars as pl

API = "/enrol/nexsis/api/index.php"
ROLES = {"Student": "student", "Teacher": "editingteacher", "Non-editing teacher": "teacher"}
KEY = ["user", "course"]


def plan(folder: Path, port: int) -> int:
    """Plan the enrolments of `folder`; the number of changes stored."""
    wanted = read_export(folder / "inbox" / "enrolments.csv")
    there = read_site(port, wanted["COURSE"].unique().to_list())
    store = sqlite3.connect(folder / "state.db")
    sent = remembered(store)
    changes = compare(wanted, there, sent)
    known = {name: {match for (match,) in rows} for name, rows in known_parents(store).items()}
    ok = changes["user"].is_in(known["user"]) & changes["course"].is_in(known["course"])
    changes = changes.filter(ok)
    store.execute("CREATE TABLE hand (n INTEGER, op TEXT, user TEXT, course TEXT, before TEXT, after TEXT, cause TEXT)")
    rows = changes.select("op", *KEY, "role_site", "role", "cause").with_row_index("n").rows()
    store.executemany("INSERT INTO hand VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    store.commit()
    return len(changes)


def read_export(path: Path) -> pl.DataFrame:
    """The rows that can be used, with folded keys."""
    data = path.read_bytes()
    hashlib.sha256(data).hexdigest()
    rows = pl.read_csv(io.BytesIO(data), infer_schema=False)
    good = rows["ROLE"].is_in(list(ROLES.values()))
    for name in ("USER", "COURSE"):
        good &= (rows[name].str.len_chars() <= 100) & rows[name].str.contains(r"^[^/\\\x00-\x1f]+$")
    rows = rows.filter(good)
    folded = [
        pl.col(name).str.strip_chars_end(" ").str.to_lowercase().alias(name.lower()) for name in ("USER", "COURSE")
    ]
    return rows.with_columns(folded).unique(KEY, keep="first").rename({"ROLE": "role"})


def read_site(port: int, courses: list[str]) -> pl.DataFrame:
    """What all lists hold of our plugin."""
    mine = local()

    def read(course: str) -> tuple[list[str], list[str]]:
        if not hasattr(mine, "line"):
            mine.line = http.client.HTTPConnection("127.0.0.1", port)
        mine.line.request("GET", f"{API}/course/{course}/enrol", headers={"Authorization": "Bearer secret"})
        response = mine.line.getresponse()
        found = [each for each in orjson.loads(response.read()) if each["enrol"] == "nexsis"]
        return [each["idnumber"] for each in found], [ROLES[each["role"]] for each in found]

    with ThreadPoolExecutor(4) as threads:
        lists = list(threads.map(read, courses))
    frames = {
        "user": [user for users, _ in lists for user in users],
        "role_site": [role for _, roles in lists for role in roles],
        "course": [course for course, (users, _) in zip(courses, lists, strict=True) for _ in users],
    }
    return pl.DataFrame(frames).with_columns(map(folded, KEY))


def folded(name: str) -> pl.Expr:
    """A column of identifiers as the site compares them."""
    return pl.col(name).str.strip_chars_end(" ").str.to_lowercase()


def remembered(store: sqlite3.Connection) -> pl.DataFrame:
    """What was sent last."""
    rows = store.execute("SELECT match, sent FROM ledger WHERE resource = 'enrolment' AND owned = 1").fetchall()
    frame = pl.DataFrame(rows, schema={"match": pl.String, "sent": pl.String}, orient="row")
    parts = pl.col("match").str.split_exact("\x1f", 1).struct.rename_fields(KEY).alias("parts")
    role = pl.col("sent").str.json_path_match("$.roleid").alias("role_sent")
    return frame.select(parts, role).unnest("parts")


def compare(wanted: pl.DataFrame, there: pl.DataFrame, sent: pl.DataFrame) -> pl.DataFrame:
    """The changes, with whose doing each is."""
    sides = wanted.select(*KEY, "role").join(there, on=KEY, how="full", coalesce=True)
    sides = sides.join(sent, on=KEY, how="left")
    op = (
        pl.when(pl.col("role_site").is_null()).then(pl.lit("create"))
        .when(pl.col("role").is_null()).then(pl.lit("delete"))
        .otherwise(pl.lit("update"))
    )  # fmt: skip
    differs = pl.col("role").ne_missing(pl.col("role_site"))
    ours = pl.col("role").is_not_null() | pl.col("role_sent").is_not_null()
    cause = pl.when(pl.col("role").eq_missing(pl.col("role_sent"))).then(pl.lit("site")).otherwise(pl.lit("sis"))
    return sides.filter(differs & ours).with_columns(op.alias("op"), cause.alias("cause"))


def known_parents(store: sqlite3.Connection) -> dict[str, list[tuple[str]]]:
    """The users and courses that are known to be there."""
    query = "SELECT match FROM ledger WHERE resource = ?"
    return {name: store.execute(query, (name,)).fetchall() for name in ("user", "course")}
