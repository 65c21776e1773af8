// From runs and what is switched on to what Plotly draws.

const DOMAINS = { score: [0.56, 1], strip: [0.47, 0.53], loss: [0, 0.44] };
const DOMAINS_WITHOUT_EVENTS = { score: [0.53, 1], strip: [0.49, 0.5], loss: [0, 0.47] };
const MOST_LINES = 200;

function hasScores(data) {
  return data.runs.some((run) => run.curves.val_score || run.curves.probe_score);
}

function axisOf(kind) {
  return kind === "score" ? "y" : "y2";
}

function tracesOf(data, state, width) {
  const traces = [];
  data.runs.forEach((run, index) => {
    if (!state.runs[index]) return;
    for (const kind of ["score", "loss"]) {
      if (state.layers.gap) traces.push(...bandTraces(run, index, kind, data));
      for (const part of ["train", "probe", "val"]) {
        const trace = state.layers[part] && curveTrace(run, index, part, kind, data);
        if (trace) traces.push(trace);
      }
    }
    if (state.layers.bars) traces.push(...barTraces(run, index, data));
    if (state.layers.events) traces.push(...eventTraces(run, index, data, state, width));
    traces.push(...brokenTraces(run, index, data));
  });
  return traces;
}

function bandTraces(run, index, kind, data) {
  const reference = run.curves[run.likeForLike ? `probe_${kind}` : `train_${kind}`];
  const other = run.curves[`val_${kind}`];
  if (!reference || !other) return [];
  const rows = run.epoch.map((_, i) => i).filter((i) => reference[i] !== null && other[i] !== null);
  if (rows.length < 2) return [];
  const x = rows.map((i) => run.epoch[i]);
  const edge = (values) => ({
    x, y: rows.map((i) => values[i]), mode: "lines", line: { width: 0 }, hoverinfo: "skip", yaxis: axisOf(kind),
    meta: { run: index, part: "gap", kind },
  });
  const fillcolor = withAlpha(partColour("gap", index, data.runs.length), themeNow() === "dark" ? 0.14 : 0.2);
  return [edge(reference), { ...edge(other), fill: "tonexty", fillcolor }];
}

function curveTrace(run, index, part, kind, data) {
  const y = run.curves[`${part}_${kind}`];
  if (!y) return null;
  const several = data.runs.length > 1;
  const known = y.filter((value) => value !== null).length;
  const name = `${PART_NAMES[part]} ${kind === "score" ? data.score : "loss"}`;
  // Plotly takes the nearest point of each curve: where that may be another epoch than the one above, it is named.
  const own = !several && known < y.length ? " (epoch %{x:,d})" : "";
  const text = kind === "score" ? intervalWords(run, part) : undefined;
  const value = `${kind === "score" ? "%{y:.3f}" : "%{y:.4~g}"}${own}${text ? "%{text}" : ""}`;
  return {
    x: run.epoch, y, name: literal(name), yaxis: axisOf(kind), connectgaps: true,
    mode: known <= 3 ? "lines+markers" : "lines",
    line: { color: partColour(part, index, data.runs.length), width: WIDTHS[part], dash: DASHES[part] },
    text,
    hovertemplate: several
      ? `${literal(shortened(run.short, 50)).replace(/%/g, "&#37;")}<br>epoch %{x:,d}<br>${literal(name)}: ${value}<extra></extra>` : value,
    meta: { run: index, part, kind },
  };
}

function intervalWords(run, part) {
  const bars = run.bars[part];
  if (!bars) return undefined;
  const words = new Map(bars.epoch.map((epoch, i) => [
    epoch, `, 90 % interval ${bars.low[i].toFixed(3)}–${bars.high[i].toFixed(3)}`,
  ]));
  return run.epoch.map((epoch) => words.get(epoch) || "");
}

