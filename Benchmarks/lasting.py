"""What takes long to measure (./dev bench --long): a load held for minutes, and what it costs to have many events already."""

import statistics
import threading
import time

import costs
import machine
import questions
import report
import servers
from usage import Usage

# What reads most rows, and what the pages ask first: of everything.
ASKED = {
    "totals": "totals", "clicks": "clicks", "film": f"films/{questions.FILM}",
    "funnel": "funnel?step=page&step=click&step=film"}
ROUNDS = 5


class Backlog:
    """Looks once a second, from another thread, at how many events wait to be loaded."""

    def __init__(self, port):
        self.port, self.looks, self.over = port, [], threading.Event()
        self.thread = threading.Thread(target=self.look)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def look(self):
        while not self.over.wait(1):
            self.looks.append(servers.metric(self.port, "cinelog_backlog_events") or 0)

    def greatest(self, first, last):
        """Of the looks between two shares of the time."""
        return max(self.looks[int(len(self.looks) * first):int(len(self.looks) * last)])


def sustained(bench):
    rate, seconds = bench.plan.sustained
    with servers.cinelog("serve", bench.data("sustained")) as serve:
        servers.await_admin(serve)
        before = Usage(serve.process.pid)
        with Backlog(serve.admin_port) as backlog:
            result = bench.open_loop(serve, rate, seconds)
        after = Usage(serve.process.pid)
        result["collect_peak_mib"] = serve.peak_memory_mib("collect")
        result["store_peak_mib"] = serve.peak_memory_mib("store")
    yield report.latency_row(f"{rate:,} requests/s for {seconds} s", result) | {
        "cpu_seconds": (after.cpu_seconds - before.cpu_seconds) / result["sent"] * 1e6,
        "backlog_early": backlog.greatest(0.05, 0.25), "backlog_late": backlog.greatest(0.8, 1)}


def growing(bench):
    for events in bench.plan.table_sizes:
        data = bench.data(f"growing-{events}")
        servers.migrate(data)
        machine.fill_events(data / "data/warehouse", bench.folder, events)
        bench.fill(data)
        with servers.cinelog("store", data) as store:
            row = costs.load(bench, store, f"{events:,}") | {"events": events}
        # Anew: a search for copies that ran beside the loading would rest for nine times as long as it took.
        with servers.cinelog("store", data) as store:
            row["settled_s"] = questions.await_settled(store.port)
            for name, question in ASKED.items():
                times = [questions.ask(store.port, question) for _ in range(ROUNDS + 1)][1:]
                row[f"{name}_ms"] = statistics.median(times)
        yield row
