#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Forethink Authors
"""Opens the report in headless Chromium and checks that it works and is silent.

  report_test.py REPORT_SAMPLE [--pictures FOLDER] [--report FILE]

REPORT_SAMPLE is the program that writes a made-up run. The browser is driven over the DevTools
protocol with the standard library alone. --pictures also writes screenshots; --report opens that
report instead of the made-up one, for taking pictures only.
"""

import argparse
import base64
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
TIMEOUT_S = 60


class WebSocket:
    """The client's half of RFC 6455, text messages only."""

    def __init__(self, host, port, path):
        self.socket = socket.create_connection((host, port), timeout=TIMEOUT_S)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self.socket.recv(4096)
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise RuntimeError(f"the browser refused the connection: {head!r}")

    def send(self, text):
        data = text.encode()
        head = b"\x81"
        if len(data) < 126:
            head += struct.pack("!B", 0x80 | len(data))
        elif len(data) < 1 << 16:
            head += struct.pack("!BH", 0x80 | 126, len(data))
        else:
            head += struct.pack("!BQ", 0x80 | 127, len(data))
        mask = os.urandom(4)
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(data))
        self.socket.sendall(head + mask + masked)

    def read(self, count):
        while len(self.buffer) < count:
            more = self.socket.recv(1 << 16)
            if not more:
                raise RuntimeError("the browser closed the connection")
            self.buffer += more
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def receive(self):
        message = b""
        while True:
            first, second = self.read(2)
            size = second & 0x7F
            if size == 126:
                size = struct.unpack("!H", self.read(2))[0]
            elif size == 127:
                size = struct.unpack("!Q", self.read(8))[0]
            data = self.read(size)
            if first & 0x0F in (0, 1):
                message += data
                if first & 0x80:
                    return message.decode()

    def close(self):
        self.socket.close()


class Browser:
    """One page of a headless Chromium, with everything it asked for and complained about."""

    def __init__(self, program):
        self.folder = tempfile.mkdtemp(prefix="forethink-browser-")
        # A port of our own choosing could be taken: the browser chooses and writes it down.
        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
             "--no-first-run", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
             "--remote-debugging-port=0", f"--user-data-dir={self.folder}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port_file = pathlib.Path(self.folder, "DevToolsActivePort")
        deadline = time.monotonic() + TIMEOUT_S
        while not (port_file.exists() and port_file.read_text().count("\n") >= 1):
            if self.process.poll() is not None:
                raise RuntimeError(f"{program} ended at once with code {self.process.returncode}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{program} did not start within {TIMEOUT_S} s")
            time.sleep(0.05)
        port = int(port_file.read_text().split()[0])
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while True:
            with direct.open(f"http://127.0.0.1:{port}/json/list", timeout=TIMEOUT_S) as answer:
                pages = [p for p in json.load(answer) if p["type"] == "page"]
            if pages:
                break
            if time.monotonic() > deadline:
                raise RuntimeError(f"{program} opened no page within {TIMEOUT_S} s")
            time.sleep(0.05)
        path = pages[0]["webSocketDebuggerUrl"].split(str(port), 1)[1]
        self.connection = WebSocket("127.0.0.1", port, path)
        self.next_id = 0
        self.requests = []
        self.complaints = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        self.next_id += 1
        self.connection.send(
            json.dumps({"id": self.next_id, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.connection.receive())
            if message.get("id") == self.next_id:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.note(message)

    def note(self, event):
        name, what = event.get("method"), event.get("params", {})
        if name == "Network.requestWillBeSent":
            self.requests.append(what["request"]["url"])
        elif name == "Runtime.exceptionThrown":
            details = what["exceptionDetails"]
            self.complaints.append(
                details.get("exception", {}).get("description", details["text"]))
        elif name == "Log.entryAdded" and what["entry"]["level"] in ("error", "warning"):
            self.complaints.append(what["entry"]["text"])
        elif name == "Runtime.consoleAPICalled" and what["type"] in ("error", "warning", "assert"):
            self.complaints.append(json.dumps(what["args"]))

    def run(self, script):
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description"))
        return answer["result"].get("value")

    def wait(self, condition):
        deadline = time.monotonic() + TIMEOUT_S
        while not self.run(condition):
            if time.monotonic() > deadline:
                raise AssertionError(f"not true within {TIMEOUT_S} s: {condition}; "
                                     f"complaints: {self.complaints}")
            time.sleep(0.05)

    def resize(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 600)

    def prefer(self, scheme):
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, path):
        # From an empty page, so that nothing of the page before can be taken for this one.
        self.call("Page.navigate", url="about:blank")
        self.wait("location.href === 'about:blank'")
        self.requests.clear()
        self.complaints.clear()
        self.call("Page.navigate", url=path.as_uri())
        self.wait("document.documentElement?.dataset.ready === 'true'")

    def press(self, key, code, text=None):
        down = {"type": "keyDown" if text else "rawKeyDown", "key": key, "code": key,
                "windowsVirtualKeyCode": code}
        if text:
            down["text"] = text
        self.call("Input.dispatchKeyEvent", **down)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key,
                  windowsVirtualKeyCode=code)

    def draw_all(self):
        """Scrolls through the page, as what lies far below is only drawn when it comes near."""
        self.run("""(async () => {
          const wait = () => new Promise((done) => setTimeout(done, 40));
          for (let y = 0; y < document.body.scrollHeight; y += 300) {
            window.scrollTo({top: y, behavior: 'instant'});
            await wait();
          }
          window.scrollTo({top: 0, behavior: 'instant'});
          await wait();
        })()""")
        self.wait("[...document.querySelectorAll('.film, .life')].filter((f) => f.checkVisibility())"
                  ".every((f) => f.dataset.ready)")

    def picture(self, path):
        height = self.run("document.documentElement.scrollHeight")
        width = self.run("innerWidth")
        self.resize(width, min(height, 16000))
        time.sleep(0.5)
        shot = self.call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(shot["data"]))

    def close(self):
        self.connection.close()
        self.process.terminate()
        self.process.wait(timeout=TIMEOUT_S)
        shutil.rmtree(self.folder, ignore_errors=True)


