"""nginx's files: nginx itself reads them, and their limits are Cinelog's."""

import re
import shutil
import tempfile

from common import DEPLOY, settings, size


def check(findings):
    check_limits(findings)
    with tempfile.TemporaryDirectory() as folder:
        if prepare(folder, findings):
            findings.run("/usr/sbin/nginx", "-t", "-e", "stderr", "-c", f"{folder}/nginx/nginx.conf")


def prepare(folder, findings):
    """A copy with a certificate, and addresses that can be had by anybody."""
    shutil.copytree(DEPLOY / "nginx", f"{folder}/nginx")
    key = findings.run(
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
        "-subj", "/CN=events.cinema.example", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/certificate.pem")
    replace(f"{folder}/nginx/nginx.conf", "/tmp/cinelog-nginx", f"{folder}/run")
    replace(f"{folder}/nginx/site/certificate.conf", "/run/secrets/tls_certificate;", f"{folder}/certificate.pem;")
    replace(f"{folder}/nginx/site/certificate.conf", "/run/secrets/tls_key;", f"{folder}/key.pem;")
    # A name is looked up when the file is read; collect is one within the containers' network.
    replace(f"{folder}/nginx/site/collectors.conf", "collect:8080", "127.0.0.1:8080")
    return key is not None


def replace(path, old, new):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if old not in text:
        raise SystemExit(f"{path} has no {old}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new))


def check_limits(findings):
    declared = settings()
    server = (DEPLOY / "nginx/server.conf").read_text()
    upstream = (DEPLOY / "nginx/site/collectors.conf").read_text()

    def value(text, directive):
        return re.search(rf"^ *{directive} ([^;]*);", text, re.MULTILINE)[1]

    body = value(server, "client_max_body_size")
    findings.expect(size(body) == size(declared["BODY_MAX_BYTES"]),
                    f"nginx takes bodies of {body}, Cinelog of {declared['BODY_MAX_BYTES']}")
    head = value(server, "large_client_header_buffers").split()[1]
    findings.expect(size(head) == size(declared["HEADER_MAX_BYTES"]),
                    f"nginx takes header lines of {head}, Cinelog heads of {declared['HEADER_MAX_BYTES']}")
    for directive in ("client_body_timeout", "client_header_timeout"):
        findings.expect(int(value(server, directive).rstrip("s")) * 1000 == int(declared["REQUEST_TIMEOUT_MS"]),
                        f"{directive} is not REQUEST_TIMEOUT_MS")
    idle = int(value(upstream, "keepalive_timeout").rstrip("s")) * 1000
    findings.expect(idle < int(declared["KEEPALIVE_TIMEOUT_MS"]),
                    "nginx must close idle connections to a collector before the collector does (KEEPALIVE_TIMEOUT_MS)")
