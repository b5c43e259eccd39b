// Lists as CSV files for spreadsheets, made of what the page brings along.

// Beginnings that a spreadsheet takes for a formula, and numbers, which are harmless; sync/sheets/output.py has the same.
const RUNS = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const NUMBER = /^[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?$/;

function cell(value) {
  const text = String(value);
  const harmless = RUNS.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}

// A spreadsheet takes a text file for UTF-8 only if it begins with a byte order mark.
const csv = (rows) => "\ufeff" + rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";

function save(what, rows) {
  const address = URL.createObjectURL(new Blob([csv(rows)], { type: "text/csv;charset=utf-8" }));
  const file = `${find("main").dataset.file}-${what}.csv`;
  Object.assign(document.createElement("a"), { href: address, download: file }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

const fieldText = (i) => ([field, before, after]) => {
  const [was, is] = [before, after].map((value) => value && shownValue(i, field, value));
  const both = before !== undefined && after !== undefined;
  return `${label(i, field)}: ${both ? `${was || "empty"} → ${is || "empty"}` : was ?? is}`;
};

const capital = (text) => text[0].toUpperCase() + text.slice(1);

// The columns of a list of changes: the header of each, and what it says of a change.
function columns() {
  const also = CODED.filter((column) => /^(by|in)\./.test(column));
  return [
    ["No.", (i) => data.n[i]],
    ["Action", (i) => data.says.ops[coded("op", i)]],
    ["Status", (i) => data.says.statuses[coded("status", i)] ?? ""],
    ["Kind", kind],
    ["Identifier", id],
    ["Name", name],
    ["What changes", (i) => pairs(i).map(fieldText(i)).join("; ")],
    ...also.map((column) => [capital(column.slice(3)), (i) => coded(column, i)]),
    ["Why", why],
    ["File", (i) => coded("file", i)],
    ["Tab", (i) => coded("tab", i)],
    ["Row", (i) => (data.row[i] < 0 ? "" : data.row[i])],
    ["Hold", (i) => coded("hold", i)],
    ["What went wrong", (i) => coded("error", i)],
    ...(data.since ? [["Since the last preview", (i) => coded("since", i)]] : []),
  ];
}

function downloadChanges() {
  const all = columns();
  const rows = wanted.view ? groups.flatMap((group) => group.rows) : found;
  save("changes", [all.map(([header]) => header), ...rows.map((i) => all.map(([, say]) => say(i)))]);
}

function downloadGroups() {
  const ops = Object.entries(data.says.ops);
  const header = ["Identifier", "Name", ...ops.map(([, text]) => capital(text)), "Of which on hold", "People"];
  const rows = groups.map((group) =>
    [group.key, group.called || (group.key ? "" : title(group)), ...ops.map(([op]) => group.ops[op]), group.held, group.people]);
  save(subject(wanted.view) === "user" ? "people" : `${subject(wanted.view)}s`, [header, ...rows]);
}

function downloads() {
  const problems = find("download-problems");
  if (!problems) return;
  problems.hidden = false;
  problems.addEventListener("click", () => save("problems", data.problems));
}
