// SPDX-License-Identifier: Apache-2.0
//
// Lives told in full: the film from above, and charts of what the agent felt, wanted and
// remembered, all at the same step. Called by report.js with what it shares.
const setUpLives = (tools) => {
  "use strict";

  const {data, make, formatNumber, lastBefore, loadPicture, whenNear, Player} = tools;
  const nbsp = "\u00a0";
  const kTermsShown = 7;  // Colours that can be told apart, less one for the others.
  const kMapSize = 150;   // SVG units, all around.

  const plain = (name) => name.replaceAll("_", " ");
  const title = (name) => plain(name).charAt(0).toUpperCase() + plain(name).slice(1);

  /** Solid lines as it was, each followed by its dotted one as it had been predicted. */
  function vitalLines(story) {
    return story.vitals.flatMap(({name, values}, color) => {
      const predicted = story.predicted_vitals.find((other) => other.name === name);
      const line = {label: plain(name), tone: "", color, x: story.step, y: values};
      if (!predicted) return [line];
      return [line, {label: plain(name) + ", predicted", tone: "", color, dotted: true, joined: true,
                     gaps: true, x: story.step, y: predicted.values}];
    });
  }

  /** The terms that weigh most, and the sum of the others. */
  function termLines(story) {
    const size = ({values}) => values.reduce((sum, value) => sum + Math.abs(value ?? 0), 0);
    const felt = story.energy_terms.filter((term) => size(term) > 0);
    const ranked = [...felt].sort((a, b) => size(b) - size(a));
    const shown = felt.length > kTermsShown + 1 ? ranked.slice(0, kTermsShown) : ranked;
    const lines = shown.map(({name, values}) =>
        ({label: plain(name), tone: "", gaps: true, x: story.step, y: values}));
    const rest = ranked.slice(shown.length);
    if (rest.length) {
      const y = story.step.map((_, i) => rest.every(({values}) => values[i] === null)
          ? null : rest.reduce((sum, {values}) => sum + (values[i] ?? 0), 0));
      lines.push({label: rest.length + " others", tone: "", gaps: true, x: story.step, y});
    }
    return lines;
  }

  function distance(way, i) {
    return way.x[i] === null || way.y[i] === null || i >= way.x.length
        ? null : Math.hypot(way.x[i], way.y[i]);
  }

  function wayLines(story) {
    return story.ways.map((way) => ({
      label: plain(way.need), tone: "", gaps: true, x: story.step,
      y: story.step.map((_, i) => distance(way, i)),
    }));
  }

  class LifePlayer extends Player {
    constructor(host, story) {
      super(host, story.frame_count ? story.frame_step : story.step);
      this.story = story;
      this.pictures = [];
    }

    ready() { return this.host.dataset.ready === "true"; }

    async start() {
      this.build();
      if (this.canvas) await this.picture(0);
      this.seek(0);
      if (this.canvas) {
        this.observer = new ResizeObserver(() => this.draw());
        this.observer.observe(this.canvas);
      }
      this.host.dataset.ready = "true";
    }

    build() {
      const {story} = this;
      const name = title(story.agent) + ", world " + story.world;
      const left = make("div", {class: "life-film"}), right = make("div", {class: "life-charts"});
      if (story.frame_count) {
        this.canvas = make("canvas", {
          class: "life-world", role: "img", width: story.frame_width, height: story.frame_height,
          "aria-label": name + ": film of the life", onclick: () => this.toggle(),
        });
        left.append(this.canvas);
      }
      left.append(this.makeControls(name, name + ", " + (story.alive ? "alive" : "died")));
      if (story.ways.length) left.append(this.buildMap(name));
      this.host.append(make("div", {class: "life-parts"}, left, right));
      const chart = (heading, lines, options) => {
        if (!lines.length || !story.step.length) return;
        const box = make("div", {});
        right.append(box);
        this.addChart(box, {title: heading, x_label: "step", lines}, options);
      };
      chart("Vitals", vitalLines(story), {height: 210, yRange: [0, 1]});
      chart("Energy of the plan, by term", termLines(story), {height: 150});
      chart("Memory: distance of the remembered place, units", wayLines(story), {height: 130});
    }

    /** Where the remembered places lie: the agent in the middle, north up. */
    buildMap(name) {
      const {ways} = this.story;
      const far = Math.max(1, ...ways.flatMap((way) => way.x.map((_, i) => distance(way, i) ?? 0)));
      this.worthMost = Math.max(1e-9, ...ways.flatMap((way) => way.worth.map((w) => Math.abs(w ?? 0))));
      this.mapScale = (kMapSize / 2 - 14) / far;
      const middle = kMapSize / 2;
      const ring = (share) => make("circle", {
        class: "map-ring", cx: middle, cy: middle, r: share * far * this.mapScale,
      });
      this.marks = ways.map((_, i) => ({
        line: make("line", {class: "map-line s" + (i % 8 + 1), x1: middle, y1: middle}),
        dot: make("circle", {class: "k" + (i % 8 + 1)}),
        reading: make("b", {}),
      }));
      this.map = make("svg", {
        class: "map", viewBox: "0 0 " + kMapSize + " " + kMapSize, role: "img",
        "aria-label": name + ": directions of remembered places",
      }, ring(1), ring(0.5), make("text", {class: "map-text", x: middle, y: 10}, "N"),
         ...this.marks.map(({line}) => line), ...this.marks.map(({dot}) => dot),
         make("circle", {class: "map-self", cx: middle, cy: middle, r: 3.5}));
      const list = make("ul", {class: "map-list"}, ...ways.map((way, i) =>
          make("li", {}, make("i", {class: "k" + (i % 8 + 1)}), plain(way.need),
               this.marks[i].reading)));
      return make("div", {class: "life-map"}, this.map,
                  make("div", {}, make("p", {}, "What memory returned"), list,
                       make("p", {class: "map-note"}, "outer ring: " + formatNumber(far) + nbsp +
                                                      "units")));
    }

    /** Picture `index` of the film, once it can be drawn without delay. */
    picture(index) {
      const {frames_png: pictures} = this.story;
      if (index >= pictures.length) return null;
      if (!this.pictures[index]) {
        this.pictures[index] = loadPicture(pictures[index]).then((image) => {
          this.pictures[index].image = image;
          return image;
        });
      }
      return this.pictures[index];
    }

    draw() {
      this.drawFrame();
      this.drawMap();
    }

    drawFrame() {
      if (!this.canvas) return;
      const {story, step} = this;
      const index = Math.floor(step / story.frames_a_picture);
      const picture = this.picture(index);
      this.picture(index + 1);
      if (!picture.image) {
        // Its turn may be over when it has come.
        picture.then(() => { if (this.step === step) this.drawFrame(); });
        return;
      }
      const at = step % story.frames_a_picture;
      const x = (at % story.frame_columns) * story.frame_width;
      const y = Math.floor(at / story.frame_columns) * story.frame_height;
      this.canvas.getContext("2d").drawImage(
          picture.image, x, y, story.frame_width, story.frame_height, 0, 0, story.frame_width,
          story.frame_height);
    }

    drawMap() {
      if (!this.map) return;
      const look = lastBefore(this.story.step, this.times[this.step]);
      const middle = kMapSize / 2;
      this.marks.forEach(({line, dot, reading}, i) => {
        const way = this.story.ways[i];
        const far = distance(way, look);
        line.classList.toggle("absent", far === null);
        dot.classList.toggle("absent", far === null);
        if (far === null) {
          reading.textContent = "nothing";
          return;
        }
        const x = middle + way.x[look] * this.mapScale, y = middle + way.y[look] * this.mapScale;
        const worth = way.worth[look];
        line.setAttribute("x2", x);
        line.setAttribute("y2", y);
        dot.setAttribute("cx", x);
        dot.setAttribute("cy", y);
        dot.setAttribute("r", 3 + 4 * Math.abs(worth ?? 0) / this.worthMost);
        reading.textContent = far.toFixed(1) + nbsp + "units" +
            (worth === null ? "" : ", worth" + nbsp + formatNumber(worth));
      });
    }
  }

  for (const host of document.querySelectorAll("[data-life]")) {
    const story = data.stories[Number(host.dataset.life)];
    if (!story.frame_count && !story.step.length) continue;
    const player = new LifePlayer(host, story);
    whenNear(host, () => player.start());
  }
};
