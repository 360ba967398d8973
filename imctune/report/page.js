"use strict";
// Unpacks plotly.js, draws the figures of the page, and links those that show the same designs.
const figures = JSON.parse(document.getElementById("figures").textContent);
const linked = [];
const MARK = "#D55E00";

// Where each design stands in a figure: per subplot, its coordinates by the design's row.
function placesOf(element) {
  const places = new Map();
  for (const trace of element.data) {
    const subplot = trace.scene ? trace.scene : `${trace.xaxis || "x"} ${trace.yaxis || "y"}`;
    (trace.customdata || []).forEach((row, place) => {
      if (!places.has(row)) places.set(row, {});
      places.get(row)[subplot] = { x: trace.x[place], y: trace.y[place], z: trace.z?.[place] };
    });
  }
  return places;
}

function ring(subplot, at) {
  const [xref, yref] = subplot.split(" ");
  return {
    type: "circle", xref, yref, xsizemode: "pixel", ysizemode: "pixel", xanchor: at.x, yanchor: at.y,
    x0: -11, x1: 11, y0: -11, y1: 11, line: { color: MARK, width: 3 },
  };
}

function label(row, at) {
  return {
    x: Math.log10(at.x), y: Math.log10(at.y), z: Math.log10(at.z), text: `design ${row}`,
    ax: 40, ay: -40, arrowcolor: MARK, arrowwidth: 2, bgcolor: "white", bordercolor: MARK, borderpad: 3,
  };
}

// Marks one design, or none, in every linked figure.
function point(row) {
  for (const { element, places } of linked) {
    const here = Object.entries(places.get(row) || {});
    const change = element.layout.scene
      ? { "scene.annotations": here.map(([, at]) => label(row, at)) }
      : { shapes: here.map(([subplot, at]) => ring(subplot, at)) };
    Plotly.relayout(element, change);
  }
}

// Dims all designs but the selected ones; in 3-D, where nothing can be dimmed, hides them.
function select(rows) {
  for (const { element, whole } of linked) {
    if (element.layout.scene) {
      const kept = whole.map((trace) => trace.customdata
        .map((row, place) => (!rows || rows.has(row) ? place : -1)).filter((place) => place >= 0));
      const change = {};
      for (const key of ["x", "y", "z", "text", "customdata"]) {
        change[key] = whole.map((trace, index) => kept[index].map((place) => trace[key][place]));
      }
      Plotly.restyle(element, change);
    } else {
      const selected = element.data.map((trace) => rows && trace.customdata
        .map((row, place) => (rows.has(row) ? place : -1)).filter((place) => place >= 0));
      Plotly.restyle(element, { selectedpoints: selected });
    }
  }
}

function link(element) {
  const whole = element.data.map(({ x, y, z, text, customdata }) => ({ x, y, z, text, customdata }));
  linked.push({ element, whole, places: placesOf(element) });
  element.on("plotly_hover", (event) => point(event.points[0].customdata));
  element.on("plotly_unhover", () => point(null));
  if (element.layout.dragmode !== "select") return;
  element.on("plotly_selected", (event) => {
    select(event && event.points.length ? new Set(event.points.map((one) => one.customdata)) : null);
  });
  element.on("plotly_deselect", () => select(null));
}

function draw() {
  for (const [name, figure] of Object.entries(figures)) {
    const element = document.getElementById(name);
    const config = { responsive: true, displaylogo: false, showSendToCloud: false, plotlyServerURL: "" };
    Plotly.newPlot(element, figure.data, figure.layout, config).then(() => {
      if (figure.layout.meta === "linked") link(element);
    });
  }
}

// plotly.js is kept packed, or it would be nine tenths of the page; browsers unpack since 2023.
async function unpack() {
  const packed = atob(document.getElementById("plotly").textContent);
  const bytes = Uint8Array.from(packed, (letter) => letter.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(plain).text();
  document.head.append(script);
}

unpack().then(draw, (error) => {
  for (const name of Object.keys(figures)) {
    document.getElementById(name).textContent = `This browser cannot show the figure: ${error}`;
  }
});
