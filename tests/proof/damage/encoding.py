"""Text in another encoding, or spoilt on its way through one."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from tests.proof.damage.kinds import Damage, Make, Wanted
from tests.proof.damage.making import COURSES, ENROLMENTS, STAFF, STUDENTS, rewritten, short


def respelt(change: Callable[[str], str], *feeds: str) -> Make:
    """The text of these feeds changed, still in UTF-8."""
    return rewritten(lambda data, _: change(data.decode()).encode(), *feeds)


def encoded(encoding: str, *feeds: str) -> Make:
    """These feeds in another encoding."""
    return rewritten(lambda data, _: data.decode().encode(encoding, "replace"), *feeds)


def decoded_twice(text: str) -> str:
    return text.encode().decode("cp1252", "replace")


def lost(text: str) -> str:
    """A replacement character for every one that is not ASCII."""
    return "".join(c if c.isascii() else "\ufffd" for c in text)


def question_marks(text: str) -> str:
    return text.encode("ascii", "replace").decode()


def without_accents(text: str) -> str:
    """`Bjorn` for `Björn`."""
    return "".join(c for c in unicodedata.normalize("NFD", text.replace("Ø", "O")) if not unicodedata.combining(c))


def entities(text: str) -> str:
    """`Bj&#246;rn` for `Björn`."""
    return text.encode("ascii", "xmlcharrefreplace").decode()


def decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def half_western(data: bytes) -> bytes:
    """From halfway down in Windows-1252, as if two exports had been joined."""
    lines = data.decode().splitlines(keepends=True)
    half = len(lines) // 2
    return "".join(lines[:half]).encode() + "".join(lines[half:]).encode("cp1252")


ENCODINGS = (
    ("western", "in Windows-1252", "cp1252", Wanted.SENT),
    ("utf-16", "in UTF-16", "utf-16", Wanted.SENT),
    ("with-mark", "in UTF-8 with a byte order mark", "utf-8-sig", Wanted.SENT),
    ("mac-roman", "in Mac Roman: no name may be changed because of a guess", "mac_roman", Wanted.REPORTED),
    ("dos", "in the code page of DOS: no name may be changed because of a guess", "cp850", Wanted.REPORTED),
)

SPOILT = (
    ("decoded-twice", "BjÃ¶rn for Björn", decoded_twice, Wanted.REPORTED),
    ("lost-characters", "a replacement character for every letter with an accent", lost, Wanted.REPORTED),
    ("question-marks", "a question mark for every letter with an accent", question_marks, Wanted.REPORTED),
    ("entities", "`Bj&#246;rn` for `Björn`", entities, Wanted.REPORTED),
    ("without-accents", "Bjorn for Björn, in a sixth of all names", without_accents, Wanted.REPORTED),
    ("decomposed", "accents as characters of their own, as some systems write them", decomposed, Wanted.SENT),
)

ENCODING = (
    *(
        Damage(f"students-{name}", f"students.csv is {what}", wanted, encoded(encoding, STUDENTS))
        for name, what, encoding, wanted in ENCODINGS
    ),
    *(
        Damage(f"students-{name}", f"students.csv has {what}", wanted, respelt(change, STUDENTS))
        for name, what, change, wanted in SPOILT
    ),
    Damage(
        "students-half-western",
        "students.csv is in UTF-8, from halfway down in Windows-1252",
        Wanted.REPORTED,
        rewritten(lambda data, _: half_western(data), STUDENTS),
    ),
    Damage("staff-western", "staff.csv is in Windows-1252", Wanted.SENT, encoded("cp1252", STAFF)),
    *(
        Damage(f"{short(feed)}-utf-16", f"{feed} is in UTF-16", Wanted.SENT, encoded("utf-16", feed))
        for feed in (COURSES, ENROLMENTS)
    ),
)
