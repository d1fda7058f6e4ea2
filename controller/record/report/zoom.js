// Zoom into the run: unpack what traces.py has packed and draw it with uPlot. Without scripts the page shows the same
// curves as pictures.
"use strict";
(() => {
  const source = document.getElementById("traces");
  const button = document.getElementById("zoom");
  if (!source || !window.DecompressionStream) return;

  const run = JSON.parse(source.textContent);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // Bytes of the packed numbers: time differences in ms (4 bytes each), then the curves (2 bytes each).
  async function unpack() {
    const bytes = Uint8Array.from(atob(run.packed), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  // The next numbers, each the sum of its own and all earlier differences, modulo what `size` bytes hold.
  function numbers(bytes, start, size) {
    const found = new Array(run.samples);
    for (let i = 0, sum = 0; i < run.samples; i++) {
      for (let plane = 0; plane < size; plane++) sum += bytes[start + plane * run.samples + i] * 256 ** plane;
      found[i] = sum %= 256 ** size;
    }
    return found;
  }

  function curves(bytes) {
    const times = numbers(bytes, 0, 4).map((ms) => ms / 1000);
    const found = run.curves.map((curve, i) => {
      const step = (curve.high - curve.low) / 65534;
      const values = numbers(bytes, (4 + 2 * i) * run.samples, 2);
      return { ...curve, values: values.map((n) => (n === 65535 ? null : curve.low + n * step)) };
    });
    return [times, found];
  }

  const clock = (s) => `${Math.floor(s / 60)}:${(s % 60).toFixed(s % 1 ? 2 : 0).padStart(s % 1 ? 5 : 2, "0")}`;

  // Round steps of a clock, in s.
  const ROUND = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30,
    60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 86400];

  // Step boundaries and alarms, behind the curves.
  function ground(plot) {
    const { ctx, bbox } = plot;
    const line = (t, stroke) => {
      const x = Math.round(plot.valToPos(t, "x", true));
      if (x < bbox.left || x > bbox.left + bbox.width) return;
      ctx.strokeStyle = stroke;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    };
    ctx.save();
    ctx.lineWidth = devicePixelRatio;
    run.steps.forEach(([start]) => line(start, colour("--line")));
    run.marks.forEach(([t]) => line(t, colour("--bad")));
    ctx.restore();
  }

  function draw(strip, at, times, found, box, plots) {
    const own = found.filter((curve) => curve.strip === at);
    const digits = (curve) => Math.min(Math.max(3 - Math.ceil(Math.log10(curve.high - curve.low || 1)), 0), 6);
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const follow = (plot) => {
      if (plot.moved) return;
      const { min, max } = plot.scales.x;
      plots.filter((other) => other !== plot).forEach((other) => {
        other.moved = true;
        other.setScale("x", { min, max });
        other.moved = false;
      });
    };
    const options = {
      title: `${strip.title}, ${strip.unit}`,
      width: box.clientWidth,
      height: 190,
      cursor: { sync: { key: "run" } },
      scales: { x: { time: false } },
      axes: [{ ...axis, incrs: ROUND, values: (_, ticks) => ticks.map(clock) }, { ...axis, size: 64 }],
      series: [
        { label: "time", value: (_, t) => (t === null ? "–" : clock(t)) },
        ...own.map((curve) => ({
          label: curve.kind,
          stroke: colour(curve.kind === "actual" ? "--curve" : "--set"),
          dash: curve.kind === "actual" ? undefined : [6, 4],
          width: 1.25,
          points: { show: false },
          value: (_, v) => (v === null ? "–" : v.toFixed(digits(curve))),
        })),
      ],
      hooks: { drawClear: [ground], setScale: [(plot, key) => key === "x" && follow(plot)] },
    };
    return new uPlot(options, [times, ...own.map((curve) => curve.values)], box);
  }

  async function show() {
    const box = document.getElementById("closer");
    button.hidden = true;
    const [times, found] = curves(await unpack());
    box.hidden = false;
    const plots = [];
    run.strips.forEach((strip, at) => plots.push(draw(strip, at, times, found, box.querySelector("div"), plots)));
    const choice = box.querySelector("select");
    run.steps.forEach(([, , label], i) => choice.add(new Option(label, i)));
    choice.addEventListener("change", () => {
      const [min, max] = choice.value === "" ? [times[0], times[times.length - 1]] : run.steps[choice.value];
      plots[0].setScale("x", { min, max });
    });
    const last = found.map((curve) => curve.values[run.samples - 1]);
    box.dataset.drawn = JSON.stringify({ samples: times.length, end: times[times.length - 1], last });
  }

  button.hidden = false;
  button.addEventListener("click", show);
  if (location.hash === "#closer") show();
})();
