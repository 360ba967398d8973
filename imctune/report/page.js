"use strict";
// Draws the figures of the page, and links the selection of those that show the same designs.
const figures = JSON.parse(document.getElementById("figures").textContent);

function linkSelection(element) {
  element.on("plotly_selected", (event) => {
    const rows = event ? new Set(event.points.map((point) => point.customdata)) : null;
    const selected = element.data.map((trace) => rows && trace.customdata
      .map((row, place) => (rows.has(row) ? place : -1))
      .filter((place) => place >= 0));
    Plotly.restyle(element, { selectedpoints: selected });
  });
}

for (const [name, figure] of Object.entries(figures)) {
  const element = document.getElementById(name);
  const config = { responsive: true, displaylogo: false, showSendToCloud: false, plotlyServerURL: "" };
  Plotly.newPlot(element, figure.data, figure.layout, config).then(() => {
    if (figure.layout.dragmode === "select") linkSelection(element);
  });
}
