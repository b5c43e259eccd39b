// What the reader does: choose, search, sort, copy, print.

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
  for (const { name } of form.querySelectorAll("select[data-filter]")) {
    const say = says[name] ?? safe;
    const values = name in says ? data[name].of : inOrder(data[name].of);
    form[name].append(...values.map((value) => option(value, say(value))));
  }
  let waiting; // for the end of a word
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(() => read(form), 120); };
  for (const event of ["input", "change"]) form.addEventListener(event, soon);
  form.addEventListener("submit", (event) => { event.preventDefault(); read(form); });
  form.addEventListener("reset", () => setTimeout(() => { only({ view: wanted.view }); remember(); }));
  find("only").addEventListener("click", () => { only({ view: wanted.view }); remember(); });
  form.hidden = false;
}

const inOrder = (values) => values.filter(Boolean).sort((a, b) => (collated(a) < collated(b) ? -1 : 1));

function read(form) {
  for (const { name, value } of form.querySelectorAll("input, select")) wanted[name] = value;
  select();
  find("download-groups").hidden = !wanted.view;
  remember();
}

// Only these changes are shown, in this order, whatever was chosen before.
function only(chosen) {
  const form = find("filters");
  Object.assign(wanted, { search: "", sort: "", view: "", down: false });
  for (const name of CHOICES) {
    wanted[name] = chosen[name] ?? "";
    if (!form[name]) continue;
    form[name].value = wanted[name];
    wanted[name] = form[name].value; // an address may ask for what this page does not have
  }
  wanted.down = chosen.down ?? false;
  if (!SORTS[wanted.sort]) wanted.sort = "";
  const narrow = narrowed();
  find("only").hidden = !narrow;
  find("only").textContent = narrow ? `Only ${safe(narrow)} ✕` : "";
  find("download-groups").hidden = !wanted.view;
  markSorted();
  select();
}

// What no list of the form says: a hold, a slice, a course, a person.
function narrowed() {
  const subjects = CODED.filter((column) => column.startsWith("by.") && wanted[column]);
  const called = subjects.map((column) => namedSubject(column, wanted[column]) || wanted[column]);
  return called.join(", ") || wanted.hold || (wanted.slice && placeOf(wanted.slice));
}

function placeOf(slice) {
  try {
    return Object.values(JSON.parse(slice)).join(" / ") || slice;
  } catch {
    return slice; // out of an address that somebody has typed
  }
}

function links() {
  for (const link of document.querySelectorAll('a[href="#changes"]')) {
    if (Object.keys(link.dataset).length) lead(link, { ...link.dataset });
  }
}

function headers() {
  for (const header of document.querySelectorAll("[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = header.textContent.trim();
    header.replaceChildren(button);
    button.addEventListener("click", () => {
      const { sort } = header.dataset;
      wanted.down = wanted.sort === sort && !wanted.down;
      wanted.sort = sort;
      markSorted();
      select();
      remember();
    });
  }
  markSorted();
}

function markSorted() {
  for (const header of document.querySelectorAll("[data-sort]")) {
    const direction = wanted.down ? "descending" : "ascending";
    header.setAttribute("aria-sort", header.dataset.sort === wanted.sort ? direction : "none");
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

let unfolded = []; // for paper
function printing() {
  addEventListener("beforeprint", () => {
    unfolded = [...document.querySelectorAll("details:not([open], .group)")];
    for (const details of unfolded) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of unfolded) details.open = false;
  });
}

theme();
copying();
printing();
downloads();
if (find("filters")) {
  headers();
  filters(find("filters"));
  links();
  select();
  find("download").hidden = false;
  find("more").addEventListener("click", more);
  find("download").addEventListener("click", downloadChanges);
  find("download-groups").addEventListener("click", downloadGroups);
}
addEventListener("hashchange", follow);
if (location.hash) follow();
