// Asking the admin address. The token goes along where one is needed.
import { ofTab } from "./storage.js";

const timeoutMilliseconds = 40000;

/** The server wants a token, or another one. */
export class Refused extends Error {}
/** What the server said, with its status. */
export class Problem extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

export const hasToken = () => ofTab.get("token") !== null;
export const setToken = (token) => ofTab.set("token", token);

/** - endless: an answer that comes bit by bit and never ends is not late. */
async function ask(path, { signal, endless = false, ...options } = {}) {
  const headers = new Headers(options.headers);
  const token = ofTab.get("token");
  if (token) headers.set("Authorization", `Bearer ${token}`);
  const ends = [signal, endless ? null : AbortSignal.timeout(timeoutMilliseconds)].filter(Boolean);
  const answer = await fetch(path, { ...options, headers, cache: "no-store", signal: AbortSignal.any(ends) });
  if (answer.status === 401) throw new Refused(await problem(answer));
  if (!answer.ok) throw new Problem(await problem(answer), answer.status);
  return answer;
}

async function problem(answer) {
  const text = await answer.text();
  try {
    return JSON.parse(text).errors.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join("\n");
  } catch {
    return text || `${answer.status} ${answer.statusText}`;
  }
}

/** `/v1/insights/<question>` with its parameters; of a list each, of what is empty none. */
export function questionPath(question, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value].flat()) if (one !== undefined && one !== null && one !== "") query.append(name, one);
  }
  const text = query.toString();
  return `/v1/insights/${question}${text ? "?" + text : ""}`;
}

/** One question's answer. */
export const question = async (name, parameters, signal) =>
  (await ask(questionPath(name, parameters), { signal })).json();

/** A statement's answer, as text in a ClickHouse format. */
export const sqlText = async (statement, format, signal) =>
  (await ask(`/v1/sql?format=${format}`, sqlRequest(statement, signal))).text();

/** A statement's rows as objects. */
export const sqlRows = async (statement, signal) => JSON.parse(await sqlText(statement, "JSON", signal)).data;

export const metricsText = async (signal) => (await ask("/metrics", { signal })).text();

/** The audit, a line of JSON for each topic and finding. Loading waits while it looks. */
export const ledgerText = async (signal) => (await ask("/v1/ledger", { signal })).text();

/** What custom events are checked against, as the collector has it now. */
export const schemasText = async (signal) => (await ask("/v1/schemas", { signal })).text();

/** What arrives at the collector, for as long as the signal lets it. */
export const liveEvents = (parameters, signal) =>
  ask("/v1/tail?" + new URLSearchParams(parameters), { signal, endless: true });

const sqlRequest = (statement, signal) => ({
  method: "POST", body: statement, headers: { "Content-Type": "text/plain" }, signal,
});

/** A file for the reader: fetched, for a link could not bring the token nor tell what went wrong. */
export async function download(source, fileName) {
  const answer = await (source.path
    ? ask(source.path) : ask(`/v1/sql?format=${source.format}`, sqlRequest(source.statement)));
  const address = URL.createObjectURL(await answer.blob());
  const link = Object.assign(document.createElement("a"), { href: address, download: fileName });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}
