// What the reader does: switches, zoom, keys, values at an epoch, theme.

(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const chart = byId("chart");
  shortNames(data.runs.map((run) => run.name)).forEach((short, index) => { data.runs[index].short = short; });
  const several = data.runs.length > 1;
  const losses = data.runs.flatMap((run) => ["train_loss", "probe_loss", "val_loss"].flatMap((name) => run.curves[name] || []));
  const positive = losses.every((value) => value === null || value > 0);
  const state = {
    runs: data.runs.map(() => true), range: null, epochAxis: "log", lossAxis: positive ? "log" : "linear", resets: 0,
    layers: { val: true, probe: true, train: !several, gap: !several, bars: true, marks: true, events: true },
  };

  function draw() {
    Plotly.react(chart, tracesOf(data, state, chart.clientWidth), layoutOf(data, state, chart.clientWidth), {
      displayModeBar: false, responsive: true, doubleClick: false,
    });
    say();
  }

  function say() {
    const [low, high] = epochRange(data, state).map((epoch) => Math.max(1, Math.round(epoch)).toLocaleString("en"));
    byId("status").textContent = `Epochs ${low} to ${high}, ${state.epochAxis} axis.`;
  }

  // Switches --------------------------------------------------------------------------------------------------------

  function swatch(paint) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
    for (const [name, value] of Object.entries({ width: 26, height: 10, "aria-hidden": "true" })) svg.setAttribute(name, value);
    for (const [name, value] of Object.entries({ x1: 1, y1: 5, x2: 25, y2: 5 })) line.setAttribute(name, value);
    svg.append(line);
    svg.repaint = () => paint(line);
    svg.repaint();
    swatches.push(svg);
    return svg;
  }
  const swatches = [];

  function checkbox(parent, text, checked, onChange, paint) {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = checked;
    box.addEventListener("change", () => { onChange(box.checked); draw(); readValues(); });
    label.append(box);
    if (paint) label.append(swatch(paint));
    const name = document.createElement("bdi");
    name.textContent = text;
    label.append(name);
    parent.append(label);
    return box;
  }

  function present(part) {
    const some = (test) => data.runs.some(test);
    if (part === "bars") return some((run) => Object.keys(run.bars).length > 0);
    if (part === "marks") return some((run) => run.memorised || run.jump);
    if (part === "events") return some((run) => run.events.length > 0);
    if (part === "gap") return some((run) => run.curves.val_loss || run.curves.val_score);
    return some((run) => run.curves[`${part}_loss`] || run.curves[`${part}_score`]);
  }

  function paintPart(part) {
    return (line) => {
      const colour = several ? cssColour("--ink") : PART_COLOURS[themeNow()][part];
      line.setAttribute("stroke", part === "gap" ? withAlpha(PART_COLOURS[themeNow()].gap, 0.35) : colour);
      line.setAttribute("stroke-width", part === "gap" ? 9 : WIDTHS[part] + 0.5);
      line.setAttribute("stroke-dasharray", { probe: "7 3", train: "2 3" }[part] || "none");
    };
  }

  function buildSwitches() {
    for (const part of Object.keys(PART_NAMES).filter(present)) {
      const rough = data.runs.filter((run) => !run.likeForLike).length;
      const gap = rough === 0 ? "gap" : rough === data.runs.length ? "rough gap" : "gap, rough without a probe";
      const drawn = part in WIDTHS || part === "gap";
      const text = part === "gap" ? gap : PART_NAMES[part];
      checkbox(byId("layers"), text, state.layers[part], (on) => { state.layers[part] = on; }, drawn && paintPart(part));
    }
    byId("runs").hidden = !several;
    if (!several) return;
    const list = document.createElement("div");
    list.className = "list";
    const boxes = data.runs.map((run, index) => checkbox(
      list, run.short, true, (on) => { state.runs[index] = on; },
      (line) => { line.setAttribute("stroke", runColour(index)); line.setAttribute("stroke-width", 3); },
    ));
    for (const [text, on] of [["all", true], ["none", false]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.addEventListener("click", () => {
        boxes.forEach((box, index) => { box.checked = on; state.runs[index] = on; });
        draw();
        readValues();
      });
      byId("runs").append(button);
    }
    byId("runs").append(list);
  }

  // Zoom ------------------------------------------------------------------------------------------------------------

  const toAxis = (epoch) => (state.epochAxis === "log" ? Math.log10(epoch) : epoch);
  const toEpoch = (place) => (state.epochAxis === "log" ? 10 ** place : place);

  function move(shift, factor) {
    const whole = wholeRange(data, state).map(toAxis);
    const [low, high] = epochRange(data, state).map(toAxis);
    const span = Math.min((high - low) * factor, whole[1] - whole[0]);
    let from = (low + high) / 2 - span / 2 + shift * (high - low);
    from = Math.min(Math.max(from, whole[0]), whole[1] - span);
    state.range = span >= whole[1] - whole[0] ? null : [toEpoch(from), toEpoch(from + span)];
    draw();
  }

  function reset() {
    state.range = null;
    state.resets += 1;
    draw();
  }

  function setEpochAxis(type) {
    state.epochAxis = type;
    if (state.range && type === "log") state.range[0] = Math.max(state.range[0], wholeRange(data, state)[0]);
    document.querySelectorAll("input[name=epoch-axis]").forEach((input) => { input.checked = input.value === type; });
    draw();
  }

  const KEYS = {
    "+": () => move(0, 0.6), "=": () => move(0, 0.6), "-": () => move(0, 1 / 0.6), "0": reset,
    ArrowLeft: () => move(-0.25, 1), ArrowRight: () => move(0.25, 1),
    l: () => setEpochAxis(state.epochAxis === "log" ? "linear" : "log"),
  };

  function buildZoom() {
    for (const [id, key] of [["left", "ArrowLeft"], ["out", "-"], ["in", "+"], ["right", "ArrowRight"], ["reset", "0"]]) {
      byId(id).addEventListener("click", KEYS[key]);
    }
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
      input.checked = input.value === state.lossAxis;
      input.addEventListener("change", () => { state.lossAxis = input.value; draw(); });
    });
    byId("save").addEventListener("click", () => Plotly.downloadImage(chart, {
      format: "svg", filename: "grokyolo", width: chart.clientWidth, height: chart.clientHeight,
    }));
    chart.on("plotly_doubleclick", () => { reset(); return false; });
    chart.on("plotly_relayout", (change) => {
      if (change["xaxis.range[0]"] === undefined) return;
      state.range = [toEpoch(change["xaxis.range[0]"]), toEpoch(change["xaxis.range[1]"])];
      draw();
    });
    chart.on("plotly_click", (event) => {
      byId("at").value = event.points[0].x;
      readValues();
    });
  }

  // Values at an epoch ----------------------------------------------------------------------------------------------

  function row(kind, texts) {
    const line = document.createElement("tr");
    texts.forEach((text, column) => {
      const cell = document.createElement(kind === "head" || column === 0 ? "th" : "td");
      if (cell.tagName === "TH") cell.scope = kind === "head" ? "col" : "row";
      cell.textContent = text;
      line.append(cell);
    });
    return line;
  }

  function nearest(epochs, wanted) {
    return epochs.reduce((best, epoch, i) => (Math.abs(epoch - wanted) < Math.abs(epochs[best] - wanted) ? i : best), 0);
  }

  function readValues() {
    const wanted = Number(byId("at").value);
    byId("values-region").hidden = !(wanted >= 1);
    if (!(wanted >= 1)) return;
    const parts = [["val_score", 3], ["probe_score", 3], ["val_loss", 4], ["probe_loss", 4], ["train_loss", 4]]
      .filter(([name]) => data.runs.some((run) => run.curves[name]));
    const spelled = (run, name, i, digits) => {
      const value = run.curves[name] && run.curves[name][i];
      return value === null || value === undefined ? "–" : name.endsWith("score") ? value.toFixed(3) : value.toPrecision(digits);
    };
    const table = byId("values");
    table.tHead.replaceChildren(row("head", ["run", "nearest drawn epoch", ...parts.map(([name]) => name.replace("_", " "))]));
    table.tBodies[0].replaceChildren(...data.runs.filter((_, index) => state.runs[index]).map((run) => {
      const i = nearest(run.epoch, wanted);
      return row("body", [run.short, run.epoch[i].toLocaleString("en"), ...parts.map(([name, digits]) => spelled(run, name, i, digits))]);
    }));
  }

  // Theme -----------------------------------------------------------------------------------------------------------

  function showTheme() {
    byId("theme").textContent = themeNow() === "dark" ? "Light" : "Dark";
    byId("theme").setAttribute("aria-label", `Switch to ${themeNow() === "dark" ? "light" : "dark"} colours`);
    swatches.forEach((svg) => svg.repaint());
    draw();
  }

  function buildTheme() {
    byId("theme").hidden = false;
    byId("theme").addEventListener("click", () => {
      document.documentElement.dataset.theme = themeNow() === "dark" ? "light" : "dark";
      showTheme();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showTheme);
  }

  byId("unscripted").hidden = true;
  byId("figure").hidden = false;
  draw();
  buildSwitches();
  buildZoom();
  buildTheme();
  showTheme();
  byId("controls").hidden = false;
  byId("reading").hidden = false;
  byId("reading").addEventListener("submit", (event) => event.preventDefault());
  byId("at").addEventListener("input", readValues);
  byId("at").max = Math.max(...data.runs.map((run) => run.epoch[run.epoch.length - 1]));
  document.documentElement.dataset.ready = "yes";
})();
