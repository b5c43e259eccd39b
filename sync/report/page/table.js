// Which changes are shown, and in which order: one by one in a table, or in groups.

const PAGE = 1000; // changes shown at once, and added by "more"
const CODED = Object.keys(data).filter((column) => data[column].at);
const wanted = { search: "", sort: "", down: false, view: "" };
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
    return (i) => place >= 0 && at[i] === place;
  });
  if (wanted.search.trim()) tests.push(matching(wanted.search));
  found = sorted([...data.n.keys()].filter((i) => tests.every((test) => test(i))));
  show();
}

function show() {
  shown = 0;
  find("lines").replaceChildren();
  find("groups").replaceChildren();
  find("list").hidden = Boolean(wanted.view);
  find("download").disabled = !found.length;
  if (wanted.view) showGroups();
  else more();
}

function more() {
  if (wanted.view) return moreGroups();
  const next = found.slice(shown, shown + PAGE);
  find("lines").append(...next.map(line));
  shown += next.length;
  const left = found.length - shown;
  find("count").textContent = left ? `${among()}, the first ${number(shown)} shown` : among();
  offerMore(Math.min(left, PAGE), "");
}

function offerMore(count, nouns) {
  find("more").hidden = !count;
  find("more").textContent = `Show ${number(count)} more${nouns}`;
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
