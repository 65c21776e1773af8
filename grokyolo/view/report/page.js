"use strict";
// What the reader does with the figure: switches, zoom, keys, values at an epoch, theme. What is drawn comes ready.

(function () {
  const page = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const chart = byId("chart");
  const several = page.runs.length > 1;
  const on = { runs: page.runs.map(() => true), parts: Object.fromEntries(page.layers.map(({ part, on }) => [part, on])) };
  const axes = { epoch: "log", loss: page.figures.light.layout.yaxis2.type };
  let range = null; // first and last epoch in view; null: all of the chosen runs
  let resets = 0; // Plotly keeps a vertical zoom until this changes

  for (const { data } of Object.values(page.figures)) {
    for (const trace of data) {
      for (const [name, column] of Object.entries(trace.meta.columns)) trace[name] = page.runs[trace.meta.run].columns[column];
    }
  }

  // Drawing ---------------------------------------------------------------------------------------------------------

  const darkSystem = matchMedia("(prefers-color-scheme: dark)");
  const theme = () => document.documentElement.dataset.theme || (darkSystem.matches ? "dark" : "light");
  const toAxis = (epoch) => (axes.epoch === "log" ? Math.log10(epoch) : epoch);
  const toEpoch = (place) => (axes.epoch === "log" ? 10 ** place : place);
  const isOn = (run, part) => on.runs[run] && on.parts[part] !== false;
  const isNamed = ({ name }) => isOn(...name.split(" "));

  function wholeRange() {
    const epochs = page.runs.filter((_, run) => on.runs[run] || !on.runs.includes(true)).map((run) => run.columns.epoch);
    const first = Math.min(...epochs.map((column) => column[0]));
    const last = Math.max(...epochs.map((column) => column[column.length - 1]));
    const pad = Math.max(0.5, (last - first) * 0.02);
    return axes.epoch === "log" ? [first * 0.92, last * 1.08 + (first === last)] : [first - pad, last + pad];
  }

  function draw() {
    const { data, layout } = page.figures[theme()];
    const seen = range || wholeRange();
    const labelled = (trace) => ({ ...trace, ...(chart.clientWidth < 700 ? { mode: "markers" } : trace.meta.labels[axes.epoch]) });
    const traces = data.filter(({ meta }) => isOn(meta.run, meta.part)).map((one) => (one.meta.labels ? labelled(one) : one));
    const now = structuredClone(layout);
    Object.assign(now.xaxis, { type: axes.epoch, range: seen.map(toAxis), uirevision: `${axes.epoch} ${seen}` });
    Object.assign(now.yaxis, { uirevision: resets });
    Object.assign(now.yaxis2, { type: axes.loss, autorange: true, uirevision: `${axes.loss} ${resets}` });
    now.shapes = (now.shapes || []).filter(isNamed);
    now.annotations = (now.annotations || []).filter(isNamed).map((one) => ({ ...one, x: toAxis(one.x) }));
    now.dragmode = matchMedia("(pointer: coarse)").matches ? false : "zoom";
    Plotly.react(chart, traces, now, { displayModeBar: false, responsive: true, doubleClick: false });
    const [low, high] = seen.map((epoch) => Math.max(1, Math.round(epoch)).toLocaleString("en"));
    byId("status").textContent = `Epochs ${low} to ${high}, ${axes.epoch} axis.`;
    readValues();
  }

  // Switches --------------------------------------------------------------------------------------------------------

  const SWATCH = '<svg width="26" height="10" aria-hidden="true"><line x1="1" y1="5" x2="25" y2="5"/></svg>';
  const swatches = [];

  // Paints a line as the figure draws a part, or the validation of a run.
  function swatch(test, ink) {
    const svg = new DOMParser().parseFromString(SWATCH, "text/html").querySelector("svg");
    swatches.push(() => {
      const { meta, line, fillcolor } = page.figures[theme()].data.findLast(test);
      const dash = ink === "run" ? "none" : { dash: "7 3", dot: "2 3" }[line.dash] || "none";
      const stroke = fillcolor || (ink === "part" && several ? "currentColor" : line.color);
      const width = meta.part === "gap" ? 9 : ink === "run" ? 3 : line.width + 0.5;
      const look = { stroke, "stroke-width": width, "stroke-dasharray": dash };
      for (const [name, value] of Object.entries(look)) svg.firstChild.setAttribute(name, value);
    });
    return svg;
  }

  function checkbox(parent, text, checked, onChange, ...picture) {
    const label = document.createElement("label");
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked });
    box.addEventListener("change", () => { onChange(box.checked); draw(); });
    label.append(box, ...picture, Object.assign(document.createElement("bdi"), { textContent: text }));
    parent.append(label);
    return box;
  }

  function buildSwitches() {
    for (const { part, name } of page.layers) {
      const test = ({ meta }) => meta.part === part;
      const drawn = ["val", "probe", "train", "gap"].includes(part) && page.figures.light.data.some(test);
      checkbox(byId("layers"), name, on.parts[part], (is) => { on.parts[part] = is; }, ...(drawn ? [swatch(test, "part")] : []));
    }
    byId("runs").hidden = !several;
    const list = Object.assign(document.createElement("div"), { className: "list" });
    const boxes = page.runs.map(({ short }, run) => {
      const test = ({ meta, line }) => meta.run === run && line && line.color;
      const drawn = page.figures.light.data.some(test);
      return checkbox(list, short, true, (is) => { on.runs[run] = is; }, ...(drawn ? [swatch(test, "run")] : []));
    });
    for (const [textContent, is] of [["all", true], ["none", false]]) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent });
      button.addEventListener("click", () => { boxes.forEach((box) => { box.checked = is; }); on.runs.fill(is); draw(); });
      byId("runs").append(button);
    }
    byId("runs").append(list);
  }

  // Zoom ------------------------------------------------------------------------------------------------------------

  function move(shift, factor) {
    const whole = wholeRange().map(toAxis);
    const [low, high] = (range || wholeRange()).map(toAxis);
    const span = Math.min((high - low) * factor, whole[1] - whole[0]);
    const from = Math.min(Math.max((low + high - span) / 2 + shift * (high - low), whole[0]), whole[1] - span);
    range = span >= whole[1] - whole[0] ? null : [toEpoch(from), toEpoch(from + span)];
    draw();
  }

  function reset() {
    range = null;
    resets += 1;
    draw();
  }

  function setEpochAxis(type) {
    axes.epoch = type;
    if (range) range[0] = Math.max(range[0], wholeRange()[0]);
    document.querySelectorAll("input[name=epoch-axis]").forEach((input) => { input.checked = input.value === type; });
    draw();
  }

  const KEYS = {
    "+": () => move(0, 0.6), "=": () => move(0, 0.6), "-": () => move(0, 1 / 0.6), 0: reset,
    ArrowLeft: () => move(-0.25, 1), ArrowRight: () => move(0.25, 1),
    l: () => setEpochAxis(axes.epoch === "log" ? "linear" : "log"),
  };

  function buildZoom() {
    const buttons = { left: KEYS.ArrowLeft, out: KEYS["-"], in: KEYS["+"], right: KEYS.ArrowRight, reset };
    for (const [id, action] of Object.entries(buttons)) byId(id).addEventListener("click", action);
    chart.addEventListener("keydown", (event) => {
      const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      action();
    });
    document.querySelectorAll("input[name=epoch-axis]").forEach((input) => {
      input.addEventListener("change", () => setEpochAxis(input.value));
    });
    document.querySelectorAll("input[name=loss-axis]").forEach((input) => {
      input.checked = input.value === axes.loss;
      input.addEventListener("change", () => { axes.loss = input.value; draw(); });
    });
    byId("save").addEventListener("click", () => Plotly.downloadImage(chart, {
      format: "svg", filename: "grokyolo", width: chart.clientWidth, height: chart.clientHeight,
    }));
    chart.on("plotly_doubleclick", () => { reset(); return false; });
    chart.on("plotly_relayout", (change) => {
      if (change["xaxis.range[0]"] === undefined) return;
      range = [toEpoch(change["xaxis.range[0]"]), toEpoch(change["xaxis.range[1]"])];
      draw();
    });
    chart.on("plotly_click", (event) => { byId("at").value = event.points[0].x; readValues(); });
  }

  // Values at an epoch ----------------------------------------------------------------------------------------------

  function row(texts, scope) {
    const line = document.createElement("tr");
    texts.forEach((textContent, column) => {
      const head = scope === "col" || column === 0;
      line.append(Object.assign(document.createElement(head ? "th" : "td"), { textContent, ...(head ? { scope } : {}) }));
    });
    return line;
  }

  function readValues() {
    const wanted = Number(byId("at").value);
    byId("values-region").hidden = !(wanted >= 1);
    if (!(wanted >= 1)) return;
    const names = ["val_score", "probe_score", "val_loss", "probe_loss", "train_loss"]
      .filter((name) => page.runs.some(({ columns }) => columns[name]));
    const cell = (name, value) => (value === null || value === undefined ? "–"
      : name.endsWith("score") ? value.toFixed(3) : value.toPrecision(4));
    const rows = page.runs.filter((_, run) => on.runs[run]).map(({ short, columns }) => {
      const away = columns.epoch.map((epoch) => Math.abs(epoch - wanted));
      const i = away.indexOf(away.reduce((least, one) => Math.min(least, one)));
      return row([short, columns.epoch[i].toLocaleString("en"), ...names.map((name) => cell(name, columns[name]?.[i]))], "row");
    });
    byId("values").tHead.replaceChildren(row(["run", "nearest drawn epoch", ...names.map((name) => name.replace("_", " "))], "col"));
    byId("values").tBodies[0].replaceChildren(...rows);
  }

  // Theme -----------------------------------------------------------------------------------------------------------

  function showTheme() {
    const other = theme() === "dark" ? "light" : "dark";
    byId("theme").textContent = other[0].toUpperCase() + other.slice(1);
    byId("theme").setAttribute("aria-label", `Switch to ${other} colours`);
    swatches.forEach((paint) => paint());
    draw();
  }

  byId("unscripted").hidden = true;
  for (const id of ["figure", "controls", "reading", "theme"]) byId(id).hidden = false;
  draw();
  buildSwitches();
  buildZoom();
  showTheme();
  darkSystem.addEventListener("change", showTheme);
  byId("theme").addEventListener("click", () => {
    document.documentElement.dataset.theme = theme() === "dark" ? "light" : "dark";
    showTheme();
  });
  byId("reading").addEventListener("submit", (event) => event.preventDefault());
  byId("at").addEventListener("input", readValues);
  byId("at").max = Math.max(...page.runs.map(({ columns }) => columns.epoch[columns.epoch.length - 1]));
  document.documentElement.dataset.ready = "yes";
})();
