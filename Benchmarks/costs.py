"""What an event costs each process on its way: what docs/scaling.md reckons with."""

import contextlib
import pathlib
import time

import cluster
import kafka
import loads
import report
import servers
from servers import BenchError
from usage import Usage

LOAD_SECONDS = 120
# After the last row, merges go on for a while.
SETTLE_SECONDS = 5


class Cost:
    """What processes use from here on."""

    def __init__(self, *roots):
        self.roots = roots
        self.before = self.used()

    def used(self):
        all_of_them = [Usage(root) for root in self.roots]
        return sum(one.cpu_seconds for one in all_of_them), sum(one.written_bytes for one in all_of_them)

    def of(self, events):
        """CPU seconds a million, and bytes written each."""
        (cpu, written), (cpu_before, written_before) = self.used(), self.before
        return {"cpu_seconds": (cpu - cpu_before) / events * 1e6, "written_bytes": (written - written_before) / events}


def collecting(bench):
    """Single events at 64 connections and batches of 500 at 16, each through the SQLite log and through Kafka."""
    yield from collecting_one(bench, "single events", "/clicks/", "click", 64, 1)
    yield from collecting_one(bench, "batches of 500", "/v1/events", "batch", 16, loads.BATCH_EVENTS)


def collecting_one(bench, name, path, body, connections, events):
    client_bytes = None
    for log in ("SQLite", "Kafka"):
        with contextlib.ExitStack() as stack:
            settings = stack.enter_context(kafka.brokers()) if log == "Kafka" else {}
            data = bench.data(f"costs-{log}-{body}")
            collect = stack.enter_context(servers.cinelog("collect", data, HTTP_THREADS=1, **settings))
            cost, before = Cost(collect.process.pid), loopback_bytes()
            run = loads.wrk(collect.url(path), bench.bodies[body], bench.plan.load_seconds, connections)
            sent = run["requests"] * events
            row = report.row(f"collect, {log}, {name}", ours=run["rate"] * events, unit="events/s", **cost.of(sent))
            # What goes over the loopback device beyond the requests and their answers goes to the brokers.
            carried = (loopback_bytes() - before) / sent
            if client_bytes is not None:
                row["wire_bytes"] = carried - client_bytes
            client_bytes = carried
        yield row


def loopback_bytes():
    line = next(line for line in pathlib.Path("/proc/net/dev").read_text().splitlines() if line.lstrip().startswith("lo:"))
    return int(line.split(":")[1].split()[0])


def loading(bench):
    """The same log loaded into the embedded engine, and into a cluster of two shards of two replicas on the same cores."""
    data = bench.data("costs-loading")
    bench.fill(data)
    with servers.cinelog("store", data) as store:
        question = "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase() FORMAT TSV"
        yield load(bench, store, "store, embedded engine", lambda: int(servers.sql(store.port, question)))
    if not cluster.available():
        return
    data = bench.data("costs-cluster")
    bench.fill(data)
    with cluster.running(data) as four, servers.cinelog("store", data, **four.settings) as store:
        nodes = Cost(*(node.process.pid for node in four.nodes))
        row = load(bench, store, "store, cluster")
        yield row
        yield report.row(
            "the cluster's four nodes together", ours=row["ours"], unit="events/s", **nodes.of(bench.plan.loaded_events),
            stored_bytes=four.stored_bytes() / bench.plan.loaded_events)


def load(bench, store, name, stored_bytes=None):
    """From the first look at which a row is loaded to the last."""
    total = bench.plan.loaded_events
    first = last = None
    deadline = time.monotonic() + LOAD_SECONDS
    while last is None or last[1] < total:
        if time.monotonic() > deadline:
            raise BenchError(f"{name}: {last} of {total} events are loaded after {LOAD_SECONDS} s\n{store.log_tail()}")
        last = (time.monotonic(), servers.metric(store.port, "cinelog_loaded_events_total") or 0)
        if last[1] and first is None:
            first, cost = last, Cost(store.process.pid)
        time.sleep(0.02)
    time.sleep(SETTLE_SECONDS)
    loaded = total - first[1]
    row = report.row(name, ours=loaded / (last[0] - first[0]), unit="events/s", **cost.of(loaded))
    return row | ({"stored_bytes": stored_bytes() / total} if stored_bytes else {})
