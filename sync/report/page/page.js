// Filter, sort and search in what the page brings along. Nothing is loaded, sent or stored.
"use strict";

const PAGE = 1000; // changes shown at once, and added by "more"
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
  row.querySelector(".what").prepend(...pairs(i).map((pair) => pairElement(i, pair)));
  return row;
}

// -- which changes, in which order ------------------------------------------------------------------------------

const CODED = Object.keys(data).filter((column) => data[column].at);
const wanted = { search: "", sort: "", down: false };
let found = [];
let shown = 0;

// Without regard to case, marks and letters that many keyboards lack: Şahin is found by sahin, Nguyễn by nguyen.
const LETTERS = { ı: "i", ø: "o", đ: "d", ð: "d", ł: "l", ħ: "h", ß: "ss", æ: "ae", œ: "oe", þ: "th", "ʻ": "'", "’": "'" };
const ODD = new RegExp(`[${Object.keys(LETTERS).join("")}]`, "g");
const folded = (text) =>
  text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replace(ODD, (letter) => LETTERS[letter]);

let texts; // what a search looks through; made when first asked for
function matching(search) {
  texts ??= data.n.map((_, i) =>
    [kind(i), name(i), id(i), labelled(i), codes(i), origin(i), coded("error", i)].join(" ")).map(folded);
  const parts = folded(search).split(/\s+/).filter(Boolean);
  return (i) => parts.every((part) => texts[i].includes(part));
}

const SORTS = {
  op: (i) => `${coded("op", i)} ${kind(i)}`,
  who: (i) => `${name(i)} ${id(i)}`,
  what: labelled,
  why,
  origin: (i) => `${coded("file", i)} ${coded("tab", i)} ${data.row[i]}`,
  status: (i) => coded("status", i),
};

// With numbers by their size, as texts that compare quickly.
const collated = (text) =>
  folded(text).replace(/\d+/g, (digits) => digits.padStart(12, "0"));

const places = {}; // by what is sorted: each change's place; worked out when first asked for
function placed(sort) {
  const keys = data.n.map((_, i) => collated(SORTS[sort](i)));
  const rank = new Map([...new Set(keys)].sort().map((key, at) => [key, at]));
  return keys.map((key) => rank.get(key));
}

function sorted(rows) {
  if (!wanted.sort) return rows;
  const place = (places[wanted.sort] ??= placed(wanted.sort));
  const sign = wanted.down ? -1 : 1;
  return rows.sort((a, b) => sign * (place[a] - place[b]) || a - b);
}

function select() {
  const tests = CODED.filter((column) => wanted[column]).map((column) => {
    const { of, at } = data[column];
    const place = of.indexOf(wanted[column]);
    return (i) => at[i] === place;
  });
  if (wanted.search.trim()) tests.push(matching(wanted.search));
  found = sorted([...data.n.keys()].filter((i) => tests.every((test) => test(i))));
  shown = 0;
  find("lines").replaceChildren();
  more();
}

function more() {
  const next = found.slice(shown, shown + PAGE);
  find("lines").append(...next.map(line));
  shown += next.length;
  const left = found.length - shown;
  find("count").textContent = left ? `${among()}, the first ${number(shown)} shown` : among();
  find("more").hidden = !left;
  find("more").textContent = `Show ${number(Math.min(left, PAGE))} more`;
}

const number = (n) => n.toLocaleString("en");
const counted = (n, one, many) => `${number(n)} ${n === 1 ? one : many}`;

// How many were found; what is not on this page was not looked at, and that is said.
function among() {
  const [here, { total, says: { nouns } }] = [data.n.length, data];
  if (here === total) return found.length === here ? counted(here, ...nouns) : `${number(found.length)} found among ${number(here)}`;
  const beyond = `${counted(total - here, "more is", "more are")} only in the workbook`;
  if (found.length === here) return `${counted(here, ...nouns)} on this page; ${beyond}`;
  return `${number(found.length)} found among the ${number(here)} on this page; ${beyond}, which was not searched`;
}

// -- what the reader does ---------------------------------------------------------------------------------------

function option(value, text) {
  return Object.assign(document.createElement("option"), { value, textContent: text });
}

function filters(form) {
  const says = {
    op: (op) => data.says.ops[op],
    resource: (resource) => data.resources[resource].one,
    cause: (cause) => data.says.causes[cause] ?? cause,
    status: (status) => data.says.statuses[status],
  };
  for (const { name } of form.querySelectorAll("select")) {
    const say = says[name] ?? safe;
    form[name].append(...data[name].of.map((value) => option(value, say(value))));
  }
  let waiting; // for the end of a word
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(() => read(form), 120); };
  for (const event of ["input", "change"]) form.addEventListener(event, soon);
  form.addEventListener("submit", (event) => { event.preventDefault(); read(form); });
  form.addEventListener("reset", () => setTimeout(() => only({})));
  find("only").addEventListener("click", () => only({}));
  form.hidden = false;
}

function read(form) {
  for (const { name, value } of form.querySelectorAll("input, select")) wanted[name] = value;
  select();
}

// A link that leads to some changes: only these are shown, whatever was chosen before.
function only(chosen) {
  const form = find("filters");
  form.search.value = "";
  for (const column of CODED) {
    wanted[column] = chosen[column] ?? "";
    if (form[column]) form[column].value = wanted[column];
  }
  const narrow = chosen.hold ?? (chosen.slice && Object.values(JSON.parse(chosen.slice)).join(" / "));
  find("only").hidden = !narrow;
  find("only").textContent = narrow ? `Only ${safe(narrow)} ✕` : "";
  read(form);
}

function links() {
  for (const link of document.querySelectorAll('a[href="#changes"]')) {
    if (Object.keys(link.dataset).length) link.addEventListener("click", () => only({ ...link.dataset }));
  }
}

function headers() {
  const all = [...document.querySelectorAll("[data-sort]")];
  for (const header of all) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = header.textContent.trim();
    header.replaceChildren(button);
    header.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const { sort } = header.dataset;
      wanted.down = wanted.sort === sort && !wanted.down;
      wanted.sort = sort;
      for (const other of all) other.setAttribute("aria-sort", "none");
      header.setAttribute("aria-sort", wanted.down ? "descending" : "ascending");
      select();
    });
  }
}

function theme() {
  const [root, button] = [document.documentElement, find("theme")];
  const prefers = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : prefers.matches);
  const say = () => { button.textContent = dark() ? "Light" : "Dark"; };
  button.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; say(); });
  prefers.addEventListener("change", say);
  say();
  button.hidden = false;
}

function copying() {
  if (!navigator.clipboard) return;
  for (const command of document.querySelectorAll(".command")) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Copy" });
    button.setAttribute("aria-label", `Copy the command ${command.textContent.trim()}`);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(command.querySelector("code").textContent.trim());
      button.textContent = "Copied";
    });
    command.append(button);
  }
}

theme();
copying();
if (find("filters")) {
  headers();
  filters(find("filters"));
  links();
  select();
  find("more").addEventListener("click", more);
}
let unfolded = []; // for paper
addEventListener("beforeprint", () => {
  unfolded = [...document.querySelectorAll("details:not([open])")];
  for (const details of unfolded) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of unfolded) details.open = false;
});
