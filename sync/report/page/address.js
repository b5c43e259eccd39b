// Addresses behind `#`: a view of the changes, a hold, a problem. Each leads back to what the reader saw.

const CHOICES = ["view", "search", "sort", ...CODED];

function address(choice) {
  const query = new URLSearchParams(CHOICES.filter((name) => choice[name]).map((name) => [name, choice[name]]));
  if (choice.sort && choice.down) query.set("down", "1");
  return `#changes${query.size ? `?${query}` : ""}`;
}

// What the reader chose is where the page is now, and no step to go back from.
const remember = () => history.replaceState(history.state, "", address(wanted));

function lead(link, choice) {
  link.href = address(choice);
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, "", link.href);
    follow();
  });
}

// As it is if it cannot be decoded: somebody has typed it.
function decoded(id) {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

function follow() {
  const [id, query] = location.hash.slice(1).split("?");
  const target = find(decoded(id));
  if (!target) return;
  if (id === "changes" && query !== undefined && find("filters")) {
    const { down, ...choice } = Object.fromEntries(new URLSearchParams(query));
    only({ ...choice, down: Boolean(down) });
  }
  for (let each = target; each; each = each.parentElement) if (each.matches("details")) each.open = true;
  target.scrollIntoView();
  target.focus({ preventScroll: true });
}
