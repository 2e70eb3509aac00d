// What is kept in the browser: choices for long, the token for this tab. A browser may forbid it: then nothing is kept.

const within = (area) => ({
  get(key) {
    try { return globalThis[area].getItem("cinelog." + key); } catch { return null; }
  },
  set(key, value) {
    try {
      if (value === null) globalThis[area].removeItem("cinelog." + key);
      else globalThis[area].setItem("cinelog." + key, value);
    } catch { /* not kept */ }
  },
});

export const kept = within("localStorage");
export const ofTab = within("sessionStorage");
