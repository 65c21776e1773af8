// From runs and what is switched on to what Plotly draws.

const DOMAINS = { score: [0.56, 1], strip: [0.47, 0.53], loss: [0, 0.44] };
const MOST_LINES = 200;

function hasScores(data) {
  return data.runs.some((run) => run.curves.val_score || run.curves.probe_score);
}

function axisOf(kind) {
  return kind === "score" ? "y" : "y2";
}

function tracesOf(data, state) {
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
    if (state.layers.events) traces.push(...eventTraces(run, index, data));
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
  const colour = partColour(part, index, data.runs.length);
  const few = y.filter((value) => value !== null).length <= 3;
  const name = PART_NAMES[part] + (data.runs.length > 1 ? ` · ${shortened(run.name, 40)}` : "");
  return {
    x: run.epoch, y, name: literal(name), yaxis: axisOf(kind), connectgaps: true,
    mode: few ? "lines+markers" : "lines", line: { color: colour, width: WIDTHS[part], dash: DASHES[part] },
    hovertemplate: kind === "score" ? "%{y:.3f}" : "%{y:.4~g}", meta: { run: index, part, kind },
  };
}

function barTraces(run, index, data) {
  return Object.entries(run.bars).map(([part, bars]) => {
    const middle = bars.low.map((low, i) => (low + bars.high[i]) / 2);
    const half = bars.low.map((low, i) => (bars.high[i] - low) / 2);
    const words = bars.low.map((low, i) => `${low.toFixed(3)}–${bars.high[i].toFixed(3)}`);
    const colour = partColour(part, index, data.runs.length);
    return {
      x: bars.epoch, y: middle, mode: "markers", marker: { size: 1, color: colour, opacity: 0 }, yaxis: "y",
      error_y: { type: "data", array: half, color: colour, thickness: 1, width: 3 }, text: words,
      name: literal(`90 % interval, ${PART_NAMES[part]}`), hovertemplate: "%{text}",
      meta: { run: index, part: "bars", kind: "score" },
    };
  });
}

function eventTraces(run, index, data) {
  if (!run.events.length) return [];
  const colour = data.runs.length > 1 ? runColour(index) : cssColour("--ink");
  const place = (index + 0.5) / data.runs.length;
  return [{
    x: run.events.map((event) => event[0]), y: run.events.map(() => place), yaxis: "y3", mode: "markers",
    marker: {
      symbol: run.events.map((event) => (event[3] ? "triangle-up" : "circle-open")), size: data.runs.length > 4 ? 5 : 8,
      color: colour,
    },
    text: run.events.map((event) => literal(event[1] + (event[2] ? ` (${event[2]})` : ""))),
    name: data.runs.length > 1 ? literal(shortened(run.name, 40)) : "event",
    hovertemplate: "%{text}", meta: { run: index, part: "events", kind: "strip" },
  }];
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
  data.runs.forEach((run, index) => {
    if (!state.runs[index]) return;
    const colour = data.runs.length > 1 ? runColour(index) : cssColour("--ink");
    const line = (epoch, dash, width) => ({
      type: "line", x0: epoch, x1: epoch, y0: 0, y1: 1, xref: "x", yref: "paper", layer: "below",
      line: { color: colour, dash, width },
    });
    if (state.layers.marks && run.memorised) shapes.push(line(run.memorised, "dot", 1.2));
    if (state.layers.marks && run.jump) {
      shapes.push({
        type: "rect", x0: run.jump[0], x1: run.jump[2], y0: 0, y1: 1, xref: "x", yref: "paper", layer: "below",
        line: { width: 0 }, fillcolor: colour, opacity: 0.09,
      });
      shapes.push(line(run.jump[1], "solid", 1.2));
    }
    if (state.layers.events) {
      const moving = [...new Set(run.events.filter((event) => event[3]).map((event) => event[0]))];
      shapes.push(...moving.slice(0, MOST_LINES).map((epoch) => line(epoch, "1px,3px", 0.8)));
    }
  });
  return shapes;
}

// Names of the marks above the picture; with several runs the cards tell them.
function annotationsOf(data, state, width) {
  const run = data.runs[0];
  if (data.runs.length > 1 || !state.layers.marks || !state.runs[0]) return [];
  const [low, high] = epochRange(data, state);
  const place = (epoch) => (state.epochAxis === "log"
    ? Math.log(epoch / low) / Math.log(high / low) : (epoch - low) / (high - low));
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

function layoutOf(data, state, width) {
  const scores = hasScores(data);
  const ink = cssColour("--ink"), soft = cssColour("--soft"), grid = cssColour("--grid");
  const axis = {
    gridcolor: grid, linecolor: cssColour("--line"), zeroline: false, tickfont: { size: 12, color: soft },
    title: { font: { size: 13, color: ink } }, automargin: false,
  };
  const range = epochRange(data, state);
  const top = scoreTop(data);
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: "inherit", color: ink },
    margin: { l: width < 600 ? 48 : 64, r: width < 600 ? 10 : 20, t: 38, b: 46 }, showlegend: false,
    hovermode: "x unified", hoverlabel: { bgcolor: cssColour("--paper"), font: { color: ink, size: 13 }, namelength: -1 },
    hoversubplots: "axis", dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom", separators: ".,",
    xaxis: {
      ...axis, type: state.epochAxis, range: state.epochAxis === "log" ? range.map(Math.log10) : range,
      title: { ...axis.title, text: "epoch" }, anchor: "y2", uirevision: `${state.epochAxis} ${range}`,
      hoverformat: ",d", exponentformat: "none", tickformat: state.epochAxis === "log" ? "" : ",~r",
      nticks: width < 600 ? 5 : 0, minor: { ticks: "outside", ticklen: 3, tickcolor: cssColour("--line") },
    },
    yaxis: {
      ...axis, domain: DOMAINS.score, range: [-0.03 * top, 1.04 * top], visible: scores,
      title: { ...axis.title, text: literal(data.score) }, uirevision: `score ${state.resets}`,
    },
    yaxis2: {
      ...axis, domain: scores ? DOMAINS.loss : [0, 0.86], type: state.lossAxis, autorange: true,
      title: { ...axis.title, text: "loss" }, uirevision: `${state.lossAxis} ${state.resets}`, exponentformat: "power",
    },
    yaxis3: { domain: scores ? DOMAINS.strip : [0.9, 0.98], range: [0, 1], visible: false, fixedrange: true },
    yaxis4: { overlaying: "y2", range: [0, 1], visible: false, fixedrange: true },
    shapes: shapesOf(data, state), annotations: annotationsOf(data, state, width),
  };
}
