// Keyboard for lists and claims, and manners for htmx. Everything works without this file.
"use strict";
(function () {
  const link = (row) => row && row.querySelector("a.row");
  const rows = () => Array.from(document.querySelectorAll("table[data-walk] tbody tr")).filter(link);
  const listKey = "otbill.list"; // addresses only, and only for this tab

  function focusRow(step) {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.classList.contains("at"));
    const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1);
    all.forEach((row) => row.classList.remove("at"));
    all[next].classList.add("at");
    link(all[next]).focus();
  }

  function rememberList() {
    const all = rows();
    if (!all.length) return;
    const list = { back: location.pathname + location.search, items: all.map((row) => link(row).getAttribute("href")) };
    sessionStorage.setItem(listKey, JSON.stringify(list));
  }

  function neighbours() {
    const nav = document.getElementById("walk");
    if (!nav) return;
    let list = null;
    try { list = JSON.parse(sessionStorage.getItem(listKey)); } catch { return; }
    const at = list ? list.items.indexOf(location.pathname) : -1;
    if (at < 0) return;
    nav.querySelector("[data-back]").setAttribute("href", list.back);
    [["data-previous", at - 1], ["data-next", at + 1]].forEach(([name, index]) => {
      const anchor = nav.querySelector("[" + name + "]");
      if (list.items[index]) { anchor.setAttribute("href", list.items[index]); anchor.hidden = false; }
    });
    const place = nav.querySelector("[data-place]");
    place.textContent = (at + 1) + " of " + list.items.length + " on the list";
  }

  function follow(name) {
    const anchor = document.querySelector("#walk [" + name + "]");
    if (anchor && !anchor.hidden) anchor.click();
  }

  function toggleHelp() {
    const help = document.getElementById("keys");
    if (!help) return;
    help.open = !help.open;
    if (help.open) help.querySelector("summary").focus();
  }

  function toSearch() {
    const target = document.getElementById("number");
    if (target) { target.focus(); target.select(); }
  }

  function toNote() {
    const note = document.querySelector("a[data-note]");
    if (note) note.click();
    else toField("note-words");
  }

  // Choose the row one stands on; assign or put away the chosen ones, or the record of this page.
  function choose() {
    const box = document.querySelector("table[data-walk] tbody tr.at input[type=checkbox]");
    if (box) box.click();
  }

  function toField(id) {
    const field = document.getElementById(id);
    if (field) field.focus();
    return Boolean(field);
  }

  function toAct(name, here, there) {
    if (toField(here)) return;
    const bulk = document.getElementById("bulk");
    if (!bulk) return;
    bulk.open = true;
    bulk.querySelector("select[name=act]").value = name;
    toField(there);
  }

  const actions = {
    "/": toSearch, "?": toggleHelp, e: toNote, j: () => focusRow(1), k: () => focusRow(-1),
    x: choose, a: () => toAct("assign", "assign-user", "user_id"), s: () => toAct("snooze", "snooze-until", "until"),
    n: () => follow("data-next"), p: () => follow("data-previous"),
  };
  const on = () => localStorage.getItem("otbill.keys") !== "off";

  document.addEventListener("keydown", (event) => {
    if (!on() || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest && event.target.closest("input, select, textarea, [contenteditable]")) return;
    const act = actions[event.key];
    if (act) { event.preventDefault(); act(); }
  });

  const box = document.getElementById("keys-on");
  if (box) {
    box.checked = on();
    box.addEventListener("change", () => localStorage.setItem("otbill.keys", box.checked ? "on" : "off"));
  }

  // One drop-down at a time; Escape or a click elsewhere closes it.
  const drops = () => document.querySelectorAll("details.switch[open], details.facet[open]");
  document.addEventListener("click", (event) => drops().forEach((each) => { if (!each.contains(event.target)) each.open = false; }));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    drops().forEach((each) => { each.open = false; each.querySelector("summary").focus(); });
  });

  // htmx keeps the old content while it loads: mark it busy, then say how much came.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const target = event.detail.target;
    target.classList.add("busy");
    target.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:afterSettle", () => {
    const results = document.querySelector("[data-announce]");
    if (results) document.getElementById("announce").textContent = results.dataset.announce;
    rememberList();
  });

  rememberList();
  neighbours();
  const errors = document.getElementById("errors");
  if (errors) errors.focus();
})();