function barTraces(run, index, data) {
  return Object.entries(run.bars).map(([part, bars]) => {
    const middle = bars.low.map((low, i) => (low + bars.high[i]) / 2);
    const half = bars.low.map((low, i) => (bars.high[i] - low) / 2);
    const colour = partColour(part, index, data.runs.length);
    return {
      x: bars.epoch, y: middle, mode: "markers", marker: { size: 1, color: colour, opacity: 0 }, yaxis: "y",
      error_y: { type: "data", array: half, color: colour, thickness: 1, width: 3 }, hoverinfo: "skip",
      meta: { run: index, part: "bars", kind: "score" },
    };
  });
}

function eventTraces(run, index, data, state, width) {
  if (!run.events.length) return [];
  const several = data.runs.length > 1;
  const colour = several ? runColour(index) : cssColour("--ink");
  const row = (index + 0.5) / data.runs.length;
  const labels = several ? run.events.map(() => ["", "right"]) : eventLabels(run.events, data, state, width);
  const words = ([epoch, kind, detail]) => `${kind} at epoch ${epoch.toLocaleString("en")}${detail ? ` (${detail})` : ""}`;
  return [{
    x: run.events.map((event) => event[0]), y: run.events.map(() => row), yaxis: "y3", mode: "markers+text",
    marker: {
      symbol: run.events.map((event) => (event[3] ? "triangle-up" : "circle-open")), size: data.runs.length > 4 ? 5 : 8,
      color: colour,
    },
    text: labels.map(([label]) => literal(label)), textfont: { size: 11, color: colour }, cliponaxis: false,
    textposition: labels.map(([, side]) => `middle ${side}`),
    customdata: run.events.map((event) => literal((several ? `${shortened(run.short, 50)}: ` : "") + words(event))),
    name: "event", hovertemplate: several ? "%{customdata}<extra></extra>" : "%{customdata}",
    meta: { run: index, part: "events", kind: "strip" },
  }];
}

// One label for events that stand close together, `lr-changed ×3, recover`, on a side where it has room; those that
// move the curves choose first. Without room there is none: hovering and the table of events tell them.
function eventLabels(events, data, state, width) {
  const x = events.map((event) => placeOf(event[0], data, state) * width);
  const groups = [];
  events.forEach((event, i) => {
    const last = groups[groups.length - 1];
    if (last && x[i] - x[last.to] < 30) Object.assign(last, { to: i, moves: last.moves || event[3] });
    else groups.push({ from: i, to: i, moves: event[3] });
  });
  const labels = events.map(() => ["", "right"]);
  const busy = groups.map(({ from, to }) => [x[from] - 6, x[to] + 6]);
  const free = (from, to) => from >= 0 && to <= width && busy.every(([low, high]) => to <= low || from >= high);
  for (const { from, to } of [...groups].sort((one, other) => other.moves - one.moves)) {
    const kinds = kindsOf(events.slice(from, to + 1));
    const sides = [[to, "right", x[to] + 7, 1], [from, "left", x[from] - 7, -1]];
    const choices = [kinds.join(", "), ...(kinds.length > 1 ? [`${kinds[0]}, …`] : [])]
      .flatMap((label) => sides.map(([row, side, start, sign]) => {
        const ends = [start, start + sign * label.length * 6.2].sort((one, other) => one - other);
        return { label, row, side, ends };
      }));
    const choice = choices.find(({ ends }) => free(...ends));
    if (choice) {
      labels[choice.row] = [choice.label, choice.side];
      busy.push(choice.ends);
    }
  }
  return labels;
}

function kindsOf(events) {
  return [...new Set(events.map((event) => event[1]))].map((kind) => {
    const count = events.filter((event) => event[1] === kind).length;
    return count > 1 ? `${kind} ×${count}` : kind;
  });
}

function brokenTraces(run, index, data) {
  if (!run.notFinite.length) return [];
  return [{
    x: run.notFinite, y: run.notFinite.map(() => 0.97), yaxis: "y4", mode: "markers",
    marker: { symbol: "x", size: 8, color: partColour("val", index, data.runs.length) },
    name: "loss not finite from here", hovertemplate: "validation loss not finite from here",
    meta: { run: index, part: "broken", kind: "loss" },
  }];
}

