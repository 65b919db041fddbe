"use strict";

(() => {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const name = () => { button.textContent = dark() ? "Light scheme" : "Dark scheme"; };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try { localStorage.setItem("yolo-parity-theme", root.dataset.theme); } catch { /* not kept */ }
    name();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
  name();

  const menu = document.getElementById("menu");
  menu.addEventListener("click", () => {
    menu.setAttribute("aria-expanded", menu.getAttribute("aria-expanded") === "false");
  });
  document.getElementById("sections").addEventListener("click", () => {
    menu.setAttribute("aria-expanded", false);
  });

  const viewer = new parity.Viewer(document.getElementById("viewer"));
  for (const element of document.querySelectorAll(".browser-data")) {
    const place = document.querySelector(`[data-section="${element.dataset.for}"]`);
    if (place) new parity.Table(parity.readModel(element), place, (table, i) => viewer.show(table, i));
  }

  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let part = target; part; part = part.parentElement) {
      if (part.localName === "details") part.open = true;
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  for (const link of document.querySelectorAll("main a[href^='#'], .contents a")) {
    link.addEventListener("click", () => setTimeout(reveal));
  }
  reveal();

  const links = [...document.querySelectorAll(".contents a")];
  const seen = new Map(links.map((link) => [document.getElementById(link.hash.slice(1)), link]));
  const mark = () => {
    const passed = [...seen.keys()].filter((section) => section.getBoundingClientRect().top < 120);
    for (const link of links) link.removeAttribute("aria-current");
    (seen.get(passed.at(-1)) ?? links[0]).setAttribute("aria-current", "true");
  };
  addEventListener("scroll", mark, { passive: true });
  mark();
})();
