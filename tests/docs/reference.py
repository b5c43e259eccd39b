"""The tables of keys and options in the docs, made from what the program itself checks.

python -m tests.docs.reference     updates them
"""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from importlib.resources import files as resources_of
from string import Formatter
from typing import Any

import click

from sync.cli import COMMANDS, program
from sync.cli.options import common
from sync.config.schemas import mapping_schema, site_schema
from sync.config.shipped import collections
from sync.model import Resource
from sync.model.issue_texts import SENTENCES, issue_text
from sync.model.resources import CATALOGUE, PULLS
from sync.site import ENDPOINTS, CallFailed, Client
from sync.workflows.pull import columns_of

from .coverage import coverage
from .exports import exports
from .pages import ROOT

Rows = list[tuple[str, ...]]


def keys(schema: Mapping[str, Any], elsewhere: Collection[str] = ()) -> Rows:
    """Every key of a file, with the keys above it, its meaning and its default; parts listed `elsewhere` only once."""
    listed = {id(schema["$defs"][name]) for name in {*elsewhere} & schema["$defs"].keys()}
    return [("Key", "Meaning", "Default"), *_keys(schema, schema, "", listed)]


def _keys(whole: Mapping[str, Any], part: Mapping[str, Any], above: str, listed: set[int]) -> Iterator[tuple[str, ...]]:
    """The keys of a part of a file. A part that can appear in several places is `listed` in the first of them."""
    required = part.get("required", part.get("else", {}).get("required", ()))
    for name, says in part.get("properties", {}).items():
        path = f"{above}{name}"
        below = _below(whole, says)
        needed = name in required
        meaning = says.get("description") or below[0][1]["description"]
        yield f"`{path}`", meaning, _default(says, needed=needed, nested=bool(below))
        for where, model in below:
            if id(model) not in listed:
                listed.add(id(model))
                yield from _keys(whole, model, f"{path}: {where}", listed)


