// What stands around every view: the name, the way to the views, language, and light or dark.
import { addressOf } from "./address.js";
import { h, icon } from "./dom.js";
import { select } from "./filters.js";
import { kept } from "./storage.js";
import { choose, language, languages, say } from "./words.js";

const pictures = {
  overview: "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z",
  live: "M12 13.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM8 16a5.7 5.7 0 0 1 0-8M16 8a5.7 5.7 0 0 1 0 8M5 19a10 10 0 0 1 0-14M19 5a10 10 0 0 1 0 14",
  films: "M3 5h18v14H3zM7 5v14M17 5v14M3 9.5h4M3 14.5h4M17 9.5h4M17 14.5h4",
  pages: "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
  clicks: "M9 9l11 4-5 2-2 5zM5 9H3M9 5V3M6 6L4.5 4.5",
  events: "M12 3l2.5 6 6.5.5-5 4.2 1.6 6.3L12 16.5 6.4 20 8 13.7 3 9.5 9.5 9z",
  schemas: "M6 3h8l4 4v14H6zM14 3v4h4M9 13l2 2 4-4",
  funnels: "M3 5h18l-7 8v7l-4-2v-5z",
  retention: "M20 12a8 8 0 1 1-2.5-5.8M20 3v4h-4M12 8v4l3 2",
  health: "M3 12h4l3-8 4 16 3-8h4",
  sql: "M5 6c0-1.7 3.1-3 7-3s7 1.3 7 3-3.1 3-7 3-7-1.3-7-3zM5 6v12c0 1.7 3.1 3 7 3s7-1.3 7-3V6M5 12c0 1.7 3.1 3 7 3s7-1.3 7-3",
};
const themes = ["auto", "light", "dark"];

export function shell(views) {
  const links = views.map((name) =>
    h("a", { href: addressOf(name), data: { view: name } }, icon(pictures[name]), h("span", {}, say(`view.${name}`))));
  const nav = h("nav", { id: "views", "aria-label": say("shell.views") }, links);
  const menu = h("button", {
    type: "button", id: "menu", "aria-expanded": "false", "aria-controls": "views aside",
    onclick: () => open(menu.getAttribute("aria-expanded") === "false"),
  }, icon("M4 7h16M4 12h16M4 17h16"), h("span", {}, say("shell.menu")));
  const open = (wanted) => {
    menu.setAttribute("aria-expanded", String(wanted));
    document.getElementById("head").classList.toggle("open", wanted);
  };
  const aside = h("div", { id: "aside" },
    labelled(say("shell.language"), select(Object.entries(languages), language, choose)),
    labelled(say("shell.theme"), select(themes.map((name) => [name, say(`theme.${name}`)]), kept.get("theme") ?? "auto", setTheme)),
    h("p", {}, h("a", { href: "/apidocs" }, say("shell.api"))));
  document.getElementById("skip").textContent = say("shell.skip");
  document.getElementById("head").replaceChildren(
    h("a", { class: "brand", href: "/" }, icon(pictures.films), "Cinelog"), menu, nav, aside);
  return { close: () => open(false), mark: (name) => mark(links, name) };
}

const labelled = (words, control) => h("label", {}, h("span", {}, words), control);

/** The view that is shown; and links take the common filters along. */
function mark(links, name) {
  const current = name === "film" ? "films" : name;
  for (const link of links) {
    link.setAttribute("href", addressOf(link.dataset.view));
    if (link.dataset.view === current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function setTheme(name) {
  kept.set("theme", name === "auto" ? null : name);
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  dispatchEvent(new Event("cinelog:theme"));
}
