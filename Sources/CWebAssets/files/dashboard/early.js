// Before anything is drawn: the reader's choice of light or dark, and of the language, so that nothing flashes.
"use strict";
{
  const kept = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const theme = kept("cinelog.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  document.documentElement.lang = kept("cinelog.language") ?? (navigator.language.startsWith("ru") ? "ru" : "en");
}
