"use strict";
// How curves look: colours for both themes, dashes, symbols.

const RUN_COLOURS = {
  light: ["#0072b2", "#d55e00", "#00805c", "#b0458a", "#8a6d00", "#5b4bc4", "#a33b3b", "#4d4d4d"],
  dark: ["#56b4e9", "#ff9d4d", "#3fcf9f", "#ee9ccb", "#f0e442", "#b3a6ff", "#ff8f85", "#d0d0d0"],
};
const PART_COLOURS = {
  light: { probe: "#0072b2", val: "#d55e00", train: "#808080", gap: "#56b4e9" },
  dark: { probe: "#56b4e9", val: "#ff8a3d", train: "#9a9a9a", gap: "#56b4e9" },
};
const DASHES = { val: "solid", probe: "dash", train: "dot" };
const WIDTHS = { val: 2, probe: 1.8, train: 1 };
const PART_NAMES = {
  val: "validation", probe: "probe", train: "train (rough)", gap: "gap", bars: "90 % interval", marks: "marks",
  events: "events",
};

function themeNow() {
  const chosen = document.documentElement.dataset.theme;
  return chosen || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

function runColour(index) {
  const known = RUN_COLOURS[themeNow()];
  if (index < known.length) return known[index];
  const light = themeNow() === "light" ? 38 : 68;
  return `hsl(${Math.round(index * 137.5) % 360}, 60%, ${light}%)`;
}

function partColour(part, index, count) {
  return count > 1 ? runColour(index) : PART_COLOURS[themeNow()][part];
}

function withAlpha(colour, alpha) {
  if (colour.startsWith("hsl")) return colour.replace("hsl(", "hsla(").replace(")", `, ${alpha})`);
  const parts = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  return `rgba(${parts.join(", ")}, ${alpha})`;
}

function cssColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// Plotly reads a little HTML in names: these letters must not become any.
function literal(text) {
  return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

// Names without the folders that all share.
function shortNames(names) {
  if (names.length < 2) return names;
  const parts = names.map((name) => name.replace(/\/+$/, "").split("/"));
  const most = Math.min(...parts.map((list) => list.length)) - 1;
  let shared = 0;
  while (shared < most && parts.every((list) => list[shared] === parts[0][shared])) shared += 1;
  return parts.map((list) => list.slice(shared).join("/"));
}

function shortened(name, most) {
  return name.length <= most ? name : "…" + name.slice(1 - most);
}