function shapesOf(data, state) {
  const shapes = [];
  const panels = hasScores(data) ? ["y", "y2", "y3"] : ["y2", "y3"];
  const add = (shape) => shapes.push(...panels.map((axis) => ({
    y0: 0, y1: 1, xref: "x", yref: `${axis} domain`, layer: "above", ...shape,
  })));
  data.runs.forEach((run, index) => {
    if (!state.runs[index]) return;
    const color = data.runs.length > 1 ? runColour(index) : cssColour("--ink");
    const line = (epoch, dash, width) => add({ type: "line", x0: epoch, x1: epoch, line: { color, dash, width } });
    if (state.layers.marks && run.memorised) line(run.memorised, "dot", 1.2);
    if (state.layers.marks && run.jump) {
      add({ type: "rect", x0: run.jump[0], x1: run.jump[2], line: { width: 0 }, fillcolor: color, opacity: 0.09, layer: "below" });
      line(run.jump[1], "solid", 1.2);
    }
    if (!state.layers.events) return;
    const moving = [...new Set(run.events.filter((event) => event[3]).map((event) => event[0]))];
    moving.slice(0, MOST_LINES).forEach((epoch) => line(epoch, "1px,3px", 0.8));
  });
  return shapes;
}

// Names of the marks above the picture; with several runs the cards tell them.
function annotationsOf(data, state, width) {
  const run = data.runs[0];
  if (data.runs.length > 1 || !state.layers.marks || !state.runs[0]) return [];
  const place = (epoch) => placeOf(epoch, data, state);
  const labels = [];
  if (run.memorised) labels.push([run.memorised, `memorised: ${run.memorised.toLocaleString("en")}`]);
  if (run.jump) {
    const [start, middle, end] = run.jump.map((epoch) => epoch.toLocaleString("en"));
    labels.push([run.jump[1], `jump: ${middle} (${start}–${end})`]);
  }
  const shown = labels.filter(([epoch]) => place(epoch) >= 0 && place(epoch) <= 1);
  const close = shown.length === 2 && Math.abs(place(shown[0][0]) - place(shown[1][0])) < 230 / width;
  return shown.map(([epoch, text], i) => {
    const lean = place(epoch) < 0.12 ? "left" : place(epoch) > 0.8 ? "right" : "center";
    const x = state.epochAxis === "log" ? Math.log10(epoch) : epoch;
    return {
      x, y: 1, xref: "x", yref: "paper", yanchor: "bottom", xanchor: lean, text, showarrow: false,
      yshift: close && i === 1 ? 15 : 0, font: { size: 12, color: cssColour("--ink") },
    };
  });
}

function wholeRange(data, state) {
  const chosen = data.runs.filter((_, index) => state.runs[index]);
  const runs = chosen.length ? chosen : data.runs;
  const first = Math.min(...runs.map((run) => run.epoch[0]));
  const last = Math.max(...runs.map((run) => run.epoch[run.epoch.length - 1]));
  if (state.epochAxis === "log") return [first * 0.92, last * 1.08 + (first === last)];
  const pad = Math.max(0.5, (last - first) * 0.02);
  return [first - pad, last + pad];
}

// Where an epoch lies on the axis, between 0 (left) and 1.
function placeOf(epoch, data, state) {
  const [low, high] = epochRange(data, state);
  if (state.epochAxis === "log") return Math.log(epoch / low) / Math.log(high / low);
  return (epoch - low) / (high - low);
}

