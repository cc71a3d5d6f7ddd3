"use strict";
(() => {
  // A row is an array; these are its places, in the order of data.go.
  const ROW = 0, LINE = 1, NUMBER = 2, STATUS = 3, ORDER = 4, ORDER_STATUS = 5, ORDER_DATE = 6, HTTP = 7,
    ATTEMPTS = 8, STARTED = 9, DURATION = 10, ERROR = 11, SHAPE = 12, CHANGES = 13, TRIES = 14, VERIFIED = 15;
  const AGAIN = ["drifted", "unreadable", "not_shown", "in_sync"]; // what rows were found to be, those with trouble first
  const PAGE = 50, ON_PAPER = 2000, KINDS_ON_PAPER = 200, SHAPES = 200;

  const by = id => document.getElementById(id);
  const counted = new Intl.NumberFormat("en");
  const many = (n, thing) => counted.format(n) + " " + thing + (n === 1 ? "" : "s");

  // What the page has of the rows, and what is made of it once it is needed. A
  // live page takes newer ones.
  let at, rows, words, routes, urgent, order, rank, rarity, low, sorted, places, wordPlaces;

  function take(text) {
    const data = JSON.parse(text);
    at = data.at;
    rows = data.rows;
    words = data.words || [];
    routes = new Map(Object.entries(data.routes || {}));
    urgent = data.urgent || [];
    order = [...urgent, ...data.statuses.filter(s => !urgent.includes(s))]; // when trouble comes first
    rank = words.map(word => order.indexOf(word));
    rarity = new Map(urgent[0] === "planned" ? rarest(row => row[SHAPE]).map(([shape], i) => [shape, i]) : []);
    sorted = {};
    low = places = wordPlaces = alike = null;
    idle(lowered); // so that the first letter is found as fast as the others
  }

  const state = { text: "", statuses: new Set(), shape: null, again: null, sort: "trouble", down: false, page: 0, onPaper: false };
  const opened = new Set(); // lines of rows of which more is shown
  let shown = [];

  // --- finding ---

  const value = i => i < 0 ? "(not shown by the API)" : words[i] === "" ? "(empty)" : named(words[i]);
  // The name of a route stands beside its id.
  const named = word => routes.has(word) ? word + ' "' + routes.get(word) + '"' : word;
  const idle = window.requestIdleCallback || (work => setTimeout(work, 50));

  // lowered is what a search looks into, in lower case: each word once.
  function lowered() {
    low ??= { words: words.map(word => named(word).toLowerCase()), orders: rows.map(row => row[ORDER].toLowerCase()) };
    return low;
  }

  // matches is a test of rows, by their places, for a text in lower case.
  function matches(text) {
    if (text === "") return () => true;
    const { words, orders } = lowered(), has = words.map(word => word.includes(text)), one = i => i >= 0 && has[i];
    return i => {
      const row = rows[i];
      return row[NUMBER].includes(text) || orders[i].includes(text) || has[row[ERROR]] || row[CHANGES].some(one) ||
        row[TRIES].some((word, n) => n % 4 === 3 && has[word]) || row[VERIFIED].some((word, n) => n > 1 && one(word));
    };
  }

  // found again is what a later reading found of a row; "": there was none.
  const foundAgain = row => row[VERIFIED].length ? words[row[VERIFIED][0]] : "";
  // What is in sync no more comes right after what never was.
  const urgency = row => {
    const again = foundAgain(row);
    return again === "drifted" || again === "unreadable" ? Math.min(rank[row[STATUS]], urgent.length - .5) : rank[row[STATUS]];
  };

  // shapes is how many rows have a row's shape of changes; those without any come last.
  let alike; // by shape
  const shapes = row => words[row[SHAPE]] === "" ? Infinity : (alike ??= tallied(row => row[SHAPE])).get(row[SHAPE]);

  // kind is higher the commoner a change is that a plan would make.
  const kind = row => rarity.get(row[SHAPE]) || 0;

  const comparers = {
    trouble: (a, b) => urgency(a) - urgency(b) || kind(a) - kind(b) || a[ROW] - b[ROW],
    row: (a, b) => a[ROW] - b[ROW],
    shape: (a, b) => shapes(a) - shapes(b) || a[SHAPE] - b[SHAPE] || a[ROW] - b[ROW],
    number: (a, b) => a[NUMBER] < b[NUMBER] ? -1 : a[NUMBER] > b[NUMBER] ? 1 : a[ROW] - b[ROW],
    started: (a, b) => (a[STARTED] || Infinity) - (b[STARTED] || Infinity) || a[ROW] - b[ROW],
    latest: (a, b) => b[STARTED] + b[DURATION] - a[STARTED] - a[DURATION] || a[ROW] - b[ROW],
    duration: (a, b) => b[DURATION] - a[DURATION] || a[ROW] - b[ROW],
    attempts: (a, b) => b[ATTEMPTS] - a[ATTEMPTS] || a[ROW] - b[ROW],
  };

  // inOrder is the rows' places in an order; it is made once.
  function inOrder(sort) {
    sorted[sort] ??= Array.from(rows.keys()).sort((a, b) => comparers[sort](rows[a], rows[b]));
    return sorted[sort];
  }

  // sought is what is looked for; a number may be written with blanks, brackets and dashes.
  function sought() {
    const text = state.text.trim().toLowerCase(), digits = text.replace(/[\s().-]/g, "");
    return /^\+?\d{4,}$/.test(digits) ? digits : text;
  }

  function find() {
    const found = matches(sought());
    const wanted = i => (state.statuses.size === 0 || state.statuses.has(words[rows[i][STATUS]])) &&
      (state.shape === null || words[rows[i][SHAPE]] === state.shape) && (state.again === null || foundAgain(rows[i]) === state.again) &&
      found(i);
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

  // arrange makes nodes the children of an element. Those that are there already
  // stay where they are, with the focus and whatever else they have.
  function arrange(parent, nodes) {
    const wanted = new Set(nodes);
    for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
    nodes.forEach((node, i) => { if (parent.children[i] !== node) parent.insertBefore(node, parent.children[i] || null); });
  }

  function duration(ms) {
    if (ms < 1000) return ms + " ms";
    if (ms < 60000) return (ms / 1000).toFixed(1) + " s";
    const minutes = Math.floor(ms / 60000);
    if (minutes < 60) return minutes + " m " + Math.round(ms % 60000 / 1000) + " s";
    return Math.floor(minutes / 60) + " h " + minutes % 60 + " m";
  }

  const clock = ms => ms ? new Date(ms).toISOString().replace("T", " ").replace("Z", " UTC") : "";

  // changes lists changes, three places each, from one place on.
  function changes(c, from) {
    const list = make("ul", { className: "changes" });
    for (let i = from; i < c.length; i += 3) {
      const kept = c[i + 1] === c[i + 2];
      list.append(make("li", null, make("span", { className: "field" }, words[c[i]]), " ",
        make("span", { className: "old" }, value(c[i + 1])), kept ? " (goes with the rest of the name)" : " → ",
        kept ? null : make("span", { className: "new" }, value(c[i + 2]))));
    }
    return c.length > from ? list : null;
  }

  const copyButton = (text, what) =>
    make("button", { type: "button", className: "copy", "data-copy": text, "data-what": what, "aria-label": "Copy " + what }, "Copy");

  // place is where a row is: its line in the file, and which row that is.
  const place = (line, row) => counted.format(line) + " (" + counted.format(row) + ")";

  const status = name => make("span", { className: "status " + name }, name);

  function outcome(row) {
    const order = row[ORDER], error = words[row[ERROR]], again = foundAgain(row), why = again && words[row[VERIFIED][2]];
    return [
      order ? make("div", { className: "order" }, make("code", null, order), copyButton(order, "order id " + order)) : null,
      error ? make("div", { className: "error" }, error) : null,
      again && again !== "in_sync" ? make("div", { className: "again" }, status(again), why ? " " + why : "", changes(row[VERIFIED], 3)) : null,
    ];
  }

  function line(i) {
    const row = rows[i], name = words[row[STATUS]], open = opened.has(row[LINE]);
    const more = make("button", {
      type: "button", className: "more", "aria-expanded": open ? "true" : "false", "aria-controls": "detail-" + row[LINE],
      "aria-label": "More of " + row[NUMBER], "data-line": row[LINE],
    }, open ? "Less" : "More");
    return make("tr", { className: "row " + name, id: "row-" + row[LINE] },
      make("td", { "data-label": "Line (row)", className: "numeric" }, place(row[LINE], row[ROW])),
      make("td", { "data-label": "Number", className: "number" }, make("code", null, row[NUMBER])),
      make("td", { "data-label": "Status" }, status(name)),
      make("td", { "data-label": "Changes" }, changes(row[CHANGES], 0)),
      make("td", { "data-label": "Order id, error" }, ...outcome(row)),
      make("td", { "data-label": "Time", className: "numeric" }, row[STARTED] ? duration(row[DURATION]) : ""),
      make("td", { className: "tools" }, more));
  }

  function detail(i) {
    const row = rows[i], facts = make("dl", { className: "facts" });
    const fact = (name, text) => text && facts.append(make("dt", null, name), make("dd", null, text));
    fact("Order", [words[row[ORDER_STATUS]], words[row[ORDER_DATE]]].filter(Boolean).join(", "));
    fact("Last answer", row[HTTP] ? "HTTP " + row[HTTP] : "");
    fact("First request", clock(row[STARTED]));
    fact("Attempts", counted.format(row[ATTEMPTS]));
    if (foundAgain(row)) fact("Read again", clock(row[VERIFIED][1]) + ": " + foundAgain(row));
    return make("tr", { className: "detail", id: "detail-" + row[LINE] }, make("td", { colSpan: 7 }, facts, tries(row)));
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

  // onPaper are the rows that are printed: of a plan what it would change, by what they say; of a run trouble row by row.
  function onPaper() {
    const plan = urgent[0] === "planned", kinds = new Map();
    const changed = plan ? shown.filter(i => words[rows[i][STATUS]] !== "unchanged") : [];
    for (const i of (changed.length ? changed : shown).slice(0, ON_PAPER)) {
      const row = rows[i], alone = !plan && urgency(row) < urgent.length && words[row[STATUS]] !== "not_attempted";
      const key = alone ? i : JSON.stringify([row[STATUS], row[ORDER], row[ERROR], row[CHANGES]]);
      if (kinds.has(key)) kinds.get(key).push(i);
      else if (plan || kinds.size < KINDS_ON_PAPER) kinds.set(key, [i]);
      else break;
    }
    return [...kinds.values()];
  }

  // folded are lines for rows that say the same of their numbers.
  const folded = alike => alike.length === 1 ? [line(alike[0])] : kindLines(alike);

  // kindLines are the lines of rows that say the same: what they say, and their numbers.
  function kindLines(alike) {
    const row = rows[alike[0]], name = words[row[STATUS]];
    return [
      make("tr", { className: "row kind " + name, id: "kind-" + row[LINE] },
        make("td", { colSpan: 2 }, many(alike.length, "row")), make("td", null, status(name)), make("td", { "data-label": "Changes" }, changes(row[CHANGES], 0)),
        make("td", { colSpan: 3 }, ...outcome(row))),
      make("tr", { className: "numbers", id: "numbers-" + row[LINE] },
        make("td", { colSpan: 7 }, make("code", null, alike.map(i => rows[i][NUMBER]).join(", ")))),
    ];
  }

  // heads puts a line before the rows of each shape, where rows stand by it: what they have in common, and how many of
  // those that were found do.
  function heads(part) {
    if (state.sort !== "shape") return new Map();
    const found = new Map(), head = new Map();
    for (const i of shown) found.set(rows[i][SHAPE], (found.get(rows[i][SHAPE]) || 0) + 1);
    for (const i of part) if (!head.has(rows[i][SHAPE])) head.set(rows[i][SHAPE], i);
    return new Map([...head].map(([shape, i]) => [i, make("tr", { className: "group", id: "group-" + shape },
      make("th", { colSpan: 7, scope: "colgroup" }, many(found.get(shape), "row") + ": " + (words[shape] || "no change")))]));
  }

  // cell is a text in a CSV file: quoted, and with an apostrophe before what a spreadsheet would calculate.
  const cell = text => {
    const number = /^\+\d+$/.test(text), odd = !number && /(^|[;\t\r\n])[\p{Z}"']*[=+\-@＝＋－＠]|^[\t\r\n]/u.test(text);
    return '"' + ((odd ? "'" : "") + text).replaceAll('"', '""') + '"';
  };

  // csv is the rows that were found, in the order in which they are shown.
  function csv() {
    const columns = ["Row", "Line", "Number", "Status", "UpdateOrderId", "Changes", "Error"];
    const moves = c => Array.from({ length: c.length / 3 }, (_, n) => words[c[3 * n]] + " " + value(c[3 * n + 1]) + " -> " + value(c[3 * n + 2]));
    const lines = shown.map(i => rows[i]).map(row => [String(row[ROW]), String(row[LINE]), row[NUMBER], words[row[STATUS]], row[ORDER],
      moves(row[CHANGES]).join("; "), words[row[ERROR]]].map(cell).join(","));
    return [columns.join(","), ...lines, ""].join("\r\n");
  }

  function save() {
    const at = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
    make("a", { href: at, download: "rows.csv" }).click();
    setTimeout(() => URL.revokeObjectURL(at), 1000);
  }

  // draw shows a page of the rows that were found.
  function draw() {
    const pages = Math.max(1, Math.ceil(shown.length / PAGE));
    state.page = state.onPaper ? 0 : Math.min(state.page, pages - 1);
    const from = state.page * PAGE, kinds = state.onPaper ? onPaper() : [];
    const part = state.onPaper ? kinds.flat() : shown.slice(from, from + PAGE);
    const groups = heads(part);
    const lines = i => [...(groups.has(i) ? [groups.get(i)] : []), line(i), ...(opened.has(rows[i][LINE]) ? [detail(i)] : [])];
    list(state.onPaper ? kinds.flatMap(folded) : part.flatMap(lines));
    by("list").hidden = part.length === 0;
    by("save").hidden = shown.length === 0;
    by("pager").hidden = pages === 1 || state.onPaper;
    by("first").disabled = by("previous").disabled = state.page === 0;
    by("last").disabled = by("next").disabled = state.page === pages - 1;
    by("where").textContent = counted.format(from + 1) + " to " + counted.format(from + part.length);
    const text = found(part.length);
    if (by("found").textContent !== text) by("found").textContent = text;
    for (const button of document.querySelectorAll("th button")) {
      const on = button.dataset.sort === state.sort;
      button.parentElement.setAttribute("aria-sort", on ? (state.down ? "descending" : "ascending") : "none");
    }
  }

  // list shows lines of the table. Those that say the same as before stay, and
  // the focus stays in its line.
  function list(fresh) {
    const focused = document.activeElement, within = focused && focused.closest("#body tr");
    arrange(by("body"), fresh.map(tr => {
      const old = by(tr.id);
      return old && old.isEqualNode(tr) ? old : tr;
    }));
    if (within && !focused.isConnected) by(within.id)?.querySelector("." + focused.className)?.focus({ preventScroll: true });
  }

  function found(drawn) {
    const all = shown.length === rows.length ? many(rows.length, "row") :
      counted.format(shown.length) + " of " + many(rows.length, "row");
    if (!state.onPaper || drawn === shown.length) return all;
    const where = " printed, all are in " + document.querySelector("#rows-note code").textContent;
    if (urgent[0] === "planned" && drawn < ON_PAPER) return all + "; the " + counted.format(drawn) + " that are not unchanged are" + where;
    return all + "; the first " + counted.format(drawn) + " are" + where;
  }

  function update() {
    state.page = 0;
    find();
    draw();
  }

  // --- controls ---

  function controls() {
    statusFilters();
    againFilter();
    shapeFilter();
    by("controls").hidden = rows.length === 0;
  }

  const pills = new Map(); // by status

  function statusFilters() {
    const counts = tallied(row => words[row[STATUS]]);
    const here = order.filter(s => counts.has(s) || state.statuses.has(s));
    by("statuses").hidden = here.length < 2;
    arrange(by("statuses"), [by("statuses").firstElementChild, ...here.map(s => pill(s, counts.get(s) || 0))]);
  }

  // pill is the filter of a status.
  function pill(name, n) {
    if (!pills.has(name)) {
      const box = make("input", { type: "checkbox", value: name });
      box.addEventListener("change", () => {
        state.statuses[box.checked ? "add" : "delete"](name);
        update();
      });
      pills.set(name, make("label", { className: "pill" }, box, status(name), make("span", { className: "count" })));
    }
    pills.get(name).lastElementChild.textContent = " " + counted.format(n);
    return pills.get(name);
  }

  // tallied are what rows have in common, with how many have it.
  function tallied(of) {
    const counts = new Map();
    for (const row of rows) {
      const what = of(row);
      counts.set(what, (counts.get(what) || 0) + 1);
    }
    return counts;
  }

  // rarest are what rows have in common, the rarest first.
  const rarest = of => [...tallied(of)].sort((a, b) => a[1] - b[1]);

  function againFilter() {
    const counts = tallied(foundAgain), kinds = [...AGAIN, ""].filter(kind => counts.has(kind));
    by("again-label").hidden = kinds.every(kind => kind === "");
    choices(by("again"), kinds.map(kind => [kind || "-", counted.format(counts.get(kind)) + " × " + (kind || "not read again")]));
  }

  function shapeFilter() {
    const all = rarest(row => words[row[SHAPE]]).filter(([shape]) => shape !== "");
    by("shape-label").hidden = all.length < 2;
    const listed = all.length <= SHAPES ? all : [...all.slice(0, SHAPES / 2), ...all.slice(-SHAPES / 2)];
    choices(by("shape"), listed.map(([shape, n]) => [shape, counted.format(n) + " × " + shape]));
  }

  // choices are those of a field, beside "all"; what is chosen stays so.
  function choices(field, list) {
    const fresh = list.map(([value, text]) => make("option", { value }, text)), old = [...field.options].slice(1);
    if (fresh.length === old.length && fresh.every((option, i) => option.isEqualNode(old[i]))) return;
    const chosen = field.value;
    field.replaceChildren(field.options[0], ...fresh);
    field.value = chosen;
    if (field.selectedIndex >= 0) return;
    field.selectedIndex = 0;
    choose();
  }

  function choose() {
    const shape = by("shape"), again = by("again");
    state.shape = shape.selectedIndex > 0 ? shape.value : null;
    state.again = again.selectedIndex > 0 ? again.value.replace("-", "") : null;
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

  function toggle(line) {
    if (!opened.delete(line)) opened.add(line);
    draw();
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
    else if (button.dataset.line !== undefined) toggle(Number(button.dataset.line));
    else if (button.dataset.sort !== undefined) sortBy(button.dataset.sort);
  });
  by("controls").addEventListener("submit", event => event.preventDefault());
  by("search").addEventListener("input", event => { state.text = event.target.value; update(); });
  for (const id of ["shape", "again"]) by(id).addEventListener("change", () => { choose(); update(); });
  by("sort").addEventListener("change", event => { state.down = false; state.sort = event.target.value; update(); });
  by("save").addEventListener("click", save);
  // A key leads to the search, from wherever nothing is typed.
  document.addEventListener("keydown", event => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    event.preventDefault();
    by("search").focus();
    by("search").select();
  });
  by("first").addEventListener("click", () => turn(0));
  by("previous").addEventListener("click", () => turn(state.page - 1));
  by("next").addEventListener("click", () => turn(state.page + 1));
  by("last").addEventListener("click", () => turn(Math.ceil(shown.length / PAGE) - 1));
  window.addEventListener("beforeprint", () => { state.onPaper = true; draw(); });
  window.addEventListener("afterprint", () => { state.onPaper = false; draw(); });

  take(by("data").textContent);
  controls();
  update();

  // --- live: the rest follows a run that goes on ---

  // How often the whole page is asked for, unless the run comes to something
  // new. The server makes it only as often as it is worth.
  const OFTEN = 10000;
  const reasons = {
    "429": "the API says that it gets too many requests (429)", "503": "the API asks to wait (503)",
    backoff: "before a row is tried again", outage: "the API is down", hold: "on hold",
  };
  const answered = new Map(); // rows that were answered since the page was made, by line
  const run = { name: "", phase: "", headline: "", ended: false, foreign: false, timer: 0, asking: false };

  const timeOf = time => new Date(time).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short" });
  const say = (id, text) => { if (by(id).textContent !== text) by(id).textContent = text; };
  const madeAt = () => "What is shown below is of " + timeOf(at) + ".";
  const alive = () => say("link", "Live: this box and the list of rows are as of now, what stands between them as of " + timeOf(at) + ".");
  // headline keeps the page's own to what the run is at.
  const headline = () => { if (run.headline && !run.ended) document.querySelector("h1").textContent = run.headline; };

  // The server gave this page a name and a key. What it says later it proves by that key, which whoever took its port
  // since does not have.
  const [reader, key] = (document.querySelector('meta[name="reader"]')?.content || "").split(".");
  const bytes = hex => Uint8Array.from((hex || "").match(/../g) || [], byte => parseInt(byte, 16));
  const HMAC = { name: "HMAC", hash: "SHA-256" };

  // proven reports whether a body comes from the process that this page was loaded from. A browser checks it on pages
  // of this machine and by HTTPS, and has no means to on others.
  async function proven(kind, body, proof) {
    if (!window.isSecureContext) return true;
    const told = await new Blob([kind + "\n", body]).arrayBuffer();
    return crypto.subtle.verify(HMAC.name, await crypto.subtle.importKey("raw", bytes(key), HMAC, false, ["verify"]), bytes(proof), told);
  }

  let events, queue = Promise.resolve(); // what comes is taken in one after the other
  const next = work => { queue = queue.then(work).catch(reportError); };

  function follow() {
    document.addEventListener("visibilitychange", looked);
    events = new EventSource("events?page=" + reader);
    hear("state", s => { told(s); if (!run.ended) alive(); });
    hear("end", s => {
      run.ended = true;
      say("link", "The run has ended. " + madeAt());
      told(s);
    });
    hear("page", text => {
      bring(text);
      say("link", "The run has ended, and this page is complete. It is not served any more; report.html in the run's folder is the same.");
    });
    events.addEventListener("error", () => next(() => {
      if (run.ended) events.close();
      else say("link", "The connection is lost; it is tried again. " + madeAt());
    }));
  }

  // hear takes in events of a kind: what they tell, and its proof.
  function hear(kind, take) {
    events.addEventListener(kind, event => next(async () => {
      const end = event.data.lastIndexOf("\n"), body = event.data.slice(0, end);
      if (run.foreign) return;
      if (await proven(kind, body, event.data.slice(end + 1))) take(JSON.parse(body)); else another();
    }));
  }

  // another ends the following: who answers by now is not the run that this page is of.
  function another() {
    run.ended = run.foreign = true;
    events.close();
    document.title = "not followed any more: " + (run.name || "bulknum");
    say("phase", "not followed any more");
    by("link").className = "wait";
    say("link", "Another program answers at this address now, not the run that this page is of. Nothing that it says is shown. " +
      madeAt() + " What became of the run: bulknum runs.");
  }

  // told takes in a state of the run.
  function told(s) {
    if (run.name && s.run.name && run.name !== s.run.name) {
      another();
      return;
    }
    run.name = s.run.name || run.name;
    run.headline = s.headline || "";
    headline();
    strip(s);
    const fresh = (s.recent || []).filter(r => Date.parse(r.at) >= at && answered.get(r.line)?.at !== r.at).reverse();
    for (const r of fresh) answered.set(r.line, r);
    if (fresh.filter(answer).length > 0) moved();
    if (s.phase !== run.phase) {
      run.phase = s.phase;
      ask();
    }
  }

  // answer changes a row to what became of it, and reports whether the page has
  // the row.
  function answer(r) {
    places ??= new Map(rows.map((row, i) => [row[LINE], i]));
    const i = places.get(r.line);
    if (i === undefined) return false;
    const row = rows[i].slice();
    row[STATUS] = wordPlace(r.status);
    row[ERROR] = wordPlace(r.error || "");
    row[ORDER] = r.updateOrderId || "";
    row[HTTP] = r.httpStatus || 0;
    row[ATTEMPTS] = r.attempts;
    row[STARTED] = Date.parse(r.startedAt) || 0;
    row[DURATION] = r.durationMs || 0;
    rows[i] = row;
    if (low) low.orders[i] = row[ORDER].toLowerCase();
    return true;
  }

  // wordPlace is the place of a word, which may be a new one.
  function wordPlace(word) {
    wordPlaces ??= new Map(words.map((w, i) => [w, i]));
    if (!wordPlaces.has(word)) {
      wordPlaces.set(word, words.length);
      rank.push(order.indexOf(word));
      low?.words.push(word.toLowerCase());
      words.push(word);
    }
    return wordPlaces.get(word);
  }

  // moved shows rows that are not what they were. The page of them stays.
  function moved() {
    const list = sorted[state.sort];
    sorted = {};
    if (list) sorted[state.sort] = list.sort((a, b) => comparers[state.sort](rows[a], rows[b])); // nearly so already
    statusFilters();
    find();
    draw();
  }

  // ask asks for the page anew, and again after a while. A page that nobody
  // looks at waits.
  async function ask() {
    clearTimeout(run.timer);
    if (run.ended || run.asking) return;
    run.asking = true;
    const phase = run.phase;
    try {
      const response = document.hidden ? null : await fetch("./?page=" + reader, { cache: "no-store" });
      if (response?.ok) newer(await response.arrayBuffer(), response.headers.get("Proof"));
    } catch { } // the stream of events tells that the server has gone
    run.asking = false;
    if (run.phase !== phase) ask();
    else run.timer = setTimeout(ask, OFTEN);
  }

  // newer takes in a newer page, unless the last one has come meanwhile.
  const newer = (body, proof) => next(async () => {
    const is = await proven("html", body, proof);
    if (run.ended) return;
    if (!is) { another(); return; }
    bring(new TextDecoder().decode(body));
    alive();
  });

  // looked asks for the page as soon as somebody looks at it again.
  function looked() {
    if (!document.hidden) ask();
  }

  // bring takes over a newer page: its parts, and its rows with those that were
  // answered since it was made.
  function bring(text) {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    become(document.querySelector("header"), fresh.querySelector("header"));
    headline();
    become(document.querySelector("footer"), fresh.querySelector("footer"));
    become(by("rows-note"), fresh.getElementById("rows-note"));
    arrange(document.querySelector("main"), [...fresh.querySelector("main").children].map(part => {
      const old = by(part.id);
      if (old && old.id !== "rows") become(old, part);
      return old || document.importNode(part, true);
    }));
    take(fresh.getElementById("data").textContent);
    for (const [line, r] of answered) {
      if (Date.parse(r.at) < at) answered.delete(line); else answer(r);
    }
    controls();
    find();
    draw();
  }

  // become makes an element what a newer one is, and touches only what differs.
  function become(old, fresh) {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeName !== fresh.nodeName || old.nodeType !== Node.ELEMENT_NODE) {
      old.replaceWith(document.importNode(fresh, true));
      return;
    }
    for (const name of old.getAttributeNames()) if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    const before = [...old.childNodes], after = [...fresh.childNodes];
    after.forEach((node, i) => i < before.length ? become(before[i], node) : old.append(document.importNode(node, true)));
    before.slice(after.length).forEach(node => node.remove());
  }

  // strip shows a state on top of the page.
  function strip(s) {
    const read = s.reading && s.phase === "asking"; // the readings are made
    const share = s.total > 0 && !read ? Math.floor(100 * s.done / s.total) + " % " : "";
    const phase = s.phase.replaceAll("_", " ");
    document.title = share + phase + ": " + (s.run.name || "bulknum");
    say("phase", phase);
    say("progress-text", s.total === 0 ? "" : read ? many(s.total, "reading") + " made" :
      share + "· " + counted.format(s.done) + " of " + many(s.total, s.reading ? "reading" : "row") + (s.reading ? " made" : " sent"));
    by("bar").max = Math.max(1, s.total);
    by("bar").value = s.phase === "ended" && !s.stop ? by("bar").max : read ? 0 : s.done;
    const wait = waiting(s);
    by("wait").hidden = wait === "";
    say("wait", wait);
    const pairs = figures(s).map(([name, text]) => make("div", null, make("dt", null, name), make("dd", null, text)));
    if (pairs.length !== by("pairs").children.length) by("pairs").replaceChildren(...pairs);
    else pairs.forEach((pair, i) => become(by("pairs").children[i], pair));
    tally("tally", order, s.counts);
    tally("verified", AGAIN, s.verified || {});
    last("failures", s.failures || []);
    last("recent", (s.recent || []).slice(0, 10));
  }

  // tally shows how many rows have which of some statuses.
  function tally(id, names, counts) {
    const known = names.filter(name => counts[name]), before = by(id).children;
    const fresh = known.map(name => make("span", { className: "count" }, status(name), " " + counted.format(counts[name])));
    arrange(by(id), fresh.map((count, i) => before[i]?.isEqualNode(count) ? before[i] : count));
  }

  function figures(s) {
    const rate = n => counted.format(Math.round(n)) + "/m";
    const list = [["Rate now", rate(s.perMinute)], ["On average", rate(s.averagePerMinute)]];
    if (s.allowedPerMinute) list.push(["Allowed", rate(s.allowedPerMinute)]);
    list.push(["Time", duration(Math.round(s.durationMs / 1000) * 1000)]);
    if (s.leftMs) list.push(["Time left", duration(s.leftMs)], ["Ends at", timeOf(s.endsAt)]);
    if (s.wave) list.push(["Wave", s.wave.n + " of " + s.wave.of + ", " + many(s.wave.rows, "row")]);
    list.push(["Requests", counted.format(s.requests.total)]);
    if (s.requests.byStatus["429"]) list.push(["Answered 429", counted.format(s.requests.byStatus["429"])]);
    if (s.exitCode !== undefined) list.push(["Exit code", String(s.exitCode)]);
    return list;
  }

  // standing is what a run is at, and why, as "Held: the pause after wave 1" or "Paused by alice".
  const standing = s => {
    const phase = s.phase.replaceAll("_", " "), text = s.why.startsWith(phase + " ") ? s.why : phase + ": " + s.why;
    return text[0].toUpperCase() + text.slice(1);
  };

  // waiting is what is waited for and until when, or why the run stops.
  function waiting(s) {
    if (s.stop) return (s.phase === "ended" ? "Stopped early" : "Stopping") + ": " + (s.stop.detail || s.stop.reason);
    const until = s.wait?.reason === "outage" ? ", next try at " : ", until ";
    if (s.why) return standing(s) + (s.since ? ", since " + timeOf(s.since) : "") + (s.until ? until + timeOf(s.until) : "");
    if (!s.wait) return "";
    const w = s.wait;
    return "Waiting: " + (reasons[w.reason] || w.reason) + (w.detail ? ": " + w.detail : "") + ", since " + timeOf(w.since) + (w.until ? until + timeOf(w.until) : "");
  }

  // last lists the last rows of a kind.
  function last(id, list) {
    by(id).hidden = list.length === 0;
    const fresh = make("tbody", null, ...list.map(r => make("tr", null,
      make("td", null, timeOf(r.at)), make("td", { className: "numeric" }, place(r.line, r.row)), make("td", null, make("code", null, r.number)),
      make("td", null, status(r.status)), make("td", null, r.error || r.updateOrderId || r.changes || ""))));
    become(by(id).querySelector("tbody"), fresh);
  }

  if (by("live")) follow();
})();
