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
