// Keeps the status page live: the charts every other second, the rest every fifteen.
"use strict";

const WIDTH = 300, HEIGHT = 90, TOP = 14;

function shorten(seconds) {
  return seconds >= 60 ? `${Math.round(seconds / 60)} min` : `${Math.ceil(seconds)} s`;
}

function path(points, at, close) {
  let drawn = "", pen = false, last = 0;
  for (const [x, y] of points) {
    if (y === null) { pen = false; continue; }
    drawn += `${pen ? "L" : "M"}${x.toFixed(1)} ${at(y).toFixed(1)}`;
    pen = true;
    last = x;
  }
  if (close && drawn) {
    const first = points.find(([, y]) => y !== null)[0];
    drawn += `L${last.toFixed(1)} ${HEIGHT}L${first.toFixed(1)} ${HEIGHT}Z`;
  }
  return drawn;
}

function drawChart(figure, app, kept, every) {
  const svg = figure.querySelector("svg");
  const points = app.points;
  const newest = points.length ? points[points.length - 1][0] : 0;
  const span = kept * every;
  const x = (time) => WIDTH - (newest - time) / span * WIDTH;
  const most = Math.max(app.most, ...points.map((point) => point[1] || 0));
  const y = (value) => HEIGHT - 1 - value / most * (HEIGHT - TOP - 1);
  const sent = points.map((point) => [x(point[0]), point[1]]);
  svg.querySelector(".area").setAttribute("d", path(sent, y, true));
  svg.querySelector(".sent").setAttribute("d", path(sent, y, false));
  svg.querySelector(".allowed").setAttribute(
    "d", path(points.map((point) => [x(point[0]), point[2]]), y, false));
  svg.querySelector(".top").textContent = `${most.toFixed(0)}/s`;

  const text = figure.querySelector("[data-figures]");
  if (app.calls === null) {
    text.textContent = "Redis does not answer: nothing is sent.";
  } else {
    const strong = document.createElement("strong");
    strong.textContent = app.calls.toFixed(1);
    let more = ` of ${Number(app.allowed.toFixed(1))} calls/s`;
    if (app.allowed < app.most) more += ` (lowered from ${app.most})`;
    if (app.waiting) more += `, ${app.waiting} wait`;
    if (app.paused_for) more += `, paused for ${shorten(app.paused_for)}`;
    text.replaceChildren(strong, more);
  }
  svg.setAttribute("aria-label", `Calls per second of ${app.app_id}: ${text.textContent}`);
}

async function drawCharts(charts) {
  const answer = await fetch(charts.dataset.source, { cache: "no-store" });
  if (!answer.ok) return;
  const told = await answer.json();
  for (const app of told.apps) {
    const figure = charts.querySelector(`[data-app="${CSS.escape(app.app_id)}"]`);
    if (figure) drawChart(figure, app, told.kept, told.every);
  }
  charts.dataset.drawn = "yes";
}

async function renewParts() {
  // Whoever reads, selects or has the keyboard in a part keeps it as it is.
  const selection = document.getSelection();
  const answer = await fetch(location.href, { cache: "no-store" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const newPart = (name) => fresh.querySelector(`[data-live="${name}"]`);
  const parts = [...document.querySelectorAll("[data-live]")];
  if (parts.length !== fresh.querySelectorAll("[data-live]").length) {
    location.reload();
    return;
  }
  for (const part of parts) {
    const other = newPart(part.dataset.live);
    if (!other || part.contains(document.activeElement)) continue;
    if (!selection.isCollapsed && selection.containsNode(part, true)) continue;
    part.replaceWith(document.importNode(other, true));
  }
  document.title = fresh.title;
}

function repeat(work, milliseconds) {
  let busy = false;
  const turn = async () => {
    if (busy || document.hidden) return;
    busy = true;
    try { await work(); } catch { /* The server is away; the next turn looks again. */ }
    busy = false;
  };
  turn();
  setInterval(turn, milliseconds);
}

const charts = document.getElementById("charts");
if (charts) repeat(() => drawCharts(charts), 2000);
setTimeout(() => repeat(renewParts, 15000), 15000);
