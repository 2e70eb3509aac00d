"""Measures Cinelog and its references on this machine: ./dev bench [--quick | --long] [--only PART,…] [--data-dir FOLDER].

References and ours take turns (A B A B …), and what is compared is the median of the rounds' ratios: on a shared
machine only that holds still. Writes bench-results/<time>.json and, after a full run, the figures in docs/performance.md.
"""

import argparse
import contextlib
import json
import os
import statistics
import sys
import time

import costs
import kafka
import lasting
import loads
import machine
import questions
import report
import rivals
import servers
from servers import BenchError
from usage import Usage

TOPIC = "clicks"
ANSWER_ROUNDS = 3


class Plan:
    """How long everything takes: `full` about ten minutes, `quick` about one."""

    def __init__(self, quick):
        self.rounds = 2 if quick else 3
        self.load_seconds = 2 if quick else 5
        self.connections = [64] if quick else [64, 512]
        self.batch_connections = 16
        self.append_seconds = 1 if quick else 3
        self.serve_rates = [(1000, 8)] if quick else [(1000, 60), (10000, 15)]
        self.loaded_events = 200_000 if quick else 1_000_000
        self.shared_events = 100_000 if quick else 400_000
        self.asked_events = 1_000_000 if quick else 10_000_000
        self.sustained = (20_000, 20) if quick else (20_000, 300)
        self.table_sizes = [1_000, 100_000] if quick else [1_000, 10_000, 100_000, 1_000_000, 10_000_000, 50_000_000]
        self.total_seconds = 180 if quick else 1800


