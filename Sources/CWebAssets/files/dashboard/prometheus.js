// What /metrics says (https://prometheus.io/docs/instrumenting/exposition_formats/): sums, and quantiles of histograms.

const line = /^(\w+)(?:\{(.*)\})? (\S+)$/;

/** name → [{ labels, value }] */
export function parse(text) {
  const found = new Map();
  for (const row of text.split("\n")) {
    const parts = line.exec(row);
    if (!parts) continue;
    const labels = Object.fromEntries([...(parts[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value]));
    const list = found.get(parts[1]) ?? [];
    list.push({ labels, value: Number(parts[3]) });
    found.set(parts[1], list);
  }
  return found;
}

export const sum = (metrics, name, labels = {}) => (metrics.get(name) ?? [])
  .filter((one) => Object.entries(labels).every(([key, value]) => one.labels[key] === value))
  .reduce((total, one) => total + one.value, 0);

/** A histogram's buckets, the finest first: how many lie at or below each bound. */
const buckets = (metrics, name) => (metrics?.get(`${name}_bucket`) ?? [])
  .map(({ labels, value }) => ({ bound: labels.le === "+Inf" ? Infinity : Number(labels.le), value }))
  .sort((a, b) => a.bound - b.bound);

/** The value below which a share of what came between two readings lies, in the histogram's unit; null: nothing came. */
export function quantile(before, after, name, share) {
  const earlier = new Map(buckets(before, name).map(({ bound, value }) => [bound, value]));
  const grown = buckets(after, name).map(({ bound, value }) => ({ bound, value: value - (earlier.get(bound) ?? 0) }));
  const all = grown.at(-1)?.value ?? 0;
  if (all <= 0) return null;
  const place = grown.findIndex((one) => one.value >= share * all);
  const [low, below] = place ? [grown[place - 1].bound, grown[place - 1].value] : [0, 0];
  const { bound, value } = grown[place];
  // Within a bucket the values are taken to lie evenly; the last has no end.
  return bound === Infinity ? low : low + ((bound - low) * (share * all - below)) / Math.max(1e-9, value - below);
}
