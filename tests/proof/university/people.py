"""The people of a fictional university. Nobody here exists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

DOMAIN = "northmoor.example"
SCHOOLS = ("Arts", "Business", "Science", "Society")

FIRST = (
    "Ada", "Amir", "Anna", "Ben", "Björn", "Carla", "Chen", "Dana", "David", "Elif", "Emma", "Farid", "Grace", "Hanna",
    "Ian", "Inês", "Ivan", "Jonas", "Kofi", "Laila", "Leo", "Mary Ann", "Maya", "Nadia", "Noah", "Olga", "Omar",
    "Priya", "Quinn", "Rosa", "Samir", "Sara", "Tomas", "Uma", "Victor", "Wei", "Yusuf", "Zoë",
)  # fmt: skip
LAST = (
    "Adams", "Ahmed", "Baker", "Bauer", "Carver", "Clarke", "Costa", "Diaz", "Dubois", "Evans", "Fischer", "Garcia",
    "Green", "Hall", "Hughes", "Ivanova", "Jensen", "Jones", "Kaur", "Kelly", "Kim", "Kowalski", "Lee", "Lopez",
    "Martin", "Meyer", "Müller", "Nguyen", "Novak", "O'Brien", "Okafor", "Olsen", "Patel", "Quist", "Rossi", "Sato",
    "Silva", "Singh", "Smith", "Østby", "Tanaka", "Turner", "Usman", "Vogel", "Walker", "Weiss", "Young", "Zhang",
)  # fmt: skip


@dataclass(frozen=True)
class Student:
    """STATUS: `A` active, `L` on leave, `W` withdrawn."""

    id: str
    netid: str
    first: str
    last: str
    email: str
    school: str
    status: str = "A"


@dataclass(frozen=True)
class Employee:
    id: str
    netid: str
    first: str
    last: str
    email: str
    school: str


def _named(serial: int, random: Random) -> tuple[str, str, str, str]:
    """Login, names and address of somebody new; the serial number makes the login unique for ever."""
    first, last = random.choice(FIRST), random.choice(LAST)
    netid = f"{random.choice('abcdefghjkmnprstuvwxyz')}{random.choice('aeiou')}{serial:04d}"
    return netid, first, last, f"{netid}@{DOMAIN}"


def student_number(serial: int) -> str:
    """A number of seven digits, of which no two are near each other; many begin with zeros."""
    return f"{serial * 7919 % 10_000_000:07d}"


def students(serials: range, random: Random) -> Iterator[Student]:
    for serial in serials:
        yield Student(student_number(serial), *_named(serial, random), random.choice(SCHOOLS))


def employees(serials: range, random: Random) -> Iterator[Employee]:
    for serial in serials:
        yield Employee(f"T{serial * 389 % 100_000:05d}", *_named(serial, random), random.choice(SCHOOLS))