class Bench:
    def __init__(self, plan, folder):
        self.plan = plan
        self.folder = folder
        self.bodies = loads.bodies(folder)
        self.bare = loads.compile_c("bare.c", folder, "microhttpd")
        self.openload = loads.compile_c("openload.c", folder, "m")

    def data(self, name):
        path = self.folder / name
        path.mkdir()
        return path

    # --- Parts: each yields rows of the report

    def appends(self):
        """What the disk gives: a client's lines appended to a file made before, fdatasync after each write."""
        for lines in (1, 64, 500, 2000):
            rate, latency_ms = machine.append_rate(self.folder / "appends", lines, self.plan.append_seconds)
            yield report.row(f"{lines} events an fdatasync", ours=rate, unit="events/s", p50_ms=latency_ms)

    def singles(self):
        """One click a request, answered after fdatasync; the reference answers without looking at it."""
        for layout in layouts():
            data = self.data(f"singles-{layout.name}")
            threads = layout.threads
            with (
                servers.bare(self.bare, data, threads, layout.server) as bare,
                servers.cinelog("collect", data, layout.server, HTTP_THREADS=threads) as collect,
            ):
                for connections in self.plan.connections:
                    yield self.compared(f"{connections} connections, {layout.name}", bare, collect, connections, layout)

    def compared(self, name, bare, collect, connections, layout):
        def load(server):
            return loads.wrk(
                server.url("/clicks/"), self.bodies["click"], self.plan.load_seconds, connections, layout.threads,
                layout.client)

        rounds = [(load(bare), load(collect)) for _ in range(self.plan.rounds)]
        return report.compared_row(name, rounds, "requests/s")

    def rivals(self):
        """One click a request at 64 connections, cores shared, in turns. The first two keep nothing of it; the others answer after
        fdatasync, with group commit into SQLite."""
        with contextlib.ExitStack() as stack:
            running = {}
            for name, make in self.services().items():
                running[name] = stack.enter_context(make(self.data("rival-" + name.replace(" ", "-").lower())))
            runs = {name: [] for name in running}
            for _ in range(self.plan.rounds):
                for name, server in running.items():
                    runs[name].append(self.used(server))
        for name in running:
            middle = {key: statistics.median(run[key] for run in runs[name]) for key in runs[name][0]}
            yield report.row(name, ours=middle.pop("rate"), unit="requests/s", **middle)

    def services(self):
        return {
            "bare libmicrohttpd, 202": lambda data: servers.bare(self.bare, data),
            "nginx, 202 and access log": lambda data: rivals.nginx(data),
            "Flask, gevent": lambda data: rivals.python("flask_gevent", data),
            "FastAPI, uvicorn": lambda data: rivals.python("fastapi_uvicorn", data),
            report.OURS: lambda data: servers.cinelog("collect", data, HTTP_THREADS=1),
        }

    def used(self, server):
        """One turn: its rate, and what a request cost."""
        before = Usage(server.process.pid)
        result = loads.wrk(server.url("/clicks/"), self.bodies["click"], self.plan.load_seconds, 64)
        after = Usage(server.process.pid)
        requests = result["requests"]
        return {
            "rate": result["rate"], "p99_ms": result["p99_ms"], "errors": result["errors"] + result["refused"],
            "cpu_seconds": (after.cpu_seconds - before.cpu_seconds) / requests * 1e6,
            "written_bytes": (after.written_bytes - before.written_bytes) / requests, "memory_mib": after.memory_mib}

    def batches(self):
        """500 clicks a request to /v1/events, answered after fdatasync."""
        for layout in layouts():
            data = self.data(f"batches-{layout.name}")
            with servers.cinelog("collect", data, layout.server, HTTP_THREADS=layout.threads) as collect:
                runs = [
                    loads.wrk(
                        collect.url("/v1/events"), self.bodies["batch"], self.plan.load_seconds,
                        self.plan.batch_connections, layout.threads, layout.client)
                    for _ in range(self.plan.rounds)
                ]
                peak = collect.peak_memory_mib()
            rates = [run["rate"] * loads.BATCH_EVENTS for run in runs]
            yield report.row(
                f"{self.plan.batch_connections} connections, {layout.name}", ours=statistics.median(rates),
                unit="events/s", p99_ms=max(run["p99_ms"] for run in runs),
                errors=sum(run["errors"] + run["refused"] for run in runs), collect_peak_mib=peak)

    def serve(self):
        """Everything on at a fixed rate: single clicks, open loop, latency from the due time."""
        for rate, seconds in self.plan.serve_rates:
            data = self.data(f"serve-{rate}")
            with servers.bare(self.bare, data) as bare:
                result = self.open_loop(bare, rate, min(seconds, 10))
                yield report.latency_row(f"{rate:,} requests/s, bare reference", result)
            with servers.cinelog("serve", data) as serve:
                servers.await_admin(serve)
                before = Usage(serve.process.pid)
                fresh = loads.freshness_beside(serve, seconds)
                result = self.open_loop(serve, rate, seconds)
                cpu_seconds = Usage(serve.process.pid).cpu_seconds - before.cpu_seconds
                result["freshness"] = fresh()
                result["collect_peak_mib"] = serve.peak_memory_mib("collect")
                result["store_peak_mib"] = serve.peak_memory_mib("store")
            row = report.latency_row(f"{rate:,} requests/s, cinelog serve, {seconds} s", result)
            yield row | {"cpu_seconds": cpu_seconds / result["sent"] * 1e6}

    def open_loop(self, server, rate, seconds):
        return loads.openload(self.openload, server.url("/clicks/"), self.bodies["click-new"], seconds, rate)

    def loading(self):
        """A log filled beforehand, loaded by `store`; the reference is the engine's own INSERT of the same lines."""
        data = self.data("loading")
        self.fill(data)
        with servers.cinelog("store", data) as store:
            loaded = self.time_loading(store)
            (data / "ddl").write_text(servers.sql(store.port, f"SHOW CREATE TABLE {TOPIC}_local FORMAT TSVRaw"))
            peak = store.peak_memory_mib()
        engine = machine.engine(data, self.folder, 50_000)
        yield report.row(
            "store, from its start (library, tables and all)", ours=loaded["whole"], unit="rows/s", store_peak_mib=peak)
        yield report.row(
            "store, while loading, against the engine's INSERT from files", ours=loaded["steady"],
            reference=engine["file"], unit="rows/s", engine_peak_mib=engine["file_peak_mib"])
        yield report.row(
            "store, while loading, against the engine's INSERT inline", ours=loaded["steady"],
            reference=engine["inline"], unit="rows/s")

    def fill(self, data):
        requests = self.plan.loaded_events // loads.BATCH_EVENTS
        with servers.cinelog("collect", data) as collect:
            result = loads.openload(
                self.openload, collect.url("/v1/events"), self.bodies["batch-new"], 60, 0, 16, requests)
        if result["2xx"] != requests:
            raise BenchError(f"the log could not be filled: {result}")

    def time_loading(self, store):
        """Rows a second from the process's start, and between the first and the last look at a shrinking backlog."""
        total = self.plan.loaded_events
        looks = []
        deadline = time.monotonic() + 120
        while not looks or looks[-1][1] > 0:
            if time.monotonic() > deadline:
                raise BenchError(f"the backlog is not loaded after 120 s: {looks[-1:]}")
            backlog = servers.metric(store.port, "cinelog_backlog_events")
            if backlog is not None and (looks or backlog > 0):
                looks.append((time.monotonic(), backlog))
            elif backlog == 0 and stored(store.port) == total:
                break  # it was done before the first look
            time.sleep(0.02)
        if (rows := stored(store.port)) != total:
            raise BenchError(f"{rows} rows are stored of {total}")
        whole = total / (looks[-1][0] - store.begun)
        if looks[0][1] == looks[-1][1] or len(looks) < 3:
            return {"whole": whole, "steady": whole}
        return {"whole": whole, "steady": (looks[0][1] - looks[-1][1]) / (looks[-1][0] - looks[0][0])}

    def kafka(self):
        """`collect` through Kafka against `collect` with its SQLite log, in turns; one store and two on the same topics."""
        yield from kafka.collecting(self)
        yield from kafka.sharing(self)

    def costs(self):
        """What an event costs each process on its way. One thread of `collect`; the cluster's four nodes share the cores with `store`."""
        yield from costs.collecting(self)
        yield from costs.loading(self)

    def sustained(self):
        """Everything on, single clicks at a fixed rate for minutes: what waits to be loaded must not grow."""
        yield from lasting.sustained(self)

    def growing(self):
        """A million clicks loaded into tables that hold so many events of a month already, and questions about all of them."""
        yield from lasting.growing(self)

    def answers(self):
        """Each question of /v1/insights over a month of events (fill_events.py), of everything and of the last seven days."""
        data = self.data("answers")
        servers.migrate(data)
        count = machine.fill_events(data / "data/warehouse", self.folder, self.plan.asked_events)
        with servers.cinelog("store", data) as store:
            seconds = questions.await_settled(store.port)
            yield report.row("from the start until copies of events are taken out", ours=round(seconds, 1), unit="s")
            for name, times_ms in questions.times(store.port, ANSWER_ROUNDS):
                yield report.row(
                    name, ours=count, unit="events", p50_ms=statistics.median(times_ms), max_ms=max(times_ms))


