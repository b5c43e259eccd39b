"""Makes three days of exports of Northmere University, a place that does not exist.

    python samples/make.py      writes samples/night-1, samples/night-2 and samples/night-3

The same files come out every time. `night-1` fills an empty site. `night-2` has a day's changes, intended and not. In
`night-3` the file of enrolments is truncated.
"""

from __future__ import annotations

import csv
import io
import random
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import count, product
from pathlib import Path

from openpyxl import Workbook

TERM = "2026AU"
HOST = "northmere.example"
SHORT = 0.6
"""Share of the enrolments that is left in `night-3`."""

DEPARTMENTS = {"BIO": ("Science", "Biology"), "HIS": ("Humanities", "History"), "PHY": ("Science", "Physics")}
TITLES = {
    "BIO101": "Cells and Life",
    "BIO102": "Plants, Fungi and Us",
    "BIO210": "Genetics",
    "BIO330": "Ecology of Shores",
    "HIS101": "Reading the Past",
    "HIS120": "Europe since 1789",
    "HIS210": "The Sea in History",
    "HIS340": 'Archives: "Do Not Touch"',
    "PHY101": "Mechanics",
    "PHY102": "Waves and Light",
    "PHY220": "Thermodynamics",
    "PHY350": "Quantum Physics",
}
GROUPED = {"BIO101": "Lab", "BIO102": "Lab", "HIS101": "Seminar"}
GROUPS = ("A", "B", "C")
LINKS = (
    ("HIS340", TERM, "HIS120", "", ""),
    ("PHY102", TERM, "PHY101", "", ""),
    ("BIO330", TERM, "BIO102", "SHORES", "From Ecology of Shores"),
)
"""Everybody in the first course sees the second one too; some are put into a group of their own there."""
MARKS = (71.5, 64, 58, 83)
FIRST = """
Aisha, Ana, Arthur, Beatriz, Bilal, Callum, Chloé, Daniel, Dina, Elif, Emma, Farid, Fiona, Grace,
Hana, Harry, Imani, Isla, Jack, Jonas, Kofi, Lena, Liam, Łukasz, Maja, Mei, Nadia, Noah, Olga,
Oscar, Priya, Ravi, Rosa, Samuel, Sofía, Tariq, Una, Viktor, Wen, Zoë
"""
LAST = """
Abbott, Akande, Bauer, Bell, Carver, Chen, Costa, Dahl, Drummond, Evans, Fisher, Gupta, Haddad,
Holm, Iqbal, Jensen, Kaur, Kovač, Lindqvist, Marsh, Muñoz, Nakata, Novák, Okafor, O'Brien, Pereira,
Quinn, Rossi, Shaw, Singh, Turner, Ueda, Vance, Walsh, Yilmaz, Young, Zając, van der Berg, St. John
"""

Record = dict[str, str | int]


@dataclass
class Exports:
    """What the student information system exports on one day."""

    students: list[Record]
    academics: list[Record]
    assistants: list[Record]
    courses: list[Record]
    enrolments: list[Record]
    groups: list[Record]
    members: list[Record]
    links: list[Record]
    completions: list[Record]
    programs: list[Record]
    certificates: list[Record]
    posts: list[Record]
    marks: list[Record]

    def write(self, folder: Path) -> None:
        """Write all files of the day."""
        folder.mkdir(parents=True, exist_ok=True)
        _csv(folder / "students.csv", self.students, encoding="utf-8-sig", delimiter=";")
        _workbook(folder / "staff.xlsx", {"Academic": self.academics, "Assistants": self.assistants})
        _csv(folder / "courses.csv", self.courses)
        _csv(folder / "enrolments.csv", self.enrolments)
        _csv(folder / "groups.csv", self.groups)
        _csv(folder / "group_members.csv", self.members)
        _csv(folder / "links.csv", self.links)
        _csv(folder / "completions.csv", self.completions)
        _csv(folder / "programs.csv", self.programs)
        _csv(folder / "certificates.csv", self.certificates)
        _csv(folder / "posts.csv", self.posts)
        _csv(folder / "marks.csv", self.marks)


# -- the first day ---------------------------------------------------------------------------------------------