def _below(whole: Mapping[str, Any], says: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """The models that describe the value of a key, each with what comes in between: the name a user gives."""
    found = []
    for choice in (says, *says.get("anyOf", ()), *says.get("oneOf", ()), says.get("items", {})):
        if "properties" in choice:
            found.append(("", choice))
        if "$ref" in choice:
            found.append(("", whole["$defs"][choice["$ref"].rpartition("/")[2]]))
        named = choice.get("additionalProperties")
        if isinstance(named, dict):
            found += [(f"NAME: {where}", model) for where, model in _below(whole, named)]
    return found


def _default(says: Mapping[str, Any], *, needed: bool, nested: bool) -> str:
    value = says.get("default")
    if needed:
        return "required"
    if isinstance(value, bool):
        return f"`{value}`".lower()
    if (nested and not isinstance(value, str)) or value is None or value in ("", [], {}):
        return ""
    return f"`{', '.join(map(str, value))}`" if isinstance(value, list | tuple) else f"`{value}`"


def fields() -> Rows:
    """Every field of every resource."""
    rows: Rows = [("Resource", "Field", "Kind", "Required", "Unique on the site", "Max. length", "Read back", "Sent")]
    for resource in CATALOGUE.values():
        for field in resource.fields:
            key = " (key)" if field.name in resource.key else ""
            longest = str(field.max_len or "")
            needed = "yes" if field.required else ""
            unique = "yes" if field.unique else ""
            read = "yes" if field.name in _read_back(resource) else ""
            sent = {"state": "", "event": "on change", "with": "always"}[field.send]
            rows.append((f"`{resource.name}`", f"`{field.name}`{key}", field.kind, needed, unique, longest, read, sent))
    return rows


def _read_back(resource: Resource) -> set[str]:
    """The fields that answers contain: of what is read, they contain at least the key."""
    return {name for read in resource.reads for name in (*resource.key, *read.take)}


def resources() -> Rows:
    """Every resource, and what is special about it."""
    rows: Rows = [("Resource", "In reports", "Read back", "Changed", "Removed", "Removed with it", "Needs")]
    for resource in CATALOGUE.values():
        along = ", ".join(dict.fromkeys(CATALOGUE[takes.resource].title for takes in resource.takes))
        leave = ["Workplace"] * resource.optional + [f"`allow: {resource.name}`"] * resource.opt_in
        changed = "yes" if resource.updatable and resource.state else "no" if resource.state else ""
        removed = "yes" if resource.delete else "no"
        back = _how_much(resource)
        rows.append((f"`{resource.name}`", resource.title, back, changed, removed, along, ", ".join(leave)))
    return rows


def _how_much(resource: Resource) -> str:
    """How much of a resource is read back."""
    compared = {field.name for field in resource.fields if field.send == "state"}
    shown = compared & _read_back(resource)
    if not shown:
        return "no"
    if shown == compared:
        return "yes"
    return "in part" if shown - {*resource.key} else "existence only"


def shipped_mappings() -> Rows:
    """Every collection of shipped mappings."""
    rows: Rows = [("Collection", "For", "Files")]
    for name, collection in collections().items():
        files = ", ".join(f"`{file.name}`" for file in collection.files)
        rows.append((f"`{name}`", collection.title, files))
    return rows


def commands() -> Rows:
    """Every command."""
    context = click.Context(program)
    rows: Rows = [("Command", "What it does")]
    for name, command in _commands(context):
        words = " ".join(piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]")
        says = " ".join((command.help or "").split("\n\n")[0].split())
        rows.append((f"`nexsis-sync {name} {words}`".replace(" `", "`").replace("|", "\\|"), says))
    return rows


def options() -> Rows:
    """Every option of a single command."""
    context, shared = click.Context(program), {option.name for option in _common()}
    rows: Rows = [("Command", "Option", "Meaning")]
    for name, command in _commands(context):
        for option in command.params:
            if isinstance(option, click.Option) and option.name not in shared:
                rows.append((f"`{name}`", *_option(option, context)))
    return rows


def common_options() -> Rows:
    """The options of all commands."""
    context = click.Context(program)
    return [("Option", "Meaning"), *(_option(option, context) for option in _common())]


def _commands(context: click.Context) -> list[tuple[str, click.Command]]:
    assert isinstance(program, click.Group)
    found = [(name, command) for name in COMMANDS if (command := program.get_command(context, name))]
    return [each for name, command in found for each in _within(name, command)]


def _within(name: str, command: click.Command) -> list[tuple[str, click.Command]]:
    """A command; of a group, those in it."""
    if not isinstance(command, click.Group):
        return [(name, command)]
    return [(f"{name} {each}", inner) for each, inner in command.commands.items()]


def _common() -> list[click.Option]:
    return [each for each in click.command()(common(lambda: None)).params if isinstance(each, click.Option)]


def _option(option: click.Option, context: click.Context) -> tuple[str, str]:
    shown, says = option.get_help_record(context) or ("", "")
    return f"`{shown}`".replace("|", "\\|"), says


def endpoints() -> Rows:
    """Every method of the client, with its call."""
    rows: Rows = [("Method", "Call", "Reference")]
    for name, endpoint in ENDPOINTS.items():
        takes = inspect.signature(getattr(Client, name)).parameters.values()
        given = [each.name for each in takes if each.kind is each.POSITIONAL_OR_KEYWORD][1:]
        named = [f"{each.name}=" for each in takes if each.kind is each.KEYWORD_ONLY]
        words = ", ".join([*given, *named])
        rows.append((f"`{name}({words})`", f"`{endpoint.method} {endpoint.path}`", endpoint.heading))
    return rows


def covered() -> Rows:
    """Every endpoint of the API reference, and what implements it."""
    rows: Rows = [("Endpoint", "Section", "Client", "Resources", "Sandbox", "Tests")]
    for each in coverage():
        call = f"`{each.endpoint.method} /{each.endpoint.path.strip('/')}`"
        used, routes = (
            ", ".join(f"`{one}`" for one in some) for some in (each.resources, [r.path for r in each.routes])
        )
        rows.append((call, each.endpoint.heading, f"`{each.method}`", used, routes, ", ".join(each.tests)))
    return rows


def pulls() -> Rows:
    """Every way in which something can be exported."""
    rows: Rows = [("Resource", "Read by", "Default: all known", "Filters", "Columns")]
    for name, ways in PULLS.items():
        for pull in ways:
            known = CATALOGUE[pull.of].title if pull.of else ""
            chosen = [f"`{filter}`" for filter in pull.filters] + ["`--since`"] * bool(pull.since)
            words = [f"`{column}`" for column in columns_of(pull)]
            by = ", ".join(f"`{each}`" for each in pull.by)
            rows.append((f"`{name}`", by, known, ", ".join(chosen), ", ".join(words)))
    return rows


def failures() -> Rows:
    """Every way in which a call of the client can fail."""
    return [("Raised", "Meaning"), *((f"`{kind.__name__}`", inspect.getdoc(kind) or "") for kind in _kinds(CallFailed))]


def _kinds(kind: type[CallFailed]) -> Iterator[type[CallFailed]]:
    for below in kind.__subclasses__():
        yield below
        yield from _kinds(below)


COUNTED = {"one", "several", "more", "cell", "cells"}
"""Variants that say the same of a different number of things."""


def issues() -> Rows:
    """Every issue, in all the ways in which it can be worded."""
    rows: Rows = [("Issue", "What is wrong", "What to do", "Where to fix it")]
    for code, entry in _texts("sync.model", "issue_texts.toml").items():
        if code != SENTENCES:
            ways = ["", *(name for name, each in entry.items() if isinstance(each, dict) and name not in COUNTED)]
            texts = [text for text in (issue_text(code, way) for way in ways) if text.wrong]
            heading, wrong = f"{texts[0].title} (`{code}`)", ""
            for text in texts:
                said = _spoken(text.wrong) if text.wrong != wrong else ""
                rows.append((heading, said, _spoken(text.fix or "No action is needed."), text.job))
                heading, wrong = "", text.wrong
    return rows


def holds() -> Rows:
    """Everything a guard may say, and what to check then."""
    rows: Rows = [("Guard", "What would happen", "What to check")]
    for guard, own in _texts("sync.plan", "hold_texts.toml").items():
        says = [each for each in (own, *own.values()) if isinstance(each, dict) and "says" in each]
        for at, text in enumerate(says):
            check = text.get("check", own["check"])
            rows.append((f"`{guard}`" * (not at), _spoken(text["says"]), _spoken(check)))
    return rows


def _texts(package: str, file: str) -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(resources_of(package).joinpath(file).read_text("utf-8"))


def _spoken(template: str) -> str:
    """A text with the names of what is filled in, in capitals."""
    pieces = [(text, f"{name or ''}".replace("_", " ").upper()) for text, name, _, _ in Formatter().parse(template)]
    return "".join(text + name for text, name in pieces).replace("|", "\\|")


def oddities() -> Rows:
    """What the sandbox imitates, and the options by which sites that differ can be chosen."""
    notes = tomllib.loads((ROOT / "tests" / "sandbox" / "notes.toml").read_text("utf-8"))
    rows: Rows = [("About", "What Moodle does", "Option")]
    for about, facts in notes.items():
        rows += [(about, fact["says"], f"`{fact['option']}`" if "option" in fact else "") for fact in facts]
    return rows


TABLES: Mapping[str, Callable[[], Rows]] = {
    "shipped-mappings": shipped_mappings,
    "mapping-keys": lambda: keys(mapping_schema()),
    "site-keys": lambda: keys(site_schema(), mapping_schema()["$defs"]),
    "fields": fields,
    "resources": resources,
    "covered": covered,
    "commands": commands,
    "options": options,
    "common-options": common_options,
    "pulls": pulls,
    "endpoints": endpoints,
    "failures": failures,
    "oddities": oddities,
    "issues": issues,
    "exports": exports,
    "holds": holds,
}


def table(rows: Rows) -> str:
    """Rows as a table in Markdown; the first is the header."""
    head, *rest = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, f"|{'---|' * len(rows[0])}", *rest])


def renewed(text: str) -> str:
    """A page with its tables up to date."""
    place = r"(<!-- table: ([\w-]+) -->\n).*?(<!-- end -->)"
    return re.sub(place, lambda found: f"{found[1]}{table(TABLES[found[2]]())}\n{found[3]}", text, flags=re.DOTALL)


if __name__ == "__main__":
    for page in (ROOT / "docs").rglob("*.md"):
        page.write_text(renewed(page.read_text("utf-8")), "utf-8")