def stored(port):
    return int(servers.sql(port, f"SELECT count() FROM {TOPIC}_local FORMAT TSV"))


class Layout:
    def __init__(self, name, server, client, threads):
        self.name, self.server, self.client, self.threads = name, server, client, threads


def layouts():
    """Server and client on a core each, and both free; with one core only the latter."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        yield Layout("a core each", [cores[0]], [cores[1]], 1)
    yield Layout("cores shared", None, None, max(1, len(cores) // 2))


PARTS = ["appends", "singles", "rivals", "batches", "serve", "loading", "kafka", "costs", "answers"]
LONG_PARTS = ["sustained", "growing"]


def options():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="about a minute; docs/performance.md stays as it is")
    parser.add_argument("--long", action="store_true", help=f"{' and '.join(LONG_PARTS)}, half an hour, instead of the rest")
    parser.add_argument("--only", metavar="PART,…", help=f"of {', '.join(PARTS + LONG_PARTS)}")
    parser.add_argument("--data-dir", metavar="FOLDER", help="where data goes: on the disk to be measured")
    chosen = parser.parse_args()
    parts = LONG_PARTS if chosen.long else PARTS
    chosen.whole = not chosen.quick and not chosen.only
    chosen.only = chosen.only.split(",") if chosen.only else parts
    if unknown := set(chosen.only) - set(PARTS + LONG_PARTS):
        parser.error(f"there is no part {', '.join(unknown)}")
    return chosen


def measure(chosen, results):
    plan = Plan(chosen.quick)
    begun = time.monotonic()
    with servers.folder(chosen.data_dir) as folder:
        results["machine"] = machine.describe(folder)
        if (load := results["machine"]["load_before"]) > 0.3:
            print(f"The machine is busy (load {load}): figures will be low and scattered", file=sys.stderr)
        bench = Bench(plan, folder)
        for part in chosen.only:
            if time.monotonic() - begun > plan.total_seconds:
                raise BenchError(f"out of time before {part}: {plan.total_seconds} s are the bound")
            method = getattr(bench, part)
            print(f"\n{part}: {' '.join(method.__doc__.split())}", flush=True)
            rows = results["parts"][part] = {"about": method.__doc__, "rows": []}
            for row in method():
                rows["rows"].append(row)
                print("  " + report.line(row), flush=True)
    results["seconds"] = round(time.monotonic() - begun)


def main():
    chosen = options()
    results = {"begun": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "quick": chosen.quick, "parts": {}}
    try:
        measure(chosen, results)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    finally:
        if results["parts"]:
            print(f"\nWritten: {report.write_json(results)}")
    if chosen.whole:
        report.write_document(results, "long" if chosen.long else "usual")
        print("Written: docs/performance.md")
    return 0


sys.exit(main())
