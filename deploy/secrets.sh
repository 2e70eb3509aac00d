#!/usr/bin/env bash
# Makes what `docker compose up` needs beside the files here, where it is missing: .env, and in secrets/ the admin token, ClickHouse's
# password and its hash, the cluster's secret, and a self-made certificate to be replaced by a real one. What exists is left alone.
#
#     deploy/secrets.sh [NAME]         NAME: for the certificate; events.cinema.example where none is given
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"

name=${1:-events.cinema.example}
# Whom the containers run as: a secret that is a file keeps its owner. (Cinelog; ClickHouse and nginx.)
cinelog=10001
servers=101

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

# The password goes to Cinelog, its hash to the servers: both or neither.
make_passwords() {
    local password hash
    password=$(random)
    hash=$(printf '%s' "$password" | sha256sum | cut -d ' ' -f 1)
    secret clickhouse_users.xml $servers <<XML
<clickhouse>
    <users>
        <cinelog>
            <password_sha256_hex>$hash</password_sha256_hex>
        </cinelog>
    </users>
</clickhouse>
XML
    secret cinelog.env $cinelog <<ENV
# Settings of Cinelog that are secret, and any other of docs/operations.md.
ADMIN_TOKEN=$(random)
CLICKHOUSE_PASSWORD=$password
ENV
}

# What the servers know each other by.
make_cluster_secret() {
    local between_servers copying
    between_servers=$(random)
    copying=$(random)
    secret clickhouse_cluster.xml $servers <<XML
<clickhouse>
    <remote_servers>
        <cinelog>
            <secret>$between_servers</secret>
        </cinelog>
    </remote_servers>
    <interserver_http_credentials>
        <user>replica</user>
        <password>$copying</password>
    </interserver_http_credentials>
</clickhouse>
XML
}

make_certificate() {
    local folder
    folder=$(mktemp -d)
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj "/CN=$name" \
        -addext "subjectAltName=DNS:$name" -keyout "$folder/key" -out "$folder/certificate" 2>/dev/null
    secret tls_certificate.pem $servers <"$folder/certificate"
    secret tls_key.pem $servers <"$folder/key"
    rm -r "$folder"
}

mkdir -p -m 711 secrets
[[ -e .env ]] || {
    cp .env.example .env
    say "Made: deploy/.env"
}
[[ -e secrets/cinelog.env || -e secrets/clickhouse_users.xml ]] || make_passwords
[[ -e secrets/clickhouse_cluster.xml ]] || make_cluster_secret
[[ -e secrets/tls_certificate.pem || -e secrets/tls_key.pem ]] || make_certificate
