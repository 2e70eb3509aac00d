// The dashboard: finds the view that the address names, and draws it.
import { changed, go, state } from "./address.js";
import { release } from "./charts.js";
import { h, setText } from "./dom.js";
import { filterBar } from "./filters.js";
import { shell } from "./shell.js";
import { tokenForm } from "./token.js";
import { say } from "./words.js";
import { overview } from "./views/overview.js";
import { films } from "./views/films.js";
import { film } from "./views/film.js";
import { pages } from "./views/pages.js";
import { clicks } from "./views/clicks.js";
import { events } from "./views/events.js";
import { schemas } from "./views/schemas.js";
import { funnels } from "./views/funnels.js";
import { retention } from "./views/retention.js";
import { live } from "./views/live.js";
import { health } from "./views/health.js";
import { sql } from "./views/sql.js";

// A view: `filters`, those of its questions, and `draw(context, root)`. The context's signal ends when the view goes.
const views = { overview, films, film, pages, clicks, events, schemas, funnels, retention, live, health, sql };
const around = shell(Object.keys(views).filter((name) => name !== "film"));
const main = document.getElementById("main");
let ending = new AbortController();

function draw() {
  ending.abort();
  ending = new AbortController();
  const context = { signal: ending.signal, notify };
  const name = state().get("view") ?? "overview";
  const view = views[name];
  notify("");
  release(main);
  around.close();
  around.mark(name);
  document.title = `${view ? say(`view.${name}`) : say("view.none")} · Cinelog`;
  const heading = h("h1", { tabindex: "-1" }, view ? say(`view.${name}`) : say("view.none"));
  const head = h("div", { class: "title" }, heading, view ? h("p", { class: "hint" }, say(`about.${name}`)) : null);
  main.dataset.view = name;
  main.replaceChildren(head);
  if (!view) return;
  if (view.filters.length) main.append(filterBar(context, view.filters));
  view.draw(context, main);
}

/** What a field is called: it is another element after each drawing. */
const fieldName = (field) => field?.querySelector("label")?.textContent;

function notify(text) {
  setText(document.getElementById("notice"), text);
}

addEventListener("cinelog:address", () => {
  const before = main.dataset.view;
  const held = fieldName(document.activeElement?.closest(".field"));
  draw();
  // Where the reader was goes on: a filter stays in hand, another view is read from its heading.
  if (main.dataset.view !== before) main.querySelector("h1").focus();
  else if (held) [...main.querySelectorAll(".field")].find((one) => fieldName(one) === held)?.querySelector("select, input")?.focus();
});
addEventListener("popstate", draw);
addEventListener("cinelog:theme", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
addEventListener("cinelog:refused", () => {
  if (main.querySelector("#token")) return;
  ending.abort();
  release(main);
  notify("");
  main.replaceChildren(tokenForm(draw));
  main.querySelector("#token").focus();
});

// Links within the dashboard change the view; with a key held they open as any link.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='/?'], a[href='/']");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (link.href !== location.href) go(link.getAttribute("href"));
  else go(changed({}) + location.hash, { replace: true });
});

draw();