def find_browser():
    for name in BROWSERS:
        path = shutil.which(name)
        if path:
            return path
    sys.exit("No Chromium found, which this test needs. Install it: apt-get install -y chromium")


# Colours as the page shows them, and WCAG's contrast between text and what lies behind it.
CONTRAST = """(() => {
  const parse = (c) => c.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const f = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
  };
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const c = parse(getComputedStyle(node).backgroundColor);
      if (c.length < 4 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some((c) => c.nodeType === 3 && c.data.trim());
    if (!own || !node.offsetParent || node.closest('script, .skip')) continue;
    const a = light(parse(getComputedStyle(node).color)), b = light(behind(node));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(node.className + ': ' + node.textContent.slice(0, 30) + ' ' + ratio);
  }
  return poor;
})()"""

# Controls without a name, ids that occur twice, and things that stick out of a narrow page.
UNNAMED = """[...document.querySelectorAll('button, input, select, a, [role=img], [role=group]')].filter(
  (n) => !(n.getAttribute('aria-label') || n.textContent.trim())).map((n) => n.outerHTML)"""
TWICE = """(() => { const ids = [...document.querySelectorAll('[id]')].map((n) => n.id);
  return ids.filter((id, i) => ids.indexOf(id) !== i); })()"""
TOO_WIDE = """(() => {
  const scrolls = (n) => { for (; n; n = n.parentElement)
    if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(n).overflowX)) return true;
    return false; };
  return [...document.querySelectorAll('main *')].filter((n) =>
    n.getBoundingClientRect().right > innerWidth + 1 && !scrolls(n)
    && !n.closest('.hidden')).map((n) => n.outerHTML.slice(0, 120)); })()"""


