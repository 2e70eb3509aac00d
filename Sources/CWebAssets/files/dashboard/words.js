// The page's words in the reader's language: one dictionary a language, in words/. Russian has more plurals than English.
import { kept } from "./storage.js";
import en from "./words/en.js";
import ru from "./words/ru.js";

const dictionaries = { en, ru };
export const languages = { en: "English", ru: "Русский" };

export const language = document.documentElement.lang in dictionaries ? document.documentElement.lang : "en";
document.documentElement.lang = language;
const plurals = new Intl.PluralRules(language);

/** The words of a key, with `{names}` filled in; of its forms the one for `count`, where it has several. */
export function say(key, values = {}) {
  const found = dictionaries[language][key];
  if (found === undefined) throw new Error(`no words for ${key}`);
  const form = typeof found === "string" ? found : found[plurals.select(Number(values.count))] ?? found.other;
  return form.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** The words of `prefix.name`, or the name itself where there are none: a name that the server may add to. */
export const sayName = (prefix, name) =>
  `${prefix}.${name}` in dictionaries[language] ? say(`${prefix}.${name}`) : name;

/** What the server says in both languages: `{en, ru}`. */
export const ofServer = (texts) => texts?.[language] ?? texts?.en ?? "";

/** Everything is written once as it is drawn: another language draws the page anew. */
export function choose(chosen) {
  kept.set("language", chosen);
  location.reload();
}
