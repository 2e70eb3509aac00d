#!/usr/bin/env bash
# Makes what `docker compose up` needs beside the files here, where it is missing: .env, and in secrets/ the admin token, ClickHouse's
# password, and a self-made certificate to be replaced by a real one. What exists is left alone.
#
#     deploy/secrets.sh [NAME]         NAME: for the certificate; events.cinema.example where none is given
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"

name=${1:-events.cinema.example}
# Whom the containers run as: a secret that is a file keeps its owner.
cinelog=10001
nginx=101

say() { printf '==> %s\n' "$*"; }

random() { openssl rand -hex 24; }

# secret FILE OWNER: standard input becomes a file that its owner alone may read, there from one moment to the next.
secret() {
    local file=secrets/$1 owner=$2
    (umask 077 && cat >"$file.new")
    chmod 400 "$file.new"
    if ((EUID == 0)); then
        chown "$owner:$owner" "$file.new"
    else
        say "$file must belong to user $owner:  sudo chown $owner:$owner deploy/$file"
    fi
    mv "$file.new" "$file"
    say "Made: deploy/$file"
}

# One password, in two places: Cinelog's settings, and the servers' environment.
make_passwords() {
    local password
    password=$(random)
    secret clickhouse.env "$(id -u)" <<ENV
CINELOG_PASSWORD=$password
ENV
    secret cinelog.env $cinelog <<ENV
# Settings of Cinelog that are secret, and any other of docs/operations.md.
ADMIN_TOKEN=$(random)
CLICKHOUSE_PASSWORD=$password
ENV
}

make_certificate() {
    local folder
    folder=$(mktemp -d)
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj "/CN=$name" \
        -addext "subjectAltName=DNS:$name" -keyout "$folder/key" -out "$folder/certificate" 2>/dev/null
    secret tls_certificate.pem $nginx <"$folder/certificate"
    secret tls_key.pem $nginx <"$folder/key"
    rm -r "$folder"
}

mkdir -p -m 711 secrets
[[ -e .env ]] || {
    cp .env.example .env
    say "Made: deploy/.env"
}
[[ -e secrets/cinelog.env || -e secrets/clickhouse.env ]] || make_passwords
[[ -e secrets/tls_certificate.pem || -e secrets/tls_key.pem ]] || make_certificate