def first_night(dice: random.Random) -> Exports:
    """Everything is new."""
    names = _names(dice)
    academics = [_academic(dice, next(names), list(DEPARTMENTS)[n % 3], n) for n in range(15)]
    numbers = [f"{n:07d}" for n in (*sorted(dice.sample(range(61_000, 99_000), 24)), *range(2_600_101, 2_600_227))]
    students = [_student(dice, number, next(names)) for number in numbers]
    for student in students[24::55]:
        student["Status"] = "LEAVE"
    courses = [_course(code) for code in TITLES]
    enrolments = [*_teaching(academics), *_studying(dice, students)]
    exports = Exports(students, academics, [], courses, enrolments, *([] for _ in range(8)))
    for person, code in zip(students[:3], ("BIO101", "HIS101", "PHY102"), strict=True):
        _make_assistant(exports, person, code)
    for code, kind in GROUPED.items():
        at = {"CODE": code, "TERM": TERM}
        exports.groups += [{**at, "GROUP": group, "NAME": f"{kind} group {group}"} for group in GROUPS]
        exports.members += [
            {**at, "GROUP": GROUPS[n % 3], "PERSON": row["PERSON"]} for n, row in enumerate(_roster(exports, code))
        ]
    _all_else(_sorted(exports))
    return exports


def _all_else(exports: Exports) -> None:
    """Everything besides people and courses. It follows from the rosters, without any randomness."""
    exports.links = [dict(zip(("CODE", "TERM", "SEEN BY", "GROUP", "GROUP NAME"), row, strict=True)) for row in LINKS]
    students = _roster(exports, "HIS120")
    exports.completions = [_completion(row, day) for row, day in zip(students, (9, 9, 13), strict=False)]
    exports.programs = [
        *(_program(row["PERSON"], "LAB-SAFETY", "30/10/2026") for row in _roster(exports, "PHY101")[:6]),
        *(_program(person["Student No"], "INDUCTION", "18/12/2026") for person in exports.assistants),
    ]
    holders = zip(exports.academics, (26, 28, 28, 29), strict=False)
    exports.certificates = [_certificate(person, year) for person, year in holders]
    for at, unit in enumerate(DEPARTMENTS):
        head, *others = exports.academics[at::3]
        exports.posts.append(_post(head, unit, "HEAD", ""))
        exports.posts += [_post(each, unit, "LECTURER", head["Staff ID"]) for each in others]
    exports.marks = [_mark(row, mark) for row, mark in zip(_roster(exports, "BIO101"), MARKS, strict=False)]


def _completion(row: Record, day: int) -> Record:
    return {"PERSON": row["PERSON"], "CODE": row["CODE"], "TERM": TERM, "COMPLETED": f"{day:02}/11/2026 16:00"}


def _program(person: object, program: str, due: str) -> Record:
    return {"PERSON": str(person), "PROGRAM": program, "FROM": "21/09/2026", "DUE": due, "UNTIL": "30/06/2027"}


def _certificate(person: Record, year: int) -> Record:
    passed, until = f"14/09/20{year - 3}", f"13/09/20{year}"
    return {"PERSON": person["Staff ID"], "CERTIFICATE": "FIRST-AID", "PASSED": passed, "VALID UNTIL": until}


def _post(person: Record, unit: str, post: str, reports_to: object) -> Record:
    at = {"PERSON": person["Staff ID"], "UNIT": unit, "POST": post, "FROM": "01/08/2024", "UNTIL": ""}
    return {**at, "REPORTS TO": str(reports_to)}


def _mark(row: Record, mark: float) -> Record:
    return {"PERSON": row["PERSON"], "CODE": row["CODE"], "TERM": TERM, "CATEGORY": 601, "MARK": str(mark)}


def _names(dice: random.Random) -> Iterator[tuple[str, str]]:
    first, last = ([name.strip() for name in names.split(",")] for names in (FIRST, LAST))
    pairs = list(product(first, last))
    dice.shuffle(pairs)
    return iter(pairs)


def _plain(text: str) -> str:
    spread = unicodedata.normalize("NFKD", text.replace("Ł", "L").replace("ł", "l"))
    return re.sub("[^a-z]", "", spread.lower())


def _login(dice: random.Random, first: str, last: str) -> str:
    return f"{_plain(first)[0]}{_plain(last)[0]}{dice.randrange(1000, 9999)}"


