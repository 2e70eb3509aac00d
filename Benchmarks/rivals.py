"""What else answers a click on this machine: a web server that only logs, and services in Python that keep the same promise."""

import pathlib
import shutil

from servers import ROOT, BenchError, Server, free_port

PYTHON = ROOT / ".cache/bench-venv/bin/python"
SOURCES = pathlib.Path(__file__).resolve().parent / "rivals"

NGINX = """
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log {folder}/access.log; keepalive_requests 1000000000;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 202; }} }}
}}
"""


def nginx(folder, cores=None):
    """nginx answering 202 and writing its access log: nothing of the event is kept."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if not program:
        raise BenchError("nginx is missing: ./dev bench installs it")
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    return Server([program, "-p", folder, "-c", folder / "nginx.conf"], port, folder, cores=cores)


def python(name, folder, cores=None):
    if not PYTHON.exists():
        raise BenchError(f"{PYTHON} is missing: ./dev bench makes it")
    port = free_port()
    return Server([PYTHON, SOURCES / f"{name}.py", port, folder / "log.sqlite"], port, folder, cores=cores)