class ReportInBrowser(unittest.TestCase):
    sample = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="forethink-report-")
        cls.plain = pathlib.Path(cls.folder.name, "plain")
        cls.hostile = pathlib.Path(cls.folder.name, "hostile")
        subprocess.run([cls.sample, cls.plain], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([cls.sample, cls.hostile, "hostile"], check=True, stdout=subprocess.DEVNULL)
        cls.browser = Browser(find_browser())

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.folder.cleanup()

    def setUp(self):
        self.browser.resize(1280, 900)
        self.browser.prefer("light")

    def open(self, folder):
        self.browser.open(folder / "report.html")

    def expect_silence(self):
        outside = [url[:120] for url in self.browser.requests
                   if not url.startswith(("data:", "file:"))]
        self.assertEqual(outside, [], "the page asked the network for something")
        files = {url for url in self.browser.requests if url.startswith("file:")}
        self.assertEqual(len(files), 1, f"the page needs files beside it: {files}")
        self.assertEqual(self.browser.complaints, [], "the browser complained")

    def test_draws_everything_without_network_or_complaint(self):
        self.open(self.plain)
        self.browser.draw_all()
        self.expect_silence()
        self.assertIn("99.3", self.browser.run("document.querySelector('.hero').textContent"))
        expected = self.browser.run(
            "Object.values(JSON.parse(document.getElementById('report-data').textContent).charts)"
            ".flat().length + 4 + 2 * 3")
        self.assertEqual(self.browser.run("document.querySelectorAll('.uplot canvas').length"),
                         expected)
        self.assertEqual(self.browser.run("document.querySelectorAll('.film').length"), 5)
        # One of the three that were reached waits, so that two stand beside the two that were not.
        self.assertEqual(self.browser.run("document.querySelector('.more summary').textContent"),
                         "1 more")
        self.assertEqual(self.browser.run(UNNAMED), [])
        self.assertEqual(self.browser.run(TWICE), [])

    def test_charts_and_films_hold_ink(self):
        self.open(self.plain)
        self.browser.draw_all()
        blank = self.browser.run("""[...document.querySelectorAll('canvas')].filter((c) => {
          if (!c.checkVisibility()) return false;
          const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
          for (let i = 4; i < p.length; i += 4)
            if (p[i] !== p[0] || p[i + 1] !== p[1] || p[i + 3] !== p[3]) return false;
          return true;
        }).length""")
        self.assertEqual(blank, 0)

    def test_film_shows_the_frame_and_both_ways(self):
        self.open(self.plain)
        self.browser.draw_all()
        # The player's first film is task 12, whose agent starts at (44, 40): red, in its ring.
        inks = """(() => {
          const c = document.querySelector('.film canvas.world');
          const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
          const at = (x, y) => { const i = 4 * (Math.round(y) * c.width + Math.round(x));
                                 return [p[i], p[i + 1], p[i + 2]]; };
          let dots = 0, line = 0;
          for (let i = 0; i < p.length; i += 4) {
            if (p[i] === 0x93 && p[i + 1] === 0x22 && p[i + 2] === 0xb8) dots += 1;
            if (p[i] === 0x12 && p[i + 1] === 0x39 && p[i + 2] === 0x5b) line += 1;
          }
          return {corner: at(2, 2), room: at(c.width * 0.12, c.height * 0.4), dots, line};
        })()"""
        first = self.browser.run(inks)
        self.assertEqual(first["corner"], [0, 0, 0], "the wall of frame 0")
        self.assertEqual(first["room"], [255, 255, 255], "an empty part of a room")
        self.assertGreater(first["dots"], 50, "the imagined way")
        self.browser.run("document.querySelector('.film').focus()")
        for _ in range(30):
            self.browser.press("ArrowRight", 39)
        self.assertEqual(self.browser.run("document.querySelector('.film').dataset.step"), "30")
        self.assertGreater(self.browser.run(inks)["line"], first["line"] + 50, "the way it took")

    def test_keys_play_step_and_jump(self):
        self.open(self.plain)
        self.browser.draw_all()
        step = "Number(document.querySelector('.film').dataset.step)"
        self.browser.run("document.querySelector('.film').focus()")
        self.browser.press("End", 35)
        last = self.browser.run("Number(document.querySelector('.film input').max)")
        self.assertEqual(self.browser.run(step), last)
        self.browser.press("ArrowLeft", 37)
        self.assertEqual(self.browser.run(step), last - 1)
        self.browser.press("Home", 36)
        self.assertEqual(self.browser.run(step), 0)
        self.browser.press(" ", 32, " ")
        self.browser.wait(step + " > 3")
        self.browser.press(" ", 32, " ")
        stopped = self.browser.run(step)
        time.sleep(0.3)
        self.assertEqual(self.browser.run(step), stopped)
        counter = self.browser.run("document.querySelector('.film .controls output').textContent")
        self.assertEqual(counter, f"{stopped} / {last}")
        self.expect_silence()

    def test_energy_chart_follows_and_leads_the_film(self):
        self.open(self.plain)
        self.browser.draw_all()
        self.browser.run("document.querySelector('.film .u-over').scrollIntoView("
                         "{block: 'center', behavior: 'instant'})")
        time.sleep(0.2)
        box = self.browser.run("(() => { const b = document.querySelector('.film .u-over')"
                               ".getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; })()")
        x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
        for kind in ("mousePressed", "mouseReleased"):
            self.browser.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left",
                              clickCount=1)
        half = self.browser.run("Number(document.querySelector('.film input').max)") / 2
        step = self.browser.run("Number(document.querySelector('.film').dataset.step)")
        self.assertAlmostEqual(step, half, delta=1.5)
        place = self.browser.run("document.querySelector('.film .now').offsetLeft")
        self.assertAlmostEqual(place, box[2] / 2, delta=box[2] / 50)

    def test_films_can_be_chosen_by_planner(self):
        self.open(self.plain)
        self.browser.draw_all()
        choices = self.browser.run("[...document.querySelectorAll('.film-tools option')]"
                                   ".map((o) => o.textContent)")
        self.assertEqual(choices, ["Four rooms 300: every planner", "Four rooms 300: iCEM, roadmap",
                                   "Four rooms 300: CEM, goal distance"])
        self.browser.run("""(() => { const s = document.querySelector('.film-tools select');
          s.selectedIndex = 2; s.dispatchEvent(new Event('change')); })()""")
        self.browser.draw_all()
        self.assertEqual(self.browser.run("[...document.querySelectorAll('.film strong')]"
                                          ".map((n) => n.textContent)"), ["Task 87", "Task 154"])
        # Nothing of the films that left may still answer to the theme.
        self.browser.run("document.getElementById('theme').click()")
        self.browser.run("localStorage.clear()")
        self.expect_silence()

    def test_charts_tell_their_values_by_key(self):
        self.open(self.plain)
        self.browser.draw_all()
        self.browser.run("document.querySelector('[data-charts=stage-0] .plot').focus()")
        self.browser.press("ArrowRight", 39)
        first = self.browser.run(
            "document.querySelector('[data-charts=stage-0] .chart').textContent")
        self.assertIn("step 0", first)
        self.browser.press("ArrowRight", 39)
        second = self.browser.run(
            "document.querySelector('[data-charts=stage-0] .chart').textContent")
        self.assertIn("step 20", second)
        self.expect_silence()

    def test_both_themes_are_readable(self):
        for scheme in ("light", "dark"):
            self.browser.prefer(scheme)
            self.open(self.plain)
            self.browser.draw_all()
            self.assertEqual(self.browser.run(CONTRAST), [], scheme)
        paper = "getComputedStyle(document.body).backgroundColor"
        dark = self.browser.run(paper)
        self.browser.run("document.getElementById('theme').click()")
        self.assertNotEqual(self.browser.run(paper), dark)
        self.assertEqual(self.browser.run("document.documentElement.dataset.theme"), "light")
        self.assertEqual(self.browser.run(CONTRAST), [])
        self.browser.run("localStorage.clear()")
        self.expect_silence()

    def test_fits_a_phone(self):
        self.browser.resize(360, 740)
        self.open(self.plain)
        self.browser.draw_all()
        self.assertEqual(self.browser.run(TOO_WIDE), [])
        self.assertLessEqual(self.browser.run("document.documentElement.scrollWidth"), 360)
        self.expect_silence()

    def test_tab_reaches_every_control(self):
        self.open(self.plain)
        self.browser.draw_all()
        wanted = self.browser.run("""[...document.querySelectorAll(
          'a, button, input, select, summary, [tabindex="0"]')].filter((n) => n.checkVisibility() && !n.hidden).length""")
        self.browser.run("window.reached = new Set(); document.addEventListener('focusin', "
                         "(e) => window.reached.add(e.target)); document.activeElement.blur();")
        for _ in range(wanted + 5):
            self.browser.press("Tab", 9)
        reached = self.browser.run("window.reached.size")
        # The skip link is outside the layout until it is focused; the page's end also counts.
        self.assertGreaterEqual(reached, wanted)

    def test_hostile_names_stay_text(self):
        self.open(self.hostile)
        self.browser.draw_all()
        self.assertIsNone(self.browser.run("window.hacked ?? null"))
        self.assertEqual(self.browser.run("document.querySelectorAll('img').length"), 0)
        self.assertEqual(self.browser.run("document.querySelectorAll('script').length"), 5)
        self.assertIn("<script>window.hacked=1</script>",
                      self.browser.run("document.querySelector('h1').textContent"))
        self.assertEqual(self.browser.run("document.querySelectorAll('.film').length"), 5)
        self.assertIn("<script>window.hacked=1</script>",
                      self.browser.run("document.querySelector('.life .map-list').textContent"))
        self.expect_silence()

    def test_lives_are_told(self):
        self.open(self.plain)
        self.browser.draw_all()
        badges = self.browser.run("[...document.querySelectorAll('.life .badge')]"
                                  ".map((n) => n.textContent)")
        self.assertEqual(badges, ["\u2713 alive", "\u2717 died: water"])
        titles = self.browser.run("[...document.querySelectorAll('.life figcaption')]"
                                  ".map((n) => n.textContent)")
        self.assertEqual(titles, 2 * ["Vitals", "Energy of the plan, by term",
                                      "Memory: distance of the remembered place, units"])
        # Vitals have a line as predicted each, which has no place of its own in the legend.
        self.assertEqual(self.browser.run(
            "document.querySelectorAll('.life .legend')[0].children.length"), 5)
        # Of more terms than colours, the smallest are summed.
        self.assertIn("others", self.browser.run(
            "document.querySelectorAll('.life .legend')[1].textContent"))
        self.expect_silence()

    def test_a_life_moves_all_its_parts(self):
        self.open(self.plain)
        self.browser.draw_all()
        state = """(() => {
          const life = document.querySelector('.life');
          const canvas = life.querySelector('canvas.life-world');
          // From a copy: reading the same canvas again and again makes the browser complain.
          const copy = document.createElement('canvas');
          [copy.width, copy.height] = [canvas.width, canvas.height];
          const context = copy.getContext('2d', {willReadFrequently: true});
          context.drawImage(canvas, 0, 0);
          const pixels = context.getImageData(0, 0, copy.width, copy.height);
          return {film: pixels.data.reduce((sum, v) => (sum * 31 + v) % 1000003, 7),
                  now: [...life.querySelectorAll('.now')].map((n) => n.offsetLeft),
                  vitals: life.querySelector('.legend').textContent,
                  map: life.querySelector('.map-list').textContent,
                  counter: life.querySelector('output').textContent}; })()"""
        first = self.browser.run(state)
        self.browser.run("document.querySelector('.life').focus()")
        self.browser.press("End", 35)
        self.browser.wait("document.querySelector('.life').dataset.step === '250'")
        self.assertEqual(self.browser.run(state)["counter"], "1000 / 1000")
        # The last of the film's pictures is decoded when it is wanted.
        self.browser.wait(f"({state}).film !== {first['film']}")
        last = self.browser.run(state)
        for part in ("vitals", "map"):
            self.assertNotEqual(last[part], first[part], part)
        self.assertEqual(len(last["now"]), 3)
        self.assertTrue(all(b > a + 100 for a, b in zip(first["now"], last["now"])), last["now"])
        self.expect_silence()

    def test_page_forbids_what_it_did_not_bring(self):
        self.open(self.plain)
        self.browser.run("""(() => {
          const script = document.createElement('script');
          script.textContent = 'window.hacked = 5';
          document.body.append(script);
        })()""")
        self.assertIsNone(self.browser.run("window.hacked ?? null"))
        refused = self.browser.run(
            "fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')")
        self.assertEqual(refused, "refused")
        self.assertTrue(any("Content Security Policy" in text
                            for text in self.browser.complaints), self.browser.complaints)