def _student(dice: random.Random, number: str, name: tuple[str, str]) -> Record:
    first, last = name
    return {
        "Student No": number,
        "First name": first,
        "Last name": last,
        "Login": _login(dice, first, last),
        "E-mail": f"{_plain(first)}.{_plain(last)}@students.{HOST}",
        "Programme": dice.choice(list(DEPARTMENTS)),
        "Status": "ACTIVE",
    }


def _academic(dice: random.Random, name: tuple[str, str], department: str, n: int) -> Record:
    first, last = name
    return {
        "Staff ID": 40_110 + 7 * n,
        "First name": first,
        "Surname": last,
        "Login": _login(dice, first, last).upper(),
        "E-mail": f"{_plain(first)}.{_plain(last)}@{HOST}",
        "Department": DEPARTMENTS[department][1],
        "Contract": "Current",
    }


def _course(code: str) -> Record:
    faculty, department = DEPARTMENTS[code[:3]]
    return {
        "CODE": code,
        "TERM": TERM,
        "TITLE": TITLES[code],
        "FACULTY": faculty,
        "DEPARTMENT": department,
        "START": "21/09/2026",
    }


def _enrolment(person: object, code: str, role: str) -> Record:
    return {"PERSON": str(person), "CODE": code, "TERM": TERM, "ROLE": role, "STATUS": "ENROLLED"}


def _teaching(academics: Sequence[Record]) -> Iterator[Record]:
    """Four of a department's five teach a course each; the fifth helps with its first two."""
    for at, prefix in enumerate(DEPARTMENTS):
        codes = [code for code in TITLES if code.startswith(prefix)]
        *leading, helping = academics[at::3]
        yield from (_enrolment(person["Staff ID"], code, "T") for person, code in zip(leading, codes, strict=True))
        yield from (_enrolment(helping["Staff ID"], code, "T") for code in codes[:2])


def _studying(dice: random.Random, students: Iterable[Record]) -> Iterator[Record]:
    for student in students:
        own = [code for code in TITLES if code.startswith(str(student["Programme"]))]
        other = [code for code in TITLES if code not in own and code[3] == "1"]
        chosen = [*dice.sample(own, 3), *dice.sample(other, dice.choice((0, 0, 1)))]
        yield from (_enrolment(student["Student No"], code, "S") for code in chosen)


def _make_assistant(exports: Exports, student: Record, code: str) -> None:
    """A student who helps to teach a course is in the staff workbook too, with a different email address."""
    number = student["Student No"]
    exports.assistants.append(
        {
            "Student No": number,
            "First name": student["First name"],
            "Surname": student["Last name"],
            "Login": student["Login"],
            "E-mail": str(student["E-mail"]).replace("@students.", "@assistants."),
        }
    )
    exports.enrolments[:] = [row for row in exports.enrolments if (row["PERSON"], row["CODE"]) != (number, code)]
    exports.enrolments.append(_enrolment(number, code, "A"))


def _roster(exports: Exports, code: str) -> list[Record]:
    return [row for row in exports.enrolments if row["CODE"] == code and row["ROLE"] == "S"]


def _sorted(exports: Exports) -> Exports:
    exports.students.sort(key=lambda row: str(row["Student No"]))
    exports.enrolments.sort(key=lambda row: (str(row["CODE"]), str(row["PERSON"])))
    exports.members.sort(key=lambda row: (str(row["CODE"]), str(row["GROUP"]), str(row["PERSON"])))
    return exports


# -- the next days ---------------------------------------------------------------------------------------------


def second_night(first: Exports, dice: random.Random) -> Exports:
    """A day's work of the registry, with some mistakes."""
    night = deepcopy(first)
    _day(night, dice)
    _slips(night)
    return night


