"""Measures what goes through Kafka: real brokers, named by KAFKA_BROKERS, or librdkafka's own in a process (Tests/KafkaStandIn)."""

import contextlib
import os
import secrets
import statistics
import subprocess
import time

import loads
import report
import servers
from servers import BenchError

STAND_IN = servers.ROOT / ".build/release/KafkaStandIn"
TOPICS = ["clicks", "pages", "views", "custom_events", "rejected"]
# The stand-in forgets what is more than 5 MB in a partition.
PARTITIONS = 24
LOAD_SECONDS = 120


@contextlib.contextmanager
def brokers():
    """Settings for a program that is to use them."""
    prefix = f"bench-{secrets.token_hex(4)}-"
    common = {"KAFKA_TOPIC_PREFIX": prefix, "KAFKA_NUM_PARTITIONS": PARTITIONS}
    if real := os.environ.get("KAFKA_BROKERS"):
        copies = os.environ.get("KAFKA_REPLICATION_FACTOR")
        yield common | {"KAFKA_BROKERS": real} | ({"KAFKA_REPLICATION_FACTOR": copies} if copies else {})
        return
    if not STAND_IN.exists():
        raise BenchError(f"{STAND_IN} is missing: swift build -c release --build-tests")
    with subprocess.Popen([STAND_IN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            addresses = process.stdout.readline().strip()
            for topic in TOPICS:
                print(f"topic {prefix}{topic} {PARTITIONS} 3", file=process.stdin, flush=True)
                if (answer := process.stdout.readline().strip()) != "ok":
                    raise BenchError(f"the stand-in: {answer}")
            yield common | {"KAFKA_BROKERS": addresses}
        finally:
            process.kill()


def collecting(bench):
    """`collect` through Kafka against `collect` with its SQLite log, in turns: singles at 64 connections, and batches."""
    threads = max(1, len(os.sched_getaffinity(0)) // 2)
    loads_wanted = [("single events, 64 connections", "/clicks/", "click", 64, 1)]
    loads_wanted += [("batches of 500, 16 connections", "/v1/events", "batch", 16, loads.BATCH_EVENTS)]
    for name, path, body, connections, events in loads_wanted:
        with (
            brokers() as settings,
            servers.cinelog("collect", bench.data(f"kafka-{body}-sqlite"), HTTP_THREADS=threads) as sqlite,
            servers.cinelog("collect", bench.data(f"kafka-{body}"), HTTP_THREADS=threads, **settings) as kafka,
        ):

            def load(server):
                run = loads.wrk(
                    server.url(path), bench.bodies[body], bench.plan.load_seconds, connections, threads)
                return run | {"rate": run["rate"] * events}

            rounds = [(load(sqlite), load(kafka)) for _ in range(bench.plan.rounds)]
            peak = kafka.peak_memory_mib()
        yield report.compared_row(name, rounds, "events/s") | {"collect_peak_mib": peak}


def sharing(bench):
    """The same filled topics, loaded by one store on one core, then by two in one group on a core each (the reference is the one)."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return
    events = bench.plan.shared_events
    with brokers() as settings:
        fill(bench, settings, events)
        rates = {1: [], 2: []}
        for turn in range(bench.plan.rounds):
            for count in rates:
                rate, shares = load_with(bench, settings, cores[:count], f"{turn}-{count}", events)
                rates[count].append(rate)
        one = statistics.median(rates[1])
        yield report.row("one store", ours=one, unit="rows/s")
        ratios = [two / single for single, two in zip(rates[1], rates[2])]
        made = report.row("two stores", ours=statistics.median(rates[2]), unit="rows/s", reference=one)
        yield made | {
            "name": f"two stores, {' + '.join(map(str, shares))} partitions", "ratio": statistics.median(ratios),
            "ratio_span": [min(ratios), max(ratios)]}


def fill(bench, settings, events):
    requests = events // loads.BATCH_EVENTS
    with servers.cinelog("collect", bench.data("sharing-collect"), **settings) as collect:
        result = loads.openload(
            bench.openload, collect.url("/v1/events"), bench.bodies["batch-new"], 60, 0, 16, requests)
        # Nothing may wait in the spool.
        deadline = time.monotonic() + LOAD_SECONDS
        while (waiting := spooled(collect)) and time.monotonic() < deadline:
            time.sleep(0.1)
    if result["2xx"] != requests or waiting:
        raise BenchError(f"the topics could not be filled: {result}, {waiting} events in the spool")


def spooled(collect):
    """Events in a collector's spool, by its private socket."""
    done = subprocess.run(
        ["curl", "-s", "--unix-socket", collect.folder / "data/collect.sock", "http://collector/metrics"],
        capture_output=True, text=True, timeout=30, check=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("cinelog_kafka_spool_events{")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def load_with(bench, settings, cores, name, events):
    """Rows a second from the first look at which some are loaded to the last, and the stores' shares of the partitions."""
    own = settings | {"KAFKA_GROUP": f"bench-{secrets.token_hex(4)}"}
    with contextlib.ExitStack() as stack:
        stores = [
            stack.enter_context(servers.cinelog("store", bench.data(f"sharing-{name}-{core}"), [core], **own))
            for core in cores
        ]
        looks = []
        deadline = time.monotonic() + LOAD_SECONDS
        while not looks or looks[-1][1] < events:
            if time.monotonic() > deadline:
                raise BenchError(f"{looks[-1:]} of {events} events are loaded after {LOAD_SECONDS} s")
            loaded = sum(servers.metric(store.port, "cinelog_loaded_events_total") or 0 for store in stores)
            if loaded:
                looks.append((time.monotonic(), loaded))
            time.sleep(0.02)
        shares = [int(servers.metric(store.port, 'cinelog_kafka_partitions{topic="clicks"}') or 0) for store in stores]
    if len(looks) < 3:
        raise BenchError(f"loading was over before it could be measured: {looks}")
    return (looks[-1][1] - looks[0][1]) / (looks[-1][0] - looks[0][0]), shares
