"use strict";

// Signs beside the colours, so that those are never the only signal.
const signs = {
  updated: ["✓", "good"], unchanged: ["✓", "good"], planned: ["…", "note"], pending: ["…", "note"],
  failed: ["✗", "bad"], unknown: ["?", "bad"], conflict: ["≠", "note"], invalid: ["!", "note"], not_attempted: ["–", "note"],
};
const reasons = {
  "429": "the API says that it gets too many requests (429)", "503": "the API asks to wait (503)",
  backoff: "before a row is tried again", outage: "the API is down", hold: "on hold",
};

const byId = (id) => document.getElementById(id);
const count = (n) => n.toLocaleString("en");
const clock = (time) => new Date(time).toLocaleTimeString("en-GB", {timeZoneName: "short"});

// span is a length of time in the two units that matter.
function span(ms) {
  const s = Math.round(ms / 1000);
  if (s < 60) return s + " s";
  if (s < 3600) return Math.floor(s / 60) + " m " + s % 60 + " s";
  return Math.floor(s / 3600) + " h " + Math.floor(s % 3600 / 60) + " m";
}

// element makes one whose content is text, whatever the text is.
function element(name, text, kind) {
  const e = document.createElement(name);
  e.textContent = text;
  if (kind) e.className = kind;
  return e;
}

function pairs(list, facts) {
  list.replaceChildren(...facts.map(([name, value, kind]) => {
    const box = document.createElement("div");
    box.append(element("dt", name), element("dd", value, kind));
    return box;
  }));
}

// label is a status with its sign.
function label(status) {
  const [sign, kind] = signs[status] || ["", ""];
  return [sign + " " + status.replace("_", " "), kind];
}

function table(id, rows) {
  byId(id).hidden = rows.length === 0;
  byId("no-" + id).hidden = rows.length > 0;
  const head = document.createElement("tr");
  head.append(...["Time", "Row", "Number", "Status", "Order", "Error or changes"].map((name) => {
    const th = element("th", name);
    th.scope = "col";
    return th;
  }));
  const body = rows.map((r) => {
    const tr = document.createElement("tr");
    const [text, kind] = label(r.status);
    tr.append(element("td", clock(r.at)), element("td", count(r.row)), element("td", r.number), element("td", text, kind),
      element("td", r.updateOrderId || ""), element("td", r.error || r.changes || ""));
    return tr;
  });
  byId(id).replaceChildren(head, ...body);
}

function about(s) {
  const r = s.run, parts = [];
  if (r.sandbox) parts.push("sandbox");
  if (r.dryRun) parts.push("plan only");
  if (r.source) parts.push(r.source);
  if (r.account) parts.push("account " + r.account + " at " + r.api);
  if (r.operator || r.user) parts.push("by " + (r.operator || r.user) + " on " + r.host);
  if (r.ticket) parts.push("ticket " + r.ticket);
  if (r.reason) parts.push(r.reason);
  return parts.join(" · ");
}

function facts(s) {
  const of = s.total > 0 ? count(s.done) + " of " + count(s.total) + " (" + Math.floor(100 * s.done / s.total) + " %)" : count(s.done);
  const list = [[s.phase === "reading" ? "Requests read" : "Sent", of]];
  list.push(["Pace now", Math.round(s.perMinute) + " a minute"], ["Pace on average", Math.round(s.averagePerMinute) + " a minute"]);
  if (s.allowedPerMinute) list.push(["Allowed", Math.round(s.allowedPerMinute) + " requests a minute"]);
  list.push(["Time", span(s.durationMs)]);
  if (s.leftMs) list.push(["Time left", span(s.leftMs)], ["Done at", clock(s.endsAt)]);
  if (s.wave) list.push(["Wave", s.wave.n + " of " + s.wave.of + " (" + count(s.wave.rows) + " rows)"]);
  list.push(["Requests", count(s.requests.total)]);
  if (s.requests.byStatus["429"]) list.push(["Answered 429", count(s.requests.byStatus["429"])]);
  if (s.exitCode !== undefined) list.push(["Exit code", String(s.exitCode)]);
  return list;
}

function waiting(s) {
  if (s.stop) return (s.phase === "ended" ? "Stopped early" : "Stopping") + " (" + s.stop.reason + ")" + (s.stop.detail ? ": " + s.stop.detail : "");
  if (!s.wait) return "";
  const w = s.wait;
  let text = "Waiting: " + (reasons[w.reason] || w.reason) + (w.detail ? ": " + w.detail : "") + ", since " + clock(w.since);
  if (w.until) text += w.reason === "outage" ? ", next try at " + clock(w.until) : ", until " + clock(w.until);
  return text;
}

function show(s) {
  byId("name").textContent = s.run.name || "bulknum";
  byId("phase").textContent = s.phase;
  document.title = (s.total > 0 ? Math.floor(100 * s.done / s.total) + " % " : "") + s.phase + " – " + (s.run.name || "bulknum");
  byId("about").textContent = about(s);
  const wait = waiting(s);
  byId("wait").hidden = wait === "";
  if (byId("wait").textContent !== wait) byId("wait").textContent = wait;
  byId("bar").max = Math.max(1, s.total);
  byId("bar").value = s.phase === "ended" && !s.stop ? byId("bar").max : s.done;
  pairs(byId("facts"), facts(s));
  const known = Object.keys(signs).filter((status) => s.counts[status]);
  pairs(byId("counts"), [["all", count(s.rows)], ...known.map((status) => {
    const [text, kind] = label(status);
    return [text, count(s.counts[status]), kind];
  })]);
  table("failures", s.failures || []);
  table("recent", s.recent || []);
}

const events = new EventSource("events");
const link = (text) => { if (byId("link").textContent !== text) byId("link").textContent = text; };
events.addEventListener("state", (e) => { link("Live."); show(JSON.parse(e.data)); });
events.addEventListener("end", (e) => {
  events.close();
  show(JSON.parse(e.data));
  link("The run has ended, and this page is as it was then. The run's folder has its reports.");
});
events.addEventListener("error", () => link("The connection is lost; it is tried again. What is shown may be old."));
