"use strict";
// Live updates: lines as they come, and the parts of the view made again by the server. A page that is not seen closes
// its stream: browsers allow six connections to an address, and nobody reads what is hidden.
(() => {
  const LINES = 30, REFRESH_MS = 2000, RETRY_MS = 15000;
  const view = document.body.dataset.view;
  const status = document.getElementById("live");
  const pause = document.getElementById("pause");
  const fresh = document.getElementById("fresh");
  let source = null, retry = 0, timer = 0, last = 0, paused = false;

  const say = (text) => { if (status.textContent !== text) status.textContent = text; };

  function line(event) {
    const list = document.getElementById("lines");
    if (!list) return;
    const item = new DOMParser().parseFromString(event.data, "text/html").body.firstElementChild;
    if (!item) return;
    const known = item.id && document.getElementById(item.id);
    if (known) { known.replaceWith(item); return; }
    item.classList.add("new");
    list.prepend(item);
    while (list.children.length > LINES) list.lastElementChild.remove();
    document.getElementById("no-lines")?.remove();
  }

  async function refresh() {
    timer = 0;
    last = Date.now();
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) return;
    const other = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-part]")) {
      const made = other.getElementById(part.id);
      if (made && made.innerHTML !== part.innerHTML && !part.contains(document.activeElement)) part.replaceWith(made);
    }
  }

  function changed() {
    if (view !== "now") { if (fresh) fresh.hidden = false; return; }
    if (!timer) timer = setTimeout(() => refresh().catch(() => {}), Math.max(0, last + REFRESH_MS - Date.now()));
  }

  function open() {
    if (source || paused || document.hidden) return;
    source = new EventSource("/events" + location.search);
    source.onopen = () => say("live");
    source.addEventListener("line", line);
    source.addEventListener("fresh", changed);
    source.onerror = () => {
      say("not live");
      if (source.readyState === EventSource.CLOSED) {
        close();
        retry = setTimeout(open, RETRY_MS);
      }
    };
  }

  function close() {
    clearTimeout(retry);
    if (source) source.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { close(); return; }
    open();
    changed();
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    if (paused) { close(); say("paused"); } else { open(); changed(); }
  });
  pause.hidden = false;
  // A choice takes effect at once; without a script there is a button.
  const form = document.getElementById("choice");
  form.querySelector("button").hidden = true;
  form.addEventListener("change", () => form.requestSubmit());
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
  });
})();

// Lanes: the pointer reads the time, dragging zooms into it, Escape or a double click shows all again.
(() => {
  const table = document.querySelector("[data-lanes]");
  if (!table) return;
  const whole = Number(table.dataset.lanes), since = Number(table.dataset.since) * 1000;
  const lanes = [...table.querySelectorAll("svg.lane")], axis = table.querySelector(".axis");
  const readout = document.getElementById("readout");
  let begin = 0, length = whole, from = null;

  const time = (hours) => new Date(since + hours * 3600000).toLocaleString([], whole > 25
    ? { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" } : { hour: "2-digit", minute: "2-digit" });
  const at = (event, lane) => {
    const box = lane.getBoundingClientRect();
    return begin + length * Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  function show(first, last) {
    [begin, length] = [first, last - first];
    for (const lane of lanes) lane.setAttribute("viewBox", `${begin} 0 ${length} ${lane.viewBox.baseVal.height}`);
    axis.classList.toggle("zoomed", length < whole);
    readout.textContent = length < whole ? `${time(first)} to ${time(last)}; Escape shows all` : "";
  }
  for (const lane of lanes) {
    lane.addEventListener("pointerdown", (event) => { from = at(event, lane); lane.setPointerCapture(event.pointerId); });
    lane.addEventListener("pointerup", (event) => {
      const to = at(event, lane), [first, last] = [Math.min(from, to), Math.max(from, to)];
      from = null;
      if (last - first > length / 50) show(first, last);
    });
    lane.addEventListener("pointermove", (event) => {
      const note = document.elementFromPoint(event.clientX, event.clientY)?.dataset.n;
      const span = from === null ? "" : `${time(from)} to `;
      readout.textContent = span + time(at(event, lane)) + (note && !span ? `: ${note}` : "");
    });
    lane.addEventListener("dblclick", () => show(0, whole));
  }
  addEventListener("keydown", (event) => { if (event.key === "Escape") show(0, whole); });
})();
