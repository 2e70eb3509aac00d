"""Servers under measurement: started on free loopback ports, with data of their own, stopped whatever happens."""

import contextlib
import http.client
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CINELOG = pathlib.Path(os.environ.get("CINELOG_BINARY", ROOT / ".build/release/cinelog"))
RESULTS = ROOT / "bench-results"
START_SECONDS = 60
STOP_SECONDS = 30


class BenchError(Exception):
    """Why a measurement could not be made."""


def free_port():
    """A port below those that the system gives out: between this look and the server's, no client takes it."""
    for _ in range(1000):
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise BenchError("no port is free from 20000 to 32000")


def on_cores(cores, command):
    """`command` kept to the given cores; None leaves it free."""
    return command if cores is None else ["taskset", "-c", ",".join(map(str, cores)), *command]


@contextlib.contextmanager
def folder(parent=None):
    """A temporary folder on the disk to be measured: not /tmp, which may be memory."""
    parent = pathlib.Path(parent or RESULTS)
    parent.mkdir(parents=True, exist_ok=True)
    path = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=parent)).resolve()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Server:
    """A process with an HTTP port. Use with `with`."""

    def __init__(self, command, port, folder, ready="/", environment=None, cores=None):
        self.command = on_cores(cores, [str(word) for word in command])
        self.port = port
        self.ready = ready
        self.folder = folder
        self.log = folder / f"server-{port}.log"
        self.environment = plain_environment() | (environment or {})

    def __enter__(self):
        self.begun = time.monotonic()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        try:
            self.await_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def await_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise BenchError(f"{' '.join(self.command)} ended at its start:\n{self.log_tail()}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                if request(self.port, "GET", self.ready)[0] < 500 and self.process.poll() is None:
                    return
            time.sleep(0.02)
        raise BenchError(f"{' '.join(self.command)} is not ready after {START_SECONDS} s:\n{self.log_tail()}")

    def stop(self):
        """SIGTERM, time to drain, then SIGKILL to what is left of its group."""
        if (code := self.process.poll()) is not None:
            print(f"{' '.join(self.command)} had ended by itself ({code}):\n{self.log_tail()}", file=sys.stderr)
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def log_tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def peak_memory_mib(self, role=None):
        """Highest resident memory so far, of the process itself or of its child that runs `cinelog ROLE`."""
        status = pathlib.Path(f"/proc/{self.child(role) if role else self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def child(self, role):
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if parent == self.process.pid and role.encode() in words:
                    return int(entry.name)
        raise BenchError(f"no child runs {role}")


def plain_environment():
    """Without the caller's settings: a JWT_PUBLIC_KEY or LOG_LEVEL=debug of theirs would change what is measured."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"SWIFT_BACKTRACE": "enable=no"}


def cinelog(role, data, cores=None, **settings):
    """`cinelog ROLE` with its data in `data`. The port is that of INGEST_LISTEN, or for `store` of ADMIN_LISTEN."""
    if not CINELOG.exists():
        raise BenchError(f"{CINELOG} is missing: ./dev build")
    ingest, admin = free_port(), free_port()
    environment = {
        "DATA_DIR": str(data / "data"),
        "INGEST_LISTEN": f"127.0.0.1:{ingest}",
        "ADMIN_LISTEN": f"127.0.0.1:{admin}",
        "LOG_LEVEL": "info",
        "CHDB_LIB_PATH": str(next((ROOT / ".cache/chdb").glob("*/_chdb.abi3.so"))),
    } | {name: str(value) for name, value in settings.items()}
    port, ready = (admin, "/healthz") if role == "store" else (ingest, "/readyz")
    server = Server([CINELOG, role], port, data, ready, environment, cores)
    server.admin_port = admin
    return server


def migrate(data):
    """Makes the tables of a warehouse that nobody has open."""
    environment = plain_environment() | {
        "DATA_DIR": str(data / "data"), "CHDB_LIB_PATH": str(next((ROOT / ".cache/chdb").glob("*/_chdb.abi3.so")))}
    done = subprocess.run([CINELOG, "migrate"], cwd=data, env=environment, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise BenchError(f"cinelog migrate: exit code {done.returncode}\n{done.stderr[-2000:]}")


def bare(program, data, threads=1, cores=None):
    port = free_port()
    return Server([program, port, threads], port, data, cores=cores)


def await_admin(serve):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if request(serve.admin_port, "GET", "/healthz")[0] == 200:
                return
        time.sleep(0.05)
    raise BenchError(f"the admin address does not answer:\n{serve.log_tail()}")


def request(port, method, path, body=None, timeout=60):
    """(status, body) of one request to a server on this machine."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def sql(port, text):
    status, body = request(port, "POST", "/v1/sql", text)
    if status != 200:
        raise BenchError(f"SQL: {status} {body.decode(errors='replace')[:500]}")
    return body.decode()


def metric(port, name):
    """The sum of a metric's series; None while it has none."""
    status, body = request(port, "GET", "/metrics")
    if status != 200:
        raise BenchError(f"/metrics: {status}")
    values = [
        float(line.rsplit(" ", 1)[1]) for line in body.decode().splitlines() if line.startswith((name + "{", name + " "))
    ]
    return sum(values) if values else None