def _day(night: Exports, dice: random.Random) -> None:
    """The intended changes."""
    students = night.students
    for number, name in zip(count(2_600_301), [("Greta", "Holm"), ("Amir", "Bell"), ("Noor", "Quinn")], strict=False):
        joined = _student(dice, str(number), name)
        students.append(joined)
        taken = list(_studying(dice, [joined]))
        night.enrolments += taken
        night.members += [
            {"CODE": row["CODE"], "TERM": TERM, "GROUP": "C", "PERSON": str(number)}
            for row in taken
            if row["CODE"] in GROUPED
        ]
    for code in ("BIO210", "PHY101", "PHY220", "HIS101"):
        _leave(night, str(_roster(night, code)[7]["PERSON"]), code)
    gone = students[40]
    gone["Status"] = "WITHDRAWN"
    for row in night.enrolments:
        if row["PERSON"] == gone["Student No"]:
            row["STATUS"] = "WITHDRAWN"
    night.members[:] = [row for row in night.members if row["PERSON"] != gone["Student No"]]
    students[50]["Last name"] = "Carver-Holm"
    students[60]["E-mail"] = f"{students[60]['Login']}@students.{HOST}"
    students[70]["Login"], students[71]["Login"] = students[71]["Login"], students[70]["Login"]
    _make_assistant(night, students[5], next(c for c in ("BIO330", "HIS340") if not _is_in(night, students[5], c)))
    promoted = next(row for row in night.enrolments if row["ROLE"] == "A" and row["CODE"] == "PHY102")
    promoted["ROLE"] = "T"
    moved = next(row for row in night.members if row["CODE"] == "BIO101" and row["GROUP"] == "A")
    moved["GROUP"] = "B"
    next(row for row in night.courses if row["CODE"] == "BIO330")["TITLE"] = "Ecology of Coasts"
    _sorted(night)
    _day_elsewhere(night)


def _day_elsewhere(night: Exports) -> None:
    """Completions, a program postponed, one left and one begun, a certificate renewed, a promotion, two marks."""
    night.completions += [_completion(row, 20) for row in _roster(night, "HIS120")[3:5]]
    night.programs[0]["DUE"] = "18/12/2026"
    del night.programs[1]
    night.programs.append(_program(night.students[5]["Student No"], "INDUCTION", "18/12/2026"))
    night.certificates[0] = _certificate(night.academics[0], 29)
    next(row for row in night.posts if row["POST"] == "LECTURER")["POST"] = "SENIOR"
    night.marks[0]["MARK"] = "73.5"
    night.marks.append(_mark(_roster(night, "BIO101")[4], 66))


def _is_in(exports: Exports, student: Record, code: str) -> bool:
    return any((row["PERSON"], row["CODE"]) == (student["Student No"], code) for row in exports.enrolments)


def _leave(night: Exports, person: str, code: str) -> None:
    for rows in (night.enrolments, night.members):
        rows[:] = [row for row in rows if (row["PERSON"], row["CODE"]) != (person, code)]


def _slips(night: Exports) -> None:
    """The mistakes: a lecturer's row is missing, an address is broken, a record is there twice, a course is unknown."""
    lecturer = next(row for row in night.enrolments if row["CODE"] == "HIS210" and row["ROLE"] == "T")
    night.enrolments.remove(lecturer)
    broken = night.students[80]
    broken["E-mail"] = str(broken["E-mail"]).replace("@", " at ")
    twice = night.students[90]
    night.students.insert(91, {**twice, "Last name": f"{twice['Last name']}-Marsh"})
    night.enrolments.append(_enrolment(night.students[30]["Student No"], "CHE101", "S"))


def third_night(first: Exports, dice: random.Random) -> Exports:
    """The mistakes are fixed, but the disk was full before all enrolments were written."""
    night = deepcopy(first)
    _day(night, dice)
    night.students[100]["Last name"] = "Lindqvist"
    del night.enrolments[int(len(night.enrolments) * SHORT) :]
    return night


# -- files -----------------------------------------------------------------------------------------------------


def _csv(path: Path, records: Sequence[Record], encoding: str = "utf-8", delimiter: str = ",") -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(records[0]), delimiter=delimiter, lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)


def _workbook(path: Path, tabs: dict[str, list[Record]]) -> None:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, records in tabs.items():
        tab = book.create_sheet(name)
        for row in (list(records[0]), *(list(record.values()) for record in records)):
            tab.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    _without_times(buffer, path)


def _without_times(book: io.BytesIO, path: Path) -> None:
    """The same workbook with a fixed time of saving, so that the bytes are the same every time."""
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2026-09-01T00:00:00Z", old.read(name))
            new.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)


def make(folder: Path) -> None:
    """Write the exports of all three days, each into a folder of its own."""
    first = first_night(random.Random(1926))
    first.write(folder / "night-1")
    second_night(first, random.Random(2)).write(folder / "night-2")
    third_night(first, random.Random(2)).write(folder / "night-3")


if __name__ == "__main__":
    make(Path(__file__).parent)
