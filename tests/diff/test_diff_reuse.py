"""Which accounts are on the site as somebody else."""

from __future__ import annotations

import numpy as np
import pytest

from sync.diff.field_diff import Alignment
from sync.diff.reuse import somebody_else
from tests.diff.sides import aligned

MOST = 1_000

WHO = ("username", "firstname", "lastname", "email")


def changed(old: str, new: str, *without: str, site_lacks: str = "") -> Alignment:
    """An account from `username firstname lastname email` to another; `-` is blank."""
    before, after = ({**dict(zip(WHO, text.split(), strict=True)), "userid": "S1"} for text in (old, new))
    rows = [{name: None if value == "-" else value for name, value in after.items() if name not in without}]
    site = [{name: None if value == "-" else value for name, value in before.items()}]
    return _lacking(aligned("user", rows, site), site_lacks)


def _lacking(alignment: Alignment, name: str) -> Alignment:
    if name:
        del alignment.observed.rows[name]
    return alignment


def others(alignment: Alignment) -> list[str]:
    return somebody_else(alignment, alignment.desired.rows["object"])["match"].tolist()


@pytest.mark.parametrize(
    ("old", "new", "other"),
    [
        pytest.param("alee Ann Lee a.lee@x", "bkerr Bob Kerr kerr.b@x", True, id="nothing is left"),
        pytest.param("alee Ann Lee a.lee@x", "akerr Ann Kerr a.kerr@x", False, id="a first name is left"),
        pytest.param("alee Ann Lee a.lee@x", "bkerr Bob Ann kerr.b@x", False, id="a name, in another place"),
        pytest.param("alee Anne Leigh a.lee@x", "bkerr Anna Kerr kerr.b@x", False, id="a name that is nearly the same"),
        pytest.param("alee Anne Leigh a.lee@x", "bkerr Anika Kerr kerr.b@x", True, id="a name that is not"),
        pytest.param("a Ann Abcdefghij a@x", "b Bob Abcdefgxyz b@x", False, id="seven tenths of a name"),
        pytest.param("a Ann Abcdefghij a@x", "b Bob Abcdefwxyz b@x", True, id="less of a name"),
        pytest.param("abcde Ann Lee a@x", "abcdx Bob Kerr b@x", False, id="four fifths of a login"),
        pytest.param("alexlee Ann Lee a.lee@x", "alexlei Bob Kerr kerr.b@x", False, id="nearly the same login"),
        pytest.param("alexlee Ann Lee a.lee@x", "alexkei Bob Kerr kerr.b@x", True, id="a login with much in common"),
        pytest.param("alee Ann Lee alexlee@x", "bkerr Bob Kerr alexlee@y", False, id="an address at another host"),
        pytest.param(
            "alee Ann Lee one@long.host", "bkerr Bob Kerr two@long.host", True, id="only the host is the same"
        ),
        pytest.param("alee Ann Lee a.lee@x", "alee Bob Kerr kerr.b@x", False, id="the login is the same"),
        pytest.param("alee Ann Lee a.lee@x", "ALEE Bob Kerr kerr.b@x", False, id="the login in capitals"),
        pytest.param("alee Ann Lee a.lee@x", "bkerr - Kerr kerr.b@x", False, id="a name that is not said"),
        pytest.param("alee Ann Lee -", "bkerr Bob Kerr kerr.b@x", False, id="an address that nobody knew"),
    ],
)
def test_an_account_is_somebody_elses_if_nothing_is_left_of_its_owner(old: str, new: str, other: bool) -> None:
    assert others(changed(old, new)) == ["s1"] * other


@pytest.mark.parametrize(
    ("without", "site_lacks", "other"),
    [
        ((), "", True),
        (("email",), "", True),
        (("email", "username"), "", False),
        (("firstname",), "", False),
        ((), "email", True),
        ((), "lastname", False),
    ],
)
def test_the_whole_name_and_something_else_must_be_known(
    without: tuple[str, ...], site_lacks: str, other: bool
) -> None:
    alignment = changed("alee Ann Lee a.lee@x", "bkerr Bob Kerr kerr.b@x", *without, site_lacks=site_lacks)
    assert others(alignment) == ["s1"] * other


@pytest.mark.parametrize(("count", "expected"), [(MOST, 0), (MOST + 1, MOST + 1)])
def test_where_many_change_in_everything_nobody_looks_closer(count: int, expected: int) -> None:
    everybody = [f"S{n}" for n in range(count)]
    rows = [dict(zip(("userid", *WHO), (each, "x", "Ann", "Ann", "x@x"), strict=True)) for each in everybody]
    site = [dict(zip(("userid", *WHO), (each, "y", "Eve Ann", "Lee", "y@x"), strict=True)) for each in everybody]
    assert len(others(aligned("user", rows, site))) == expected


def test_only_those_that_are_asked_about_are_looked_at() -> None:
    alignment = changed("alee Ann Lee a.lee@x", "bkerr Bob Kerr kerr.b@x")
    assert not len(somebody_else(alignment, np.empty(0, np.int64)))


def test_who_is_in_no_row_is_nobody_else() -> None:
    """Such an account is updated too, if it gets values instead of being deleted."""
    rows = [dict(zip(("userid", *WHO), ("S1", "bkerr", "Bob", "Kerr", "kerr@x"), strict=True))]
    site = [dict(zip(("userid", *WHO), (each, "alee", "Ann", "Lee", "lee@x"), strict=True)) for each in ("S1", "S2")]
    alignment = aligned("user", rows, site)
    assert somebody_else(alignment, alignment.observed.rows["object"])["match"].tolist() == ["s1"]
