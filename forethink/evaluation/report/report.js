// SPDX-License-Identifier: Apache-2.0
//
// The moving parts of the report: theme, charts (uPlot), film players, copy buttons.
// All data come from the JSON in #report-data; text only ever enters the page as text.
(() => {
  "use strict";

  const data = JSON.parse(document.getElementById("report-data").textContent);
  const root = document.documentElement;
  const charts = new Set();  // Everything that must be drawn again when the theme changes.

  /** An element with attributes, listeners ("on...") and children (nodes or text). */
  function make(tag, attributes, ...children) {
    const svg = ["svg", "path", "circle", "line", "text"].includes(tag);
    const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag)
                     : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  }

  // ---------------------------------------------------------------- numbers

  const nbsp = "\u00a0";

  function trim(value, digits) {
    return String(Number(value.toPrecision(digits)));
  }

  function formatNumber(value) {
    if (value === null || value === undefined || !Number.isFinite(value)) return "\u2013";
    const size = Math.abs(value);
    if (size >= 1e9) return trim(value / 1e9, 3) + nbsp + "G";
    if (size >= 1e6) return trim(value / 1e6, 3) + nbsp + "M";
    if (size >= 1e4) return trim(value / 1e3, 3) + nbsp + "k";
    if (size !== 0 && size < 1e-3) return value.toExponential(1).replace("-", "\u2212");
    return trim(value, size >= 1000 ? 4 : 3).replace("-", "\u2212");
  }

  function formatPercent(value) {
    if (value === null || value === undefined || !Number.isFinite(value)) return "\u2013";
    return (value === 0 || value === 1 ? (value * 100).toFixed(0) : (value * 100).toFixed(1)) +
           nbsp + "%";
  }

  // ------------------------------------------------------------------ theme

  function color(name) {
    return getComputedStyle(root).getPropertyValue(name).trim();
  }

  function isDark() {
    return root.dataset.theme ? root.dataset.theme === "dark"
                              : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  function mix(from, to, share) {
    const parse = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
    const a = parse(from), b = parse(to);
    return "rgb(" + a.map((v, i) => Math.round(v + (b[i] - v) * share)).join(",") + ")";
  }

  /** Colour of line `index` of `lines`; asked anew on each drawing, so that it follows the theme. */
  function lineColor(lines, index) {
    const tone = lines[index].tone;
    if (tone === "good" || tone === "bad") return color("--" + tone);
    if (tone === "guide") return color("--soft");
    if (tone === "ramp") {
      const share = lines.length > 1 ? index / (lines.length - 1) : 1;
      return mix(color("--ramp-from"), color("--ramp-to"), share);
    }
    return color("--c" + ((lines[index].color ?? index) % 8 + 1));
  }

  function redrawAll() {
    for (const redraw of charts) redraw();
  }

  function setUpTheme() {
    const button = document.getElementById("theme");
    const describe = () =>
        button.setAttribute("aria-label", isDark() ? "Switch to light" : "Switch to dark");
    describe();
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      try {
        localStorage.setItem("forethink-theme", root.dataset.theme);
      } catch (error) {
        // Local files may have no storage; the choice then lasts as long as the page.
      }
      describe();
      redrawAll();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      describe();
      redrawAll();
    });
  }

  // ----------------------------------------------------------------- charts

  /** Lines on one common x: [xs, ys...], with gaps where a line has no point. */
  function alignLines(lines, positiveOnly) {
    const keep = (v) => (positiveOnly && !(v > 0) ? null : v);
    return uPlot.join(lines.map((line) => [line.x, line.y.map(keep)]));
  }

  function spread(lines) {
    let low = Infinity, high = -Infinity;
    for (const line of lines) {
      for (const v of line.y) {
        if (v > 0) { low = Math.min(low, v); high = Math.max(high, v); }
      }
    }
    return high > 0 ? high / low : 1;
  }

  /** Tick labels in one unit: 0, 5 k, 10 k rather than 0, 5000, 10 k. */
  function axisTexts(splits) {
    const largest = Math.max(...splits.map((v) => Math.abs(v ?? 0)));
    const [unit, suffix] = largest >= 1e6 ? [1e6, "M"] : largest >= 1e4 ? [1e3, "k"] : [1, ""];
    return splits.map((v) => v === null || v === undefined ? ""
        : v === 0 || !suffix ? formatNumber(v) : trim(v / unit, 4) + nbsp + suffix);
  }

  /** 1, 2, 5, 10 ... or whole decades, within the range of a logarithmic axis. */
  function logSplits(low, high) {
    const decades = Math.log10(high / low);
    const stride = Math.max(1, Math.ceil(decades / 7));
    const splits = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
      for (const factor of decades <= 2.2 ? [1, 2, 5] : [1]) {
        const value = Number((factor + "e" + power));
        if (value >= low && value <= high && (factor > 1 || power % stride === 0)) splits.push(value);
      }
    }
    return splits;
  }

  /** The last of the increasing `xs` that is not beyond `x`, or the first. */
  function lastBefore(xs, x) {
    let index = 0;
    while (index + 1 < xs.length && xs[index + 1] <= x) index += 1;
    return index;
  }

  /** The last value at or before `index`, so that lines logged rarely still have one to show. */
  function valueAt(values, index) {
    let i = index === null || index === undefined ? values.length - 1 : index;
    while (i >= 0 && (values[i] === null || values[i] === undefined)) i -= 1;
    return i >= 0 ? values[i] : null;
  }

  /**
   * Draws `spec` into `host`. Options: height; sync, a key that joins cursors; zoom; ownKeys; xRange;
   * yRange; reading(index), which index to show for a cursor's; onResize().
   * A line may have a color (its number), be dotted, have gaps where a value is missing, and be
   * joined to the line before it: then it has no place in the legend and is hidden with that line.
   * Returns {plot, setReading(index), leave()}.
   */
  function drawChart(host, spec, options) {
    const format = spec.percent ? formatPercent : formatNumber;
    // A logarithmic axis over less than a decade says nothing that a linear one does not.
    const yLog = spec.y_log && spread(spec.lines) >= 10;
    const table = alignLines(spec.lines, yLog);
    // Lines told apart by their outcome, or too many to name, share one short legend.
    const outcomes = spec.lines.some((line) => line.tone === "good" || line.tone === "bad");
    const many = outcomes || spec.lines.filter((line) => !line.joined).length > 9;
    const errorEnds = spec.lines.flatMap((line) =>
        (line.error || []).flatMap((error, i) => [line.y[i] - error, line.y[i] + error]));
    const readings = [];
    const legend = make("div", {class: "legend"});
    const where = make("small", {});
    const box = make("div", {class: "plot", tabindex: "0", role: "img"});
    host.append(make("figure", {class: "chart"},
                     make("figcaption", {}, spec.title, where), legend, box));
    const swatches = [];

    function setReading(index) {
      if (many) return;
      for (const [node, i] of readings) {
        const exact = spec.lines[i].gaps && index !== null && index !== undefined;
        node.textContent = format(exact ? table[i + 1][index] : valueAt(table[i + 1], index));
      }
    }
    function setPlace(index) {
      where.textContent = index === null || index === undefined
          ? "" : spec.x_label + " " + formatNumber(table[0][index]);
    }

    const axis = {
      stroke: () => color("--soft"),
      // On a logarithmic axis, lines only where there are labels.
      grid: {
        stroke: () => color("--rule"), width: 1,
        filter: (u, splits, i, space, step) => u.axes[i].filter(u, splits, i, space, step),
      },
      ticks: {show: false},
      font: "12px system-ui, 'Liberation Sans', Arial, sans-serif",
    };
    const plot = new uPlot({
      width: Math.max(box.clientWidth, 120),
      height: options.height,
      legend: {show: false},
      padding: [8, 16, 0, 0],
      cursor: {
        y: false,
        drag: {x: options.zoom, y: false},
        points: {size: 6},
        sync: options.sync ? {key: options.sync, scales: ["x", null]} : undefined,
      },
      scales: {
        x: spec.x_log ? {time: false, distr: 3, log: 2}
            : {time: false, ...(options.xRange ? {range: options.xRange} : {})},
        y: yLog ? {distr: 3, range: (u, low, high) => [low / 1.25, high * 1.25]}
            : {range: options.yRange || ((u, low, high) => linearRange(
                Math.min(low, ...errorEnds), Math.max(high, ...errorEnds), spec.percent))},
      },
      axes: [
        {...axis, size: 28, gap: 4, space: 56, values: (u, splits) => axisTexts(splits)},
        {...axis, size: 52, gap: 6, space: 26,
         ...(yLog ? {splits: (u, i, low, high) => logSplits(low, high), filter: (u, s) => s} : {}),
         values: (u, splits) => !spec.percent ? axisTexts(splits) : splits.map((v) =>
             v === null ? "" : trim(v * 100, 4) + nbsp + "%")},
      ],
      series: [{}, ...spec.lines.map((line, i) => ({
        label: line.label,
        stroke: () => lineColor(spec.lines, i),
        width: line.dotted ? 2.25 : many || line.tone === "guide" ? 1.25 : 1.75,
        alpha: many ? 0.75 : 1,
        dash: line.dotted ? [2, 3] : line.tone === "guide" ? [5, 4] : undefined,
        spanGaps: !line.gaps,
        points: {show: !many && line.tone !== "guide" && line.x.length < 12, size: 6,
                 fill: () => lineColor(spec.lines, i)},
      }))],
      hooks: {
        setCursor: [(u) => {
          setReading(options.reading ? options.reading(u.cursor.idx) : u.cursor.idx);
          setPlace(u.cursor.idx);
        }],
        draw: [(u) => spec.lines.forEach((line, i) => {
          if (line.error && u.series[i + 1].show) drawWhiskers(u, line, lineColor(spec.lines, i));
        })],
      },
    }, table, box);

    if (many) {
      const tones = [["good", "reached"], ["bad", "not reached"]];
      for (const [tone, name] of tones) {
        if (!spec.lines.some((line) => line.tone === tone)) continue;
        const swatch = make("span", {class: "swatch"});
        swatches.push([swatch, () => color("--" + tone)]);
        legend.append(make("span", {class: "plain"}, swatch, name));
      }
    } else {
      spec.lines.forEach((line, i) => {
        if (line.joined) return;
        const swatch = make("span", {class: "swatch"});
        const reading = make("b", {});
        swatches.push([swatch, () => lineColor(spec.lines, i)]);
        if (line.tone !== "guide") readings.push([reading, i]);
        const button = make("button", {
          type: "button",
          "aria-pressed": "true",
          title: "Show or hide",
          onclick: () => {
            const show = !plot.series[i + 1].show;
            button.setAttribute("aria-pressed", String(show));
            plot.setSeries(i + 1, {show});
            for (let k = i + 1; spec.lines[k]?.joined; k += 1) plot.setSeries(k + 1, {show});
          },
        }, swatch, spec.lines.length === 1 && line.label === spec.title ? "value" : line.label,
           reading);
        legend.append(button);
      });
    }
    const paint = () => { for (const [node, ink] of swatches) node.style.background = ink(); };
    paint();
    setReading(null);
    box.setAttribute("aria-label", spec.title + ". " + spec.lines.slice(0, 9).map((line, i) =>
        line.label + ": last " + format(valueAt(table[i + 1], null))).join("; ") +
        ". Left and right arrow keys move the cursor.");
    box.addEventListener("keydown", (event) => {
      if (options.ownKeys === false) return;
      const move = {ArrowLeft: -1, ArrowRight: 1}[event.key];
      if (!move) return;
      event.preventDefault();
      const last = table[0].length - 1;
      const from = plot.cursor.idx ?? (move > 0 ? -1 : last + 1);
      const stride = event.shiftKey ? Math.max(1, Math.round(last / 20)) : 1;
      const index = Math.min(last, Math.max(0, from + move * stride));
      plot.setCursor({left: plot.valToPos(table[0][index], "x"), top: 10});
    });
    const redraw = () => { paint(); plot.redraw(false); };
    charts.add(redraw);
    const observer = new ResizeObserver(() => {
      const width = box.clientWidth;
      if (width > 0 && width !== plot.width) {
        plot.setSize({width, height: options.height});
        if (options.onResize) options.onResize();
      }
    });
    observer.observe(box);
    const leave = () => { charts.delete(redraw); observer.disconnect(); plot.destroy(); };
    return {plot, setReading, leave};
  }

  /** Errors of a line, up and down from its points. */
  function drawWhiskers(u, line, ink) {
    const context = u.ctx;
    context.save();
    context.strokeStyle = ink;
    context.lineWidth = 1.25 * devicePixelRatio;
    context.beginPath();
    line.x.forEach((x, i) => {
      const at = u.valToPos(x, "x", true);
      context.moveTo(at, u.valToPos(line.y[i] - line.error[i], "y", true));
      context.lineTo(at, u.valToPos(line.y[i] + line.error[i], "y", true));
    });
    context.stroke();
    context.restore();
  }

  /** A little air above and below; shares never leave [0, 1]. */
  function linearRange(low, high, percent) {
    if (low === null || high === null) return [0, 1];
    const air = (high - low || Math.abs(high) || 1) * 0.06;
    let bottom = low - air, top = high + air;
    if (low >= 0 && bottom < 0) bottom = 0;
    // Far from zero a curve is readable; near it, zero belongs to the picture.
    if (low > 0 && low < 0.35 * high) bottom = 0;
    if (percent) { bottom = Math.max(0, bottom); top = Math.min(1, Math.max(top, bottom + 1e-3)); }
    return [bottom, top];
  }

  function setUpCharts() {
    for (const host of document.querySelectorAll("[data-charts]")) {
      const id = host.dataset.charts;
      const wide = host.classList.contains("wide");
      whenNear(host, () => {
        for (const spec of data.charts[id]) {
          drawChart(host, spec, {height: wide ? 260 : 190, sync: id, zoom: true});
        }
      });
    }
  }

  /** Runs `work` once, when `node` comes near the window (or is about to be printed). */
  function whenNear(node, work) {
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      work();
    }, {rootMargin: "600px"});
    observer.observe(node);
  }

  // ------------------------------------------------------------------ films

  const kFramesPerSecond = 15;
  const kTrueInk = "#12395b";
  const kImaginedInk = "#9322b8";

  const icons = {
    play: "M5 3.2v11.6L15 9z",
    pause: "M4.5 3h3.2v12H4.5zM10.3 3h3.2v12h-3.2z",
    back: "M11.5 4 6 9l5.5 5z",
    forward: "M6.5 4 12 9l-5.5 5z",
  };

  function icon(name) {
    return make("svg", {viewBox: "0 0 18 18", width: "16", height: "16", "aria-hidden": "true"},
                make("path", {d: icons[name], fill: "currentColor"}));
  }

  function lineSample(kind) {
    return make("svg", {viewBox: "0 0 24 8", width: "24", height: "8", "aria-hidden": "true"},
                make("line", {x1: "2", y1: "4", x2: "22", y2: "4", class: kind}));
  }

  function loadPicture(base64) {
    return new Promise((resolve, reject) => {
      const image = new Image();
      image.onload = () => resolve(image);
      image.onerror = () => reject(new Error("a film's picture could not be decoded"));
      image.src = "data:image/png;base64," + base64;
    });
  }

  /** Fits a canvas to its place on the screen; returns its context, scaled to CSS pixels. */
  function fitCanvas(canvas) {
    const ratio = window.devicePixelRatio || 1;
    const size = Math.max(1, Math.round(canvas.clientWidth * ratio));
    if (canvas.width !== size || canvas.height !== size) {
      canvas.width = size;
      canvas.height = size;
    }
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.imageSmoothingEnabled = false;
    return context;
  }

  /** Steps through something that moves: keys, a slider, and charts that follow and lead it. */
  class Player {
    /** @param times  Of each step, on the x axis of its charts; strictly increasing. */
    constructor(host, times) {
      this.host = host;
      this.times = times;
      this.step = 0;
      this.playing = false;
      this.last = times.length - 1;
      this.plots = [];
    }

    /** Stops for good: it has left the page. */
    leave() {
      this.gone = true;
      this.pause();
      if (this.observer) this.observer.disconnect();
      for (const {chart} of this.plots) chart.leave();
    }

    /** Buttons, slider and counter; the host becomes a group of `about` that listens to keys. */
    makeControls(name, about) {
      this.slider = make("input", {
        type: "range", min: "0", max: String(this.last), step: "1", value: "0",
        "aria-label": name + ": step",
        oninput: () => { this.pause(); this.seek(Number(this.slider.value)); },
      });
      this.playButton = make("button", {
        type: "button", "aria-label": "Play", onclick: () => this.toggle(),
      }, icon("play"));
      const minor = (label, mark, by) => make("button", {
        type: "button", class: "minor", "aria-label": label,
        onclick: () => { this.pause(); this.seek(this.step + by); },
      }, icon(mark));
      this.counter = make("output", {});
      this.host.setAttribute("tabindex", "0");
      this.host.setAttribute("role", "group");
      this.host.setAttribute("aria-label", about + ". Space plays, arrow keys step.");
      this.host.addEventListener("keydown", (event) => this.onKey(event));
      return make("div", {class: "controls"}, this.playButton, minor("One step back", "back", -1),
                  minor("One step on", "forward", 1), this.slider, this.counter);
    }

    /** A chart in `host` with a mark at the present step; pressing it goes there. */
    addChart(host, spec, options) {
      const entry = {};
      entry.chart = drawChart(host, spec, {
        zoom: false, ownKeys: false,
        xRange: [this.times[0], Math.max(this.times[0] + 1, this.times[this.last])],
        reading: (index) => index ?? this.indexIn(entry.chart),
        onResize: () => this.placeNow(),
        ...options,
      });
      const over = entry.chart.plot.over;
      entry.now = make("div", {class: "now"});
      over.append(entry.now);
      let pressed = false;
      const follow = (event) => {
        this.pause();
        const left = event.clientX - over.getBoundingClientRect().left;
        this.seek(this.nearest(entry.chart.plot.posToVal(left, "x")));
      };
      over.addEventListener("pointerdown", (event) => {
        pressed = true;
        over.setPointerCapture(event.pointerId);
        follow(event);
      });
      over.addEventListener("pointermove", (event) => { if (pressed) follow(event); });
      for (const end of ["pointerup", "pointercancel"]) {
        over.addEventListener(end, () => { pressed = false; });
      }
      this.plots.push(entry);
    }

    /** The step whose time is nearest. */
    nearest(time) {
      let best = 0;
      this.times.forEach((t, i) => {
        if (Math.abs(t - time) < Math.abs(this.times[best] - time)) best = i;
      });
      return best;
    }

    /** The last point of a chart that is not after the present step. */
    indexIn(chart) {
      return chart ? lastBefore(chart.plot.data[0], this.times[this.step]) : null;
    }

    placeNow() {
      for (const {chart, now} of this.plots) {
        now.style.left = chart.plot.valToPos(this.times[this.step], "x") + "px";
        if (chart.plot.cursor.idx == null) chart.setReading(this.indexIn(chart));
      }
    }

    onKey(event) {
      const onRange = event.target === this.slider;
      const onButton = event.target.tagName === "BUTTON";
      const big = event.shiftKey ? 10 : 1;
      const to = {ArrowLeft: this.step - big, ArrowRight: this.step + big, Home: 0, End: this.last};
      if (event.key === " " && !onButton) {
        event.preventDefault();
        this.toggle();
      } else if (event.key in to && (!onRange || event.shiftKey)) {
        event.preventDefault();
        this.pause();
        this.seek(to[event.key]);
      }
    }

    toggle() {
      if (this.playing) this.pause(); else this.play();
    }

    play() {
      if (!this.ready()) return;
      if (this.step >= this.last) this.seek(0);
      this.playing = true;
      this.showButton();
      const began = performance.now(), from = this.step;
      const tick = (now) => {
        if (!this.playing) return;
        const step = from + Math.floor((now - began) / 1000 * kFramesPerSecond);
        if (step !== this.step) this.seek(step);
        if (this.step >= this.last) this.pause(); else requestAnimationFrame(tick);
      };
      requestAnimationFrame(tick);
    }

    pause() {
      this.playing = false;
      this.showButton();
    }

    showButton() {
      if (!this.playButton) return;
      this.playButton.setAttribute("aria-label", this.playing ? "Pause" : "Play");
      this.playButton.replaceChildren(icon(this.playing ? "pause" : "play"));
    }

    seek(step) {
      this.step = Math.min(this.last, Math.max(0, step));
      this.slider.value = String(this.step);
      this.counter.textContent = this.times[this.step] + " / " + this.times[this.last];
      this.host.dataset.step = String(this.step);
      this.placeNow();
      this.draw();
    }
  }

  class FilmPlayer extends Player {
    constructor(host, film) {
      super(host, Array.from({length: film.frame_count}, (_, step) => step));
      this.film = film;
    }

    ready() { return Boolean(this.strip); }

    async start() {
      if (this.gone) return;
      this.build();
      [this.strip, this.goal] =
          await Promise.all([loadPicture(this.film.frames_png), loadPicture(this.film.goal_png)]);
      if (this.gone) return;
      this.drawGoal();
      this.seek(0);
      this.observer = new ResizeObserver(() => { this.drawGoal(); this.draw(); });
      this.observer.observe(this.canvas);
      this.host.dataset.ready = "true";
    }

    build() {
      const film = this.film;
      const name = "Task " + film.task + ", " + film.planner;
      this.canvas = make("canvas", {
        class: "world", role: "img",
        "aria-label": name + ": film of the episode", onclick: () => this.toggle(),
      });
      this.goalCanvas = make("canvas", {role: "img", "aria-label": name + ": the goal's image"});
      this.gap = make("b", {}, "\u2013");
      const side = make("div", {class: "side"},
          make("figure", {}, this.goalCanvas, make("figcaption", {}, "Goal")),
          make("ul", {},
               make("li", {}, lineSample("true-line"), "happened"),
               ...(film.imagined.length
                   ? [make("li", {}, lineSample("imagined-line"), "imagined")]
                   : [])),
          ...(film.imagined.length
              ? [make("div", {class: "gap"}, this.gap, "off, at the end of what was imagined")] : []));
      const controls = this.makeControls(name, name + ", " +
          (film.success ? "reached in " + film.steps + " steps" : "not reached"));
      this.host.append(
          make("header", {},
               make("span", {class: "badge " + (film.success ? "good" : "bad")},
                    (film.success ? "\u2713 reached in " : "\u2717 not reached in ") + film.steps +
                    " steps"),
               make("strong", {}, "Task " + film.task),
               make("span", {class: "who"}, film.planner)),
          make("div", {class: "screen"}, this.canvas, side),
          controls);
      if (film.terms.length) this.buildEnergy();
    }

    buildEnergy() {
      const film = this.film;
      const lines = film.terms.map((label, term) => {
        const line = {label: label.replaceAll("_", " "), tone: "", x: [], y: []};
        film.energy.forEach((row, step) => {
          if (row[term] === null) return;
          line.x.push(step);
          line.y.push(row[term]);
        });
        return line;
      }).filter((line) => line.x.length);
      if (!lines.length) return;
      const spec = {title: "Energy of the plan, by term", x_label: "step", lines};
      const host = make("div", {});
      this.host.append(host);
      this.addChart(host, spec, {height: 126});
    }

    drawGoal() {
      if (!this.goal) return;
      const context = fitCanvas(this.goalCanvas);
      const size = this.goalCanvas.clientWidth;
      context.drawImage(this.goal, 0, 0, size, size);
    }

    draw() {
      if (!this.strip) return;
      const film = this.film;
      const context = fitCanvas(this.canvas);
      const size = this.canvas.clientWidth;
      const scale = size / film.world_size;
      const x = (this.step % film.frame_columns) * film.frame_width;
      const y = Math.floor(this.step / film.frame_columns) * film.frame_height;
      context.drawImage(this.strip, x, y, film.frame_width, film.frame_height, 0, 0, size, size);
      context.lineCap = "round";
      context.lineJoin = "round";
      if (film.goal_position) {
        context.setLineDash([4, 4]);
        context.lineWidth = 1.5;
        context.strokeStyle = "#17734f";
        context.beginPath();
        context.arc(film.goal_position[0] * scale, film.goal_position[1] * scale,
                    Math.max(5, film.goal_radius * scale), 0, 2 * Math.PI);
        context.stroke();
        context.setLineDash([]);
      }
      // What is still to come is faint, so that the imagined way can be compared with it.
      this.trace(context, film.positions.slice(this.step), scale, kTrueInk, 1.25, 0.28);
      this.trace(context, film.positions.slice(0, this.step + 1), scale, kTrueInk, 2.4, 1);
      const plan = this.planNow();
      if (plan) this.dots(context, plan.positions, scale);
      const here = film.positions[this.step];
      context.beginPath();
      context.arc(here[0] * scale, here[1] * scale, Math.max(6, 5.5 * scale), 0, 2 * Math.PI);
      context.lineWidth = 1.5;
      context.strokeStyle = kTrueInk;
      context.stroke();
      this.showGap(plan);
    }

    trace(context, points, scale, ink, width, alpha) {
      if (points.length < 2) return;
      context.beginPath();
      points.forEach(([px, py], i) => {
        if (i) context.lineTo(px * scale, py * scale); else context.moveTo(px * scale, py * scale);
      });
      context.globalAlpha = alpha * 0.85;
      context.strokeStyle = "#ffffff";
      context.lineWidth = width + 2.2;
      context.stroke();
      context.globalAlpha = alpha;
      context.strokeStyle = ink;
      context.lineWidth = width;
      context.stroke();
      context.globalAlpha = 1;
    }

    dots(context, points, scale) {
      const path = new Path2D();
      points.forEach(([px, py], i) => {
        if (i) path.lineTo(px * scale, py * scale); else path.moveTo(px * scale, py * scale);
      });
      const round = (ink, width) => {
        context.setLineDash([0.1, 6]);
        context.strokeStyle = ink;
        context.lineWidth = width;
        context.stroke(path);
        context.setLineDash([]);
      };
      round("rgba(255,255,255,0.9)", 5.6);
      round(kImaginedInk, 3.4);
      const [ex, ey] = points[points.length - 1];
      context.beginPath();
      context.arc(ex * scale, ey * scale, 4, 0, 2 * Math.PI);
      context.fillStyle = "#ffffff";
      context.fill();
      context.lineWidth = 2;
      context.strokeStyle = kImaginedInk;
      context.stroke();
    }

    /** The newest plan that had been made by now. */
    planNow() {
      let plan = null;
      for (const candidate of this.film.imagined) {
        if (candidate.step <= this.step && candidate.positions.length) plan = candidate;
      }
      return plan;
    }

    showGap(plan) {
      if (!plan) {
        this.gap.textContent = "\u2013";
        return;
      }
      const end = plan.positions.length - 1;
      // A plan may reach beyond the episode: then its part that was lived is compared.
      const lived = Math.min(end, Math.floor((this.last - plan.step) / this.film.imagined_stride));
      const [ix, iy] = plan.positions[lived];
      const [tx, ty] = this.film.positions[plan.step + lived * this.film.imagined_stride];
      this.gap.textContent = Math.hypot(ix - tx, iy - ty).toFixed(1) + nbsp + "units";
    }
  }

  const kFilmsAtOnce = 3;  // Most in each column; the others wait behind "more".

  /** Ways to choose among the films: [{label, films}], by task list and by planner. */
  function filmChoices() {
    const distinct = (films, field) => [...new Set(films.map((film) => film[field]))];
    const choices = [];
    for (const tasks of distinct(data.films, "tasks")) {
      const films = data.films.filter((film) => film.tasks === tasks);
      const planners = distinct(films, "planner");
      const words = tasks.replaceAll("_", " ");
      const name = words.charAt(0).toUpperCase() + words.slice(1);
      if (planners.length > 1) choices.push({label: name + ": every planner", films});
      for (const planner of planners) {
        choices.push({
          label: (name ? name + ": " : "") + planner,
          films: films.filter((film) => film.planner === planner),
        });
      }
    }
    return choices;
  }

  /** Both outcomes, of one planner if there is such a one: what is to be compared. */
  function firstChoice(choices) {
    const both = (choice) => new Set(choice.films.map((film) => film.success)).size === 2;
    const alone = (choice) => new Set(choice.films.map((film) => film.planner)).size === 1;
    const index = [choices.findIndex((c) => both(c) && alone(c)), choices.findIndex(both), 0]
        .find((found) => found >= 0);
    return index;
  }

  function setUpFilms() {
    const grid = document.getElementById("film-grid");
    if (!grid) return;
    let players = [];
    const card = (film) => {
      const host = make("article", {class: "film"});
      const player = new FilmPlayer(host, film);
      players.push(player);
      whenNear(host, () => player.start());
      return host;
    };
    const column = (films, heading, atOnce) => {
      const box = make("div", {class: "film-column"}, make("h3", {}, heading),
                       ...films.slice(0, atOnce).map(card));
      const rest = films.slice(atOnce);
      if (rest.length) {
        const inner = make("div", {class: "film-column"}, ...rest.map(card));
        box.append(make("details", {class: "more"},
                        make("summary", {}, rest.length + " more"), inner));
      }
      return box;
    };
    const show = (films) => {
      for (const player of players) player.leave();
      players = [];
      const good = films.filter((film) => film.success);
      const bad = films.filter((film) => !film.success);
      if (good.length && bad.length) {
        // As many of either kind, so that each film has its counterpart beside it.
        const pairs = Math.min(kFilmsAtOnce, good.length, bad.length);
        grid.replaceChildren(column(good, "Reached", pairs), column(bad, "Not reached", pairs));
        return;
      }
      const half = Math.ceil(films.length / 2);
      const name = good.length ? "Reached" : "Not reached";
      const columns = [column(films.slice(0, half), name, kFilmsAtOnce)];
      if (films.length > 1) columns.push(column(films.slice(half), name, kFilmsAtOnce));
      grid.replaceChildren(...columns);
    };

    const choices = filmChoices();
    const chosen = firstChoice(choices);
    const button = document.getElementById("play-all");
    if (choices.length > 1) {
      const select = make("select", {
        "aria-label": "Which films",
        onchange: () => show(choices[select.selectedIndex].films),
      }, ...choices.map((choice) => make("option", {}, choice.label)));
      select.selectedIndex = chosen;
      button.before(select);
    }
    show(choices[chosen].films);
    button.hidden = false;
    button.addEventListener("click", () => {
      const ready = players.filter((player) => player.strip);
      const any = ready.some((player) => player.playing);
      for (const player of ready) {
        if (any) player.pause(); else player.play();
      }
    });
  }

  // --------------------------------------------------------------- the rest

  function setUpCopying() {
    for (const button of document.querySelectorAll("[data-copy]")) {
      button.hidden = false;
      button.addEventListener("click", async () => {
        const source = document.getElementById(button.dataset.copy).cloneNode(true);
        for (const prompt of source.querySelectorAll(".prompt")) prompt.remove();
        const before = button.textContent;
        try {
          await navigator.clipboard.writeText(source.textContent);
          button.textContent = "Copied";
        } catch (error) {
          // Without leave to write, select the text: Ctrl-C then does it.
          getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
          button.textContent = "Selected";
        }
        setTimeout(() => { button.textContent = before; }, 1500);
      });
    }
  }

  setUpTheme();
  setUpCharts();
  setUpFilms();
  setUpLives({data, make, formatNumber, lastBefore, loadPicture, whenNear, Player});
  setUpCopying();
  root.dataset.ready = "true";
})();
