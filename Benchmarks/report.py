"""Rows of results, as lines, JSON, and the tables of docs/performance.md."""

import json
import statistics

import plot
from servers import RESULTS, ROOT, BenchError

DOCUMENT = ROOT / "docs/performance.md"
PLOT = ROOT / "docs/images/beside-others.svg"
OURS = "Cinelog collect"
GROWTH = ROOT / "docs/images/growing.svg"
MARKS = {
    "usual": ("<!-- figures: made by ./dev bench -->", "<!-- end of figures -->"),
    "long": ("<!-- figures: made by ./dev bench --long -->", "<!-- end of long figures -->"),
}


def row(name, ours, unit, reference=None, **more):
    made = {"name": name, "ours": ours, "unit": unit, **more}
    return made if reference is None else made | {"reference": reference, "ratio": ours / reference}


def compared_row(name, rounds, unit):
    """A row from rounds of (reference, ours): the median of the ratios, and the span they lie in."""
    ratios = [ours["rate"] / reference["rate"] for reference, ours in rounds]
    return {
        "name": name,
        "unit": unit,
        "ours": statistics.median(ours["rate"] for _, ours in rounds),
        "reference": statistics.median(reference["rate"] for reference, _ in rounds),
        "ratio": statistics.median(ratios),
        "ratio_span": [min(ratios), max(ratios)],
        "p99_ms": statistics.median(ours["p99_ms"] for _, ours in rounds),
        "errors": sum(part["errors"] + part["refused"] for both in rounds for part in both),
        "rounds": rounds,
    }


def latency_row(name, load):
    """A row from openload's result, perhaps with freshness and memory beside it."""
    made = {"name": name, "ours": load["achieved_rate"], "unit": "requests/s"}
    made |= {key: load[key] for key in ("p50_ms", "p95_ms", "p99_ms", "p999_ms", "max_ms")}
    made["errors"] = load["errors"] + load["others"] + load["unanswered"]
    if fresh := load.get("freshness"):
        made |= {"fresh_p50_ms": fresh["p50_ms"], "fresh_p95_ms": fresh["p95_ms"], "fresh_max_ms": fresh["max_ms"]}
        made["fresh_unseen"] = fresh["sent"] - fresh["seen"]
    made |= {key: load[key] for key in ("collect_peak_mib", "store_peak_mib") if key in load}
    return made | {"details": load}


COLUMNS = [
    ("ours", "measured"), ("unit", ""), ("reference", "reference"), ("ratio", "ratio"), ("p50_ms", "p50 ms"),
    ("p95_ms", "p95 ms"), ("p99_ms", "p99 ms"), ("p999_ms", "p99.9 ms"), ("max_ms", "max ms"), ("errors", "errors"),
    ("fresh_p50_ms", "fresh p50 ms"), ("fresh_p95_ms", "fresh p95 ms"), ("fresh_max_ms", "fresh max ms"),
    ("fresh_unseen", "unseen"), ("collect_peak_mib", "collect MiB"), ("store_peak_mib", "store MiB"),
    ("engine_peak_mib", "engine MiB"), ("cpu_seconds", "CPU s a million"), ("written_bytes", "bytes written each"),
    ("wire_bytes", "bytes to brokers each"), ("stored_bytes", "bytes in tables each"), ("memory_mib", "MiB"),
    ("backlog_early", "waiting early, at most"), ("backlog_late", "waiting at the end, at most"), ("totals_ms", "totals ms"),
    ("clicks_ms", "clicks ms"), ("film_ms", "one film ms"), ("funnel_ms", "funnel ms"), ("settled_s", "copies searched s"),
]


def shown(row, key):
    value = row.get(key)
    if value is None or isinstance(value, str):
        return value or ""
    if key == "ratio":
        span = row.get("ratio_span")
        return f"{value:.2f}" + (f" ({span[0]:.2f}–{span[1]:.2f})" if span else "")
    if key.endswith("_ms"):
        return f"{value:.2f}" if value < 100 else f"{value:,.0f}"
    return f"{value:.1f}" if isinstance(value, float) and value < 10 else f"{value:,.0f}"


def line(row):
    parts = [f"{shown(row, 'ours')} {row['unit']}"]
    parts += [f"{title} {shown(row, key)}" for key, title in COLUMNS[2:] if row.get(key) is not None]
    return f"{row['name']}: " + " · ".join(parts)


def table(rows):
    keys = [(key, title) for key, title in COLUMNS if any(row.get(key) is not None for row in rows)]
    lines = ["| " + " | ".join(["", *[title for _, title in keys]]) + " |"]
    lines.append("| --- |" + " ---: |" * len(keys))
    lines += ["| " + " | ".join([row["name"], *[shown(row, key) for key, _ in keys]]) + " |" for row in rows]
    return "\n".join(lines)


TITLES = {
    "appends": "The disk alone", "singles": "Single events", "rivals": "Beside others", "batches": "Batches", "serve": "Everything on",
    "loading": "Loading", "kafka": "Through Kafka", "costs": "What an event costs", "answers": "Answers", "sustained": "Held for minutes",
    "growing": "As tables grow",
}


def figures(results):
    made = results["machine"]
    text = (
        f"Measured {results['begun']} at commit {made['commit'] or 'unknown'}, in {results['seconds']} s: {made['cpu']}, "
        f"{made['cores']} cores, {made['memory_gib']} GiB, Linux {made['kernel']}, data on {made['file_system']}; "
        f"load before it {made['load_before']}.\n"
    )
    for part, body in results["parts"].items():
        about = " ".join(body["about"].split())
        text += f"\n### {TITLES[part]}\n\n{about}\n\n{table(body['rows'])}\n"
        if part in PLOTS:
            about, path, _ = PLOTS[part]
            text += f"\n![{about}]({path.relative_to(DOCUMENT.parent)})\n"
    return text


def write_json(results):
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / (results["begun"].replace(":", "") + ".json")
    path.write_text(json.dumps(results, indent=1) + "\n")
    return path


def rivals_plot(rows):
    bars = [(row["name"], row["ours"], row["name"] == OURS) for row in rows]
    return plot.bars("Single events a second, 64 connections, cores shared", bars, "requests/s")


def growth_plot(rows):
    """Each figure against its own greatest: what is flat costs the same at any size."""
    sizes = [row["events"] for row in rows]
    series = {"events loaded a second": [row["ours"] for row in rows]}
    series |= {f"{name}, ms": [row[f"{name}_ms"] for row in rows] for name in ("totals", "clicks", "film", "funnel")}
    return plot.panels("By events already in the tables", sizes, series)


PLOTS = {
    "rivals": ("Requests a second, each service in turn", PLOT, rivals_plot),
    "growing": ("Loading and answers by the size of the tables", GROWTH, growth_plot),
}


def write_document(results, kind):
    text = DOCUMENT.read_text()
    begin, end = MARKS[kind]
    if begin not in text or end not in text:
        raise BenchError(f"{DOCUMENT} has no lines {begin} and {end}")
    head, rest = text.split(begin, 1)
    for part in PLOTS.keys() & results["parts"].keys():
        _, path, drawn = PLOTS[part]
        path.write_text(drawn(results["parts"][part]["rows"]))
    DOCUMENT.write_text(head + begin + "\n\n" + figures(results) + "\n" + end + rest.split(end, 1)[1])