def take_pictures(report, folder):
    folder.mkdir(parents=True, exist_ok=True)
    browser = Browser(find_browser())
    try:
        for name, scheme, width in (("light", "light", 1280), ("dark", "dark", 1280),
                                    ("narrow", "light", 390)):
            browser.prefer(scheme)
            browser.resize(width, 900)
            browser.open(report)
            browser.draw_all()
            # In the middle of each episode there is most to see.
            browser.run("""for (const slider of document.querySelectorAll('.film input, .life input')) {
              slider.value = Math.round(slider.max / 2);
              slider.dispatchEvent(new Event('input'));
            }""")
            browser.picture(folder / f"{name}.png")
        print("\n".join(browser.complaints) or "no complaints")
    finally:
        browser.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("sample", type=pathlib.Path)
    parser.add_argument("--pictures", type=pathlib.Path)
    parser.add_argument("--report", type=pathlib.Path)
    options = parser.parse_args()
    find_browser()
    if options.pictures:
        with tempfile.TemporaryDirectory() as folder:
            if options.report is None:
                subprocess.run([options.sample, folder], check=True, stdout=subprocess.DEVNULL)
            report = options.report or pathlib.Path(folder, "report.html")
            take_pictures(report.resolve(), options.pictures)
        return
    ReportInBrowser.sample = options.sample.resolve()
    unittest.main(argv=[sys.argv[0], "-v"])


if __name__ == "__main__":
    main()
