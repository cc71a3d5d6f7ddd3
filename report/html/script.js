"use strict";
(() => {
  // A row is an array; these are its places, in the order of data.go.
  const ROW = 0, LINE = 1, NUMBER = 2, STATUS = 3, ORDER = 4, ORDER_STATUS = 5, ORDER_DATE = 6, HTTP = 7,
    ATTEMPTS = 8, STARTED = 9, DURATION = 10, ERROR = 11, SHAPE = 12, CHANGES = 13, TRIES = 14;
  const PAGE = 50, ON_PAPER = 200, SHAPES = 200;

  const data = JSON.parse(document.getElementById("data").textContent);
  const rows = data.rows, words = data.words || [], routes = new Map(Object.entries(data.routes || {}));
  const by = id => document.getElementById(id);
  const counted = new Intl.NumberFormat("en");
  const many = (n, thing) => counted.format(n) + " " + thing + (n === 1 ? "" : "s");

  // The order of statuses when trouble comes first.
  const urgent = data.urgent || [], order = [...urgent, ...data.statuses.filter(s => !urgent.includes(s))];
  const rank = words.map(word => order.indexOf(word));

  const state = { text: "", statuses: new Set(), shape: -1, sort: "trouble", down: false, page: 0, onPaper: false };
  let shown = [];

  // --- finding ---

  const value = i => i < 0 ? "(not shown by the API)" : words[i] === "" ? "(empty)" : named(words[i]);
  // The name of a route stands beside its id.
  const named = word => routes.has(word) ? word + ' "' + routes.get(word) + '"' : word;
  const haystacks = new Array(rows.length);
  const haystack = i => haystacks[i] ??= hay(rows[i]);

  function hay(row) {
    const parts = [row[NUMBER], row[ORDER], words[row[ERROR]]];
    for (let c = 0; c < row[CHANGES].length; c++) {
      if (row[CHANGES][c] >= 0) parts.push(named(words[row[CHANGES][c]]));
    }
    for (let t = 3; t < row[TRIES].length; t += 4) parts.push(words[row[TRIES][t]]);
    return parts.join("\n").toLowerCase();
  }

  const comparers = {
    trouble: (a, b) => rank[a[STATUS]] - rank[b[STATUS]] || a[ROW] - b[ROW],
    row: (a, b) => a[ROW] - b[ROW],
    number: (a, b) => a[NUMBER] < b[NUMBER] ? -1 : a[NUMBER] > b[NUMBER] ? 1 : a[ROW] - b[ROW],
    started: (a, b) => (a[STARTED] || Infinity) - (b[STARTED] || Infinity) || a[ROW] - b[ROW],
    duration: (a, b) => b[DURATION] - a[DURATION] || a[ROW] - b[ROW],
    attempts: (a, b) => b[ATTEMPTS] - a[ATTEMPTS] || a[ROW] - b[ROW],
  };
  const sorted = {};

  // inOrder is the rows' places in an order; it is made once.
  function inOrder(sort) {
    sorted[sort] ??= Array.from(rows.keys()).sort((a, b) => comparers[sort](rows[a], rows[b]));
    return sorted[sort];
  }

  function find() {
    const text = state.text.trim().toLowerCase();
    const wanted = i => (state.statuses.size === 0 || state.statuses.has(words[rows[i][STATUS]])) &&
      (state.shape < 0 || rows[i][SHAPE] === state.shape) && (text === "" || haystack(i).includes(text));
    shown = inOrder(state.sort).filter(wanted);
    if (state.down) shown.reverse();
  }

  // --- showing ---

  // make makes an element. What comes from rows is set as text, never as markup.
  function make(tag, props, ...children) {
    const element = document.createElement(tag);
    for (const [name, v] of Object.entries(props || {})) {
      if (name in element) element[name] = v; else element.setAttribute(name, v);
    }
    element.append(...children.filter(c => c !== null));
    return element;
  }

  function duration(ms) {
    if (ms < 1000) return ms + " ms";
    if (ms < 60000) return (ms / 1000).toFixed(1) + " s";
    const minutes = Math.floor(ms / 60000);
    if (minutes < 60) return minutes + " m " + Math.round(ms % 60000 / 1000) + " s";
    return Math.floor(minutes / 60) + " h " + minutes % 60 + " m";
  }

  const clock = ms => ms ? new Date(ms).toISOString().replace("T", " ").replace("Z", " UTC") : "";

  function changes(row) {
    const list = make("ul", { className: "changes" });
    const c = row[CHANGES];
    for (let i = 0; i < c.length; i += 3) {
      const kept = c[i + 1] === c[i + 2];
      list.append(make("li", null, make("span", { className: "field" }, words[c[i]]), " ",
        make("span", { className: "old" }, value(c[i + 1])), kept ? " (goes with the rest of the name)" : " → ",
        kept ? null : make("span", { className: "new" }, value(c[i + 2]))));
    }
    return c.length ? list : null;
  }

  const copyButton = (text, what) =>
    make("button", { type: "button", className: "copy", "data-copy": text, "data-what": what, "aria-label": "Copy " + what }, "Copy");

  function outcome(row) {
    const order = row[ORDER], error = words[row[ERROR]];
    return [
      order ? make("div", { className: "order" }, make("code", null, order), copyButton(order, "order id " + order)) : null,
      error ? make("div", { className: "error" }, error) : null,
    ];
  }

  function line(i, open) {
    const row = rows[i], status = words[row[STATUS]], detail = "detail-" + i;
    const more = make("button", {
      type: "button", className: "more", "aria-expanded": open ? "true" : "false", "aria-controls": detail,
      "aria-label": "More of " + row[NUMBER], "data-row": i,
    }, open ? "Less" : "More");
    return make("tr", { className: "row " + status },
      make("td", { "data-label": "Row", className: "numeric" }, counted.format(row[ROW])),
      make("td", { "data-label": "Number", className: "number" }, make("code", null, row[NUMBER])),
      make("td", { "data-label": "Status" }, make("span", { className: "status " + status }, status)),
      make("td", { "data-label": "Changes" }, changes(row)),
      make("td", { "data-label": "Order id, error" }, ...outcome(row)),
      make("td", { "data-label": "Time", className: "numeric" }, row[STARTED] ? duration(row[DURATION]) : ""),
      make("td", { className: "tools" }, more));
  }

  function detail(i) {
    const row = rows[i], facts = make("dl", { className: "facts" });
    const fact = (name, text) => text && facts.append(make("dt", null, name), make("dd", null, text));
    fact("Line of the input", counted.format(row[LINE]));
    fact("Order", [words[row[ORDER_STATUS]], words[row[ORDER_DATE]]].filter(Boolean).join(", "));
    fact("Last answer", row[HTTP] ? "HTTP " + row[HTTP] : "");
    fact("First request", clock(row[STARTED]));
    fact("Attempts", counted.format(row[ATTEMPTS]));
    return make("tr", { className: "detail", id: "detail-" + i }, make("td", { colSpan: 7 }, facts, tries(row)));
  }

  function tries(row) {
    const t = row[TRIES];
    if (!t.length) return null;
    const body = make("tbody");
    for (let i = 0; i < t.length; i += 4) {
      body.append(make("tr", null, make("td", { className: "numeric" }, String(i / 4 + 1)), make("td", null, clock(t[i])),
        make("td", { className: "numeric" }, duration(t[i + 1])), make("td", null, t[i + 2] ? "HTTP " + t[i + 2] : "no answer"),
        make("td", null, words[t[i + 3]])));
    }
    const head = make("tr");
    for (const name of ["Attempt", "Time", "Took", "Answer", "Error"]) head.append(make("th", { scope: "col" }, name));
    return make("div", { className: "scroll" }, make("table", { className: "plain" }, make("thead", null, head), body));
  }

  function draw() {
    const size = state.onPaper ? ON_PAPER : PAGE;
    const pages = Math.max(1, Math.ceil(shown.length / size));
    state.page = state.onPaper ? 0 : Math.min(state.page, pages - 1);
    const from = state.page * size, part = shown.slice(from, from + size);
    by("body").replaceChildren(...part.map(i => line(i, false)));
    by("list").hidden = part.length === 0;
    by("pager").hidden = pages === 1 || state.onPaper;
    by("first").disabled = by("previous").disabled = state.page === 0;
    by("last").disabled = by("next").disabled = state.page === pages - 1;
    by("where").textContent = counted.format(from + 1) + " to " + counted.format(from + part.length);
    by("found").textContent = found(part.length);
    for (const button of document.querySelectorAll("th button")) {
      const on = button.dataset.sort === state.sort;
      button.parentElement.setAttribute("aria-sort", on ? (state.down ? "descending" : "ascending") : "none");
    }
  }

  function found(drawn) {
    const all = shown.length === rows.length ? many(rows.length, "row") :
      counted.format(shown.length) + " of " + many(rows.length, "row");
    return state.onPaper && drawn < shown.length ? all + "; the first " + counted.format(drawn) + " are printed" : all;
  }

  function update() {
    state.page = 0;
    find();
    draw();
  }

  // --- controls ---

  function statusFilters() {
    const counts = new Map();
    for (const row of rows) counts.set(words[row[STATUS]], (counts.get(words[row[STATUS]]) || 0) + 1);
    const here = order.filter(s => counts.has(s));
    by("statuses").hidden = here.length < 2;
    for (const status of here) {
      const box = make("input", { type: "checkbox", value: status });
      box.addEventListener("change", () => {
        state.statuses[box.checked ? "add" : "delete"](status);
        update();
      });
      by("statuses").append(make("label", { className: "pill" }, box,
        make("span", { className: "status " + status }, status), " " + counted.format(counts.get(status))));
    }
  }

  function shapeFilter() {
    const counts = new Map();
    for (const row of rows) if (words[row[SHAPE]]) counts.set(row[SHAPE], (counts.get(row[SHAPE]) || 0) + 1);
    by("shape-label").hidden = counts.size < 2;
    const rarest = [...counts].sort((a, b) => a[1] - b[1]);
    const listed = rarest.length <= SHAPES ? rarest : [...rarest.slice(0, SHAPES / 2), ...rarest.slice(-SHAPES / 2)];
    for (const [shape, n] of listed) {
      by("shape").append(make("option", { value: String(shape) }, counted.format(n) + " × " + words[shape]));
    }
  }

  function sortBy(sort) {
    state.down = sort === state.sort && !state.down;
    state.sort = sort;
    by("sort").value = sort;
    update();
  }

  function turn(page) {
    state.page = page;
    draw();
    by("rows").focus({ preventScroll: true });
    by("rows").scrollIntoView();
  }

  function toggle(button) {
    const i = Number(button.dataset.row), row = button.closest("tr"), open = button.getAttribute("aria-expanded") === "true";
    if (open) row.nextElementSibling.remove(); else row.after(detail(i));
    button.setAttribute("aria-expanded", String(!open));
    button.textContent = open ? "More" : "Less";
  }

  async function copy(button) {
    const done = await put(button.dataset.copy);
    by("found").textContent = (done ? "Copied " : "Could not copy ") + button.dataset.what;
    const before = button.textContent;
    button.textContent = done ? "Copied" : "Failed";
    setTimeout(() => { button.textContent = before; }, 1500);
  }

  // put puts text on the clipboard, also where the page has no right to the modern way.
  async function put(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const field = make("textarea", { value: text, className: "hidden", readOnly: true });
      const focused = document.activeElement;
      document.body.append(field);
      field.select();
      const done = document.execCommand("copy");
      field.remove();
      focused?.focus();
      return done;
    }
  }

  document.addEventListener("click", event => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.copy !== undefined) copy(button);
    else if (button.dataset.row !== undefined) toggle(button);
    else if (button.dataset.sort !== undefined) sortBy(button.dataset.sort);
  });
  by("controls").addEventListener("submit", event => event.preventDefault());
  by("search").addEventListener("input", event => { state.text = event.target.value; update(); });
  by("shape").addEventListener("change", event => { state.shape = event.target.value === "" ? -1 : Number(event.target.value); update(); });
  by("sort").addEventListener("change", event => { state.down = false; state.sort = event.target.value; update(); });
  by("first").addEventListener("click", () => turn(0));
  by("previous").addEventListener("click", () => turn(state.page - 1));
  by("next").addEventListener("click", () => turn(state.page + 1));
  by("last").addEventListener("click", () => turn(Math.ceil(shown.length / PAGE) - 1));
  window.addEventListener("beforeprint", () => { state.onPaper = true; draw(); });
  window.addEventListener("afterprint", () => { state.onPaper = false; draw(); });

  statusFilters();
  shapeFilter();
  by("controls").hidden = rows.length === 0;
  update();
})();
