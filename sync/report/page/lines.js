// What a change says, and its row in a table. All of it comes with the page: nothing is loaded, sent or stored.
"use strict";

const SEPARATOR = "\u001f"; // joins the parts of a key
const LONGEST = 500; // characters of one value
const data = JSON.parse(document.getElementById("data").textContent);
const find = (id) => document.getElementById(id);

// -- what a change says; lines.py says the same of the first ones ------------------------------------------------

const coded = (column, i) => data[column]?.of[data[column].at[i]] ?? "";

// Whatever cannot be seen or could turn the order of reading is written as an escape.
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;
const SHORT = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };
function escaped(character) {
  const code = character.codePointAt(0);
  const [mark, digits] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
  return SHORT[character] ?? "\\" + mark + code.toString(16).padStart(digits, "0");
}
function safe(text) {
  const characters = text.length > LONGEST ? [...text] : text;
  const cut = characters.length > LONGEST ? characters.slice(0, LONGEST).join("") + "..." : text;
  return cut.replace(UNSEEN, escaped);
}

function name(i) {
  const { leads } = data.resources[coded("resource", i)];
  const key = data.key[i];
  const called = leads.map(([other, parts]) => data.names[other]?.[parts.map((part) => key[part]).join(SEPARATOR)]);
  return called.filter(Boolean).join(" · ");
}
const id = (i) => Object.values(data.key[i]).join(" / ");

function pairs(i) {
  const [before, after] = [data.before[i] ?? {}, data.after[i] ?? {}];
  const { compared } = data.resources[coded("resource", i)];
  const differs = (field) => compared.includes(field) && before[field] !== after[field];
  const sides = data.says.sides[coded("op", i)]?.map((side) => ({ before, after })[side]);
  const filled = (field) => sides.some((side) => side[field]);
  const fields = sides ? Object.keys(Object.assign({}, ...sides)).filter(filled) : Object.keys(after).filter(differs);
  return fields.map((field) => [field, before[field], after[field]]);
}

function origin(i) {
  const [file, tab, row] = [coded("file", i), coded("tab", i), data.row[i]];
  return file && file + (tab && `, tab ${tab}`) + (row < 0 ? "" : `, row ${row}`);
}
const why = (i) => data.says.causes[coded("cause", i)] ?? coded("cause", i);
const kind = (i) => data.resources[coded("resource", i)].one;
// Moodle's own labels; the codes of programs are found by a search as well.
const label = (i, field) => data.resources[coded("resource", i)].labels[field] ?? field;
function shownValue(i, field, value) {
  const { values, instants } = data.resources[coded("resource", i)];
  return instants.includes(field) ? dayAndTime(value) : values[field]?.[value] ?? value;
}
// An instant without its offset, at midnight without the time.
const INSTANT = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)[+-]\d\d:\d\d$/;
function dayAndTime(value) {
  const [, day, minutes, seconds] = INSTANT.exec(value) ?? [];
  if (!day) return value;
  const time = seconds === ":00" ? minutes : minutes + seconds;
  return time === "00:00" ? day : `${day} ${time}`;
}
const labelled = (i) => pairs(i)
  .map(([field, ...values]) => [label(i, field), ...values.map((value) => shownValue(i, field, value))].join(" "))
  .join(" ");
const codes = (i) => pairs(i).map(([field, ...values]) => `${field} ${values.join(" ")}`).join(" ");

// -- one row of the table ---------------------------------------------------------------------------------------

function fill(row, where, text) {
  row.querySelector(where).textContent = safe(text);
}

function pairElement(i, [field, before, after]) {
  const pair = find("pair").content.cloneNode(true);
  Object.assign(pair.querySelector(".field"), { textContent: label(i, field), title: field });
  for (const [tag, value] of [["del", before], ["ins", after]]) {
    const element = pair.querySelector(tag);
    if (value === undefined) element.remove();
    else if (value === "") element.textContent = "empty";
    else fill(element, "bdi", shownValue(i, field, value));
    if (value !== undefined && shownValue(i, field, value) !== value) element.title = value;
  }
  if (before === undefined || after === undefined) pair.querySelector(".arrow").remove();
  return pair;
}

function badge(row, kind, value, text) {
  const element = row.querySelector(`.${kind}`);
  if (!element) return;
  element.className = `${kind} ${value}`;
  element.textContent = text;
}

function line(i) {
  const row = find("line").content.cloneNode(true);
  const [op, status] = [coded("op", i), coded("status", i)];
  badge(row, "pill", op, data.says.ops[op]);
  badge(row, "tag", status, data.says.statuses[status]);
  fill(row, ".kind", kind(i));
  fill(row, ".name bdi", name(i));
  fill(row, ".id bdi", id(i));
  fill(row, ".why bdi", why(i));
  fill(row, ".origin bdi", origin(i));
  fill(row, ".error bdi", coded("error", i));
  row.querySelector(".since").textContent = coded("since", i) === "new" ? "new" : "";
  row.querySelector(".what").prepend(...pairs(i).map((pair) => pairElement(i, pair)));
  return row;
}
