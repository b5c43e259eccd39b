// Course by course, person by person: an overview with counts, of which each line opens.

const GROUPS = 200; // groups shown at once, and added by "more"
let groups = [];

// `by.course` is a column with identifiers of courses.
const subject = (column) => column.slice("by.".length);
function namedSubject(column, key) {
  const names = data.names[subject(column)] ?? {};
  return Object.hasOwn(names, key) ? names[key] : "";
}

function grouping(column) {
  const { of, at } = data[column];
  const rows = new Map();
  for (const i of found) {
    if (!rows.has(at[i])) rows.set(at[i], []);
    rows.get(at[i]).push(i);
  }
  const all = [...rows].map(([place, own]) => {
    const key = of[place] ?? "";
    return { key, called: namedSubject(column, key), rows: own, ...tally(own) };
  });
  const order = new Map(all.map((group) => [group, collated(`${group.called} ${group.key}`)]));
  const compare = (a, b) => (order.get(a) < order.get(b) ? -1 : 1);
  // What is in no course, or about nobody, comes last.
  return all.sort((a, b) => !a.key - !b.key || compare(a, b));
}

function tally(rows) {
  const ops = Object.fromEntries(Object.keys(data.says.ops).map((op) => [op, 0]));
  const people = new Set();
  let held = 0;
  for (const i of rows) {
    ops[coded("op", i)] += 1;
    if (coded("status", i) === "held") held += 1;
    if (data["by.user"]?.at[i] >= 0) people.add(data["by.user"].at[i]);
  }
  return { ops, held, people: people.size };
}

const without = (column) => (subject(column) === "user" ? "Not about a particular person" : `Not in a ${subject(column)}`);
const title = (group) => group.called || group.key || without(wanted.view);

function pill(kind, text) {
  return Object.assign(document.createElement("span"), { className: `pill ${kind}`, textContent: text });
}

// `+12` would be read aloud as a number alone: each has its word.
function pills({ ops, held, people }) {
  const all = Object.entries(ops).filter(([, n]) => n).map(([op, n]) => pill(op, `${number(n)} ${data.says.ops[op]}`));
  if (held) all.push(pill("held", `${number(held)} on hold`));
  if (people && wanted.view !== "by.user") all.push(pill("", counted(people, "person", "people")));
  return all;
}

function groupElement(group) {
  const element = find("group").content.cloneNode(true).firstElementChild;
  fill(element, ".name bdi", title(group));
  fill(element, ".id bdi", group.called && group.key !== group.called ? group.key : "");
  element.querySelector(".tally").append(...pills(group));
  element.addEventListener("toggle", () => open(element, group), { once: true });
  return element;
}

// The changes of a group are laid out when it is first opened.
function open(element, { key, rows }) {
  const inside = find("within").content.cloneNode(true);
  const [link, body, button] = ["a", "tbody", "button"].map((tag) => inside.querySelector(tag));
  const view = wanted.view;
  let laid = 0;
  const lay = () => {
    body.append(...rows.slice(laid, laid + PAGE).map(line));
    laid += PAGE;
    button.hidden = laid >= rows.length;
  };
  inside.querySelector("table").setAttribute("aria-label", `Changes: ${element.querySelector(".name").textContent}`);
  if (key) lead(link, { ...wanted, view: "", [view]: key });
  else link.remove();
  button.addEventListener("click", lay);
  lay();
  element.append(inside);
}

function showGroups() {
  groups = grouping(wanted.view);
  moreGroups();
}

function moreGroups() {
  const next = groups.slice(shown, shown + GROUPS);
  find("groups").append(...next.map(groupElement));
  shown += next.length;
  const [one, many] = subject(wanted.view) === "user" ? ["person", "people"] : [subject(wanted.view), `${subject(wanted.view)}s`];
  const keyed = groups.filter(({ key }) => key).length;
  find("count").textContent = `${among()}, ${counted(keyed, one, many)}`;
  offerMore(Math.min(groups.length - shown, GROUPS), ` ${many}`);
  if (groups.length === 1) find("groups").firstElementChild.open = true;
}
