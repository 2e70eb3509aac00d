"""Loads: request bodies, and the programs that send them."""

import json
import pathlib
import random
import shutil
import subprocess
import sys

from servers import BenchError, on_cores

HERE = pathlib.Path(__file__).resolve().parent
BATCH_EVENTS = 500
# How much longer than its load a load program may take.
EXTRA_SECONDS = 60


def click(number, identified):
    """A click as a browser sends it, some 240 bytes; `identified`: with an event_id that openload renews."""
    chance = random.Random(number)
    event = {
        "type": "click",
        "obj_id": chance.choice(["button#play", "button#pause", "a.trailer", "a.poster", "button#next", "input#search"]),
        "url": f"https://cinema.example/films/{chance.randrange(2000)}",
        "x": chance.randrange(1920),
        "y": chance.randrange(1080),
        "anonymous_id": f"{chance.getrandbits(64):016x}",
        "session_id": f"{chance.getrandbits(64):016x}",
        "platform": chance.choice(["web", "ios", "android", "tv"]),
        "app_version": "3.2.1",
    }
    return event | ({"event_id": "@event_id@"} if identified else {})


def bodies(folder):
    """Files of bodies: name → path. `…-new` are templates of openload with new ids for every request."""
    made = {}
    for suffix, identified in (("", False), ("-new", True)):
        single = {name: value for name, value in click(0, identified).items() if name != "type"}
        made["click" + suffix] = single
        made["batch" + suffix] = [click(number, identified) for number in range(BATCH_EVENTS)]
    for name, body in made.items():
        (folder / name).write_text(json.dumps(body, separators=(",", ":")))
        made[name] = folder / name
    return made


def compile_c(source, folder, *libraries):
    """Compiles one of the C files here with the Swift toolchain's clang, or cc."""
    swift = shutil.which("swift")
    clang = pathlib.Path(swift).resolve().parent / "clang" if swift else None
    compiler = str(clang) if clang and clang.exists() else shutil.which("cc")
    if not compiler:
        raise BenchError("there is no C compiler: neither clang beside swift nor cc")
    program = folder / source.removesuffix(".c")
    command = [compiler, "-O2", "-Wall", "-std=gnu17", HERE / source, *[f"-l{name}" for name in libraries], "-o", program]
    subprocess.run(list(map(str, command)), check=True)
    return program


def run_json(command, seconds, accepted=(0,)):
    """Runs a load program; what its last line says."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=seconds + EXTRA_SECONDS)
    if done.returncode not in accepted or not done.stdout.strip():
        raise BenchError(f"{command[0]}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def wrk(url, body, seconds, connections, threads=1, cores=None):
    """A closed loop. Adds `rate`: good answers a second."""
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}", "--timeout", "10", "-s", HERE / "post.lua"]
    result = run_json(on_cores(cores, [*command, url, "--", body]), seconds)
    result["rate"] = (result["requests"] - result["refused"]) / result["seconds"]
    return result


def openload(program, url, body, seconds, rate, connections=64, requests=None, cores=None):
    """An open loop, or with rate 0 a closed one of at most `requests`. Errors are reported, not raised."""
    command = [program, "--rate", rate, "--seconds", seconds, "--connections", connections, "--body", body]
    if requests:
        command += ["--requests", requests]
    return run_json(on_cores(cores, [*command, url]), seconds, accepted=(0, 2))


def freshness_beside(server, seconds):
    """Starts freshness.py; its result is what the returned function answers."""
    process = subprocess.Popen(
        [sys.executable, HERE / "freshness.py", server.url("/clicks/"), f"http://127.0.0.1:{server.admin_port}/v1/sql"]
        + ["--seconds", str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
    )

    def result():
        try:
            output, _ = process.communicate(timeout=seconds + EXTRA_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise BenchError("freshness.py does not end") from None
        if process.returncode:
            raise BenchError(f"freshness.py: exit code {process.returncode}")
        return json.loads(output)

    return result