// 1, 2, 5, 10 … on a log axis, only powers of ten where there are many; null where Plotly's own ticks are denser.
function roundTicks([low, high]) {
  const found = [];
  const steps = high / low > 1e4 ? [1] : [1, 2, 5];
  for (let power = 0; 10 ** power <= high; power += 1) {
    for (const step of steps) {
      const value = step * 10 ** power;
      if (value >= low && value <= high) found.push(value);
    }
  }
  return found.length >= 3 ? found : null;
}

function epochRange(data, state) {
  return state.range || wholeRange(data, state);
}

function scoreTop(data) {
  let top = 0;
  for (const run of data.runs) {
    const lists = [run.curves.val_score, run.curves.probe_score, ...Object.values(run.bars).map((bars) => bars.high)];
    for (const values of lists) for (const value of values || []) if (value > top) top = value;
  }
  return top > 0.5 ? 1 : Math.max(top * 1.1, 0.05);
}

function lossTicks(data, state) {
  if (state.lossAxis === "linear") return {};
  let low = Infinity, high = 0;
  for (const run of data.runs) {
    for (const name of ["train_loss", "probe_loss", "val_loss"]) {
      for (const value of run.curves[name] || []) {
        if (value > 0) { low = Math.min(low, value); high = Math.max(high, value); }
      }
    }
  }
  const decades = Math.log10(high / low);
  return decades > 8 ? { dtick: 2 } : decades > 1.3 ? { dtick: 1 } : {};
}

function layoutOf(data, state, width) {
  const scores = hasScores(data);
  const domains = data.runs.some((run) => run.events.length) ? DOMAINS : DOMAINS_WITHOUT_EVENTS;
  const ink = cssColour("--ink"), soft = cssColour("--soft"), grid = cssColour("--grid");
  const axis = {
    gridcolor: grid, linecolor: cssColour("--line"), zeroline: false, tickfont: { size: 12, color: soft },
    title: { font: { size: 13, color: ink } }, automargin: false,
  };
  const range = epochRange(data, state);
  const top = scoreTop(data);
  const rounds = state.epochAxis === "log" ? roundTicks(range) : null;
  const ticks = rounds ? { tickvals: rounds, ticktext: rounds.map((value) => value.toLocaleString("en")) } : {};
  return {
    paper_bgcolor: cssColour("--paper"), plot_bgcolor: cssColour("--paper"), font: { family: "inherit", color: ink },
    margin: { l: width < 600 ? 48 : 64, r: width < 600 ? 10 : 20, t: 38, b: 46 }, showlegend: false,
    hovermode: data.runs.length > 1 ? "closest" : "x unified", hoverlabel: { bgcolor: cssColour("--paper"), font: { color: ink, size: 13 }, namelength: -1 },
    hoversubplots: "axis", dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom", separators: ".,",
    xaxis: {
      ...axis, type: state.epochAxis, range: state.epochAxis === "log" ? range.map(Math.log10) : range,
      title: { ...axis.title, text: "epoch" }, anchor: "y2", uirevision: `${state.epochAxis} ${range}`,
      hoverformat: ",d", exponentformat: "none", tickformat: ",~r", nticks: width < 600 ? 5 : 0, ...ticks,
      unifiedhovertitle: { text: "epoch %{x:,d}" },
    },
    yaxis: {
      ...axis, domain: domains.score, range: [-0.03 * top, 1.04 * top], visible: scores,
      title: { ...axis.title, text: literal(data.score) }, uirevision: `score ${state.resets}`,
    },
    yaxis2: {
      ...axis, domain: scores ? domains.loss : [0, 0.86], type: state.lossAxis, autorange: true,
      title: { ...axis.title, text: "loss" }, uirevision: `${state.lossAxis} ${state.resets}`, tickformat: "~g", ...lossTicks(data, state),
    },
    yaxis3: { domain: scores ? domains.strip : [0.9, 0.98], range: [0, 1], visible: false, fixedrange: true },
    yaxis4: { overlaying: "y2", range: [0, 1], visible: false, fixedrange: true },
    shapes: shapesOf(data, state), annotations: annotationsOf(data, state, width),
  };
}
