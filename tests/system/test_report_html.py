"""The HTML report in a real browser: Debian's chromium finds every plot drawn, in its colours, and loads nothing."""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
import zlib
from collections import Counter
from html import unescape
from pathlib import Path

import pytest

from obsctl import report_html
from tests.unit import reports

BROWSER = shutil.which("chromium")
PLOTS = {"changes": 23, "lines": 46, "commits": 23, "authors": 3, "committed": 4, "agents": 3, "files": 10, "types": 4}
PLOTS["writers"] = 110
COLOURS = {"main": (0x2A, 0x78, 0xD6), "other": (0xD9, 0x62, 0x2B), "third": (0x16, 0x83, 0x5C)}
MEASURE = """
const boxes = [...document.querySelectorAll('svg')].map(svg => ({
  id: svg.id,
  width: svg.getBoundingClientRect().width,
  inside: [...svg.querySelectorAll('rect')].filter(rect => {
    const [a, b] = [rect.getBoundingClientRect(), svg.getBoundingClientRect()];
    return a.width > 0 && a.height > 0 && a.left >= b.left - 1 && a.right <= b.right + 1
      && a.top >= b.top - 1 && a.bottom <= b.bottom + 1 && getComputedStyle(rect).fill !== 'rgb(0, 0, 0)';
  }).length,
  rects: svg.querySelectorAll('rect').length,
}));
const loaded = performance.getEntriesByType('resource').map(entry => entry.name);
const pre = document.createElement('pre');
pre.id = 'measured';
pre.textContent = JSON.stringify({boxes, loaded, wide: document.documentElement.scrollWidth > innerWidth});
document.body.append(pre);
"""

pytestmark = pytest.mark.skipif(BROWSER is None, reason="chromium is not installed: apt install chromium")


def chromium(folder: Path, *arguments: str) -> str:
    """What a headless browser with a profile of its own prints."""
    # The tests may run as root, and in a container whose /dev/shm is small.
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")
    profile = f"--user-data-dir={folder / 'profile'}"
    result = subprocess.run(
        [str(BROWSER), *flags, profile, *arguments], capture_output=True, timeout=120, check=True, cwd=folder
    )
    return result.stdout.decode("utf-8")


@pytest.mark.parametrize("width", [1000, 400])
def test_every_plot_is_drawn(tmp_path: Path, width: int) -> None:
    page = tmp_path / "measured.html"
    # The page's own policy allows no script, so the copy that is measured goes without it.
    whole = report_html.document(reports.busy(), reports.record())
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", whole)
    page.write_text(text.replace("</body>", f"<script>{MEASURE}</script></body>"), "utf-8")
    printed = chromium(tmp_path, "--dump-dom", f"--window-size={width},2400", page.as_uri())
    found = re.search(r'<pre id="measured">(.*?)</pre>', printed, re.DOTALL)
    assert found, printed[-2000:]
    measured = json.loads(unescape(found[1]))
    assert {box["id"]: box["rects"] for box in measured["boxes"]} == {f"plot-{k}": n for k, n in PLOTS.items()}
    assert all(box["inside"] == box["rects"] and box["width"] > 200 for box in measured["boxes"])
    assert measured["loaded"] == []
    # What is wider than a phone moves within its own place.
    assert not measured["wide"]


def test_the_page_shows_its_colours_under_its_own_policy(tmp_path: Path) -> None:
    page, picture = tmp_path / "report.html", tmp_path / "report.png"
    page.write_text(report_html.document(reports.busy(), reports.record()), "utf-8")
    chromium(tmp_path, f"--screenshot={picture}", "--window-size=1000,2400", page.as_uri())
    seen = colours(picture)
    for name, colour in COLOURS.items():
        assert seen[colour] > 5000, (name, seen.most_common(8))


def colours(picture: Path) -> Counter[tuple[int, int, int]]:
    """How many pixels of a PNG file have each colour (https://www.w3.org/TR/png)."""
    data, at, packed = picture.read_bytes(), 8, b""
    width = channels = 0
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, _, depth, colour = struct.unpack_from(">IIBB", body)
            assert depth == 8
            channels = {2: 3, 6: 4}[colour]
        elif kind == b"IDAT":
            packed += body
        at += length + 12
    found: Counter[tuple[int, int, int]] = Counter()
    for line in _lines(zlib.decompress(packed), width * channels, channels):
        found.update(zip(line[0::channels], line[1::channels], line[2::channels], strict=True))
    return found


def _lines(raw: bytes, length: int, step: int) -> list[bytearray]:
    """The lines of pixels, their filters undone."""
    lines = [bytearray(length)]
    for begin in range(0, len(raw), length + 1):
        kind, line, above = raw[begin], bytearray(raw[begin + 1 : begin + 1 + length]), lines[-1]
        for place in range(length) if kind else ():
            left = line[place - step] if place >= step else 0
            corner = above[place - step] if place >= step else 0
            line[place] = (line[place] + _predicted(kind, left, above[place], corner)) & 0xFF
        lines.append(line)
    return lines[1:]


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 1:
        return left
    if kind == 2:
        return up
    if kind == 3:
        return (left + up) // 2
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))
