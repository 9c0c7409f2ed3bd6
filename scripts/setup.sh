#!/usr/bin/env bash
# Makes .venv and .venv-superset from their locks, with uv; brings uv itself, and what Debian left out.
set -euo pipefail
cd "$(dirname "$0")/.."

uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    uv=.venv-uv/bin/uv
    if [ ! -x "$uv" ]; then
        rm -rf .venv-uv
        if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
            if [ "$(id -u)" -ne 0 ]; then
                echo "setup: python3 has no venv module; run as root: apt-get install python3-venv" >&2
                exit 2
            fi
            apt-get update -q && apt-get install -q -y --no-install-recommends python3-venv
        fi
        python3 -m venv .venv-uv
        .venv-uv/bin/pip install --quiet 'uv>=0.5'
    fi
fi

export UV_COMPILE_BYTECODE=1
"$uv" venv --quiet --allow-existing --python "$(command -v python3)" .venv
"$uv" pip sync --quiet --python .venv/bin/python --require-hashes requirements.lock
# the project itself has no hash; its own build needs setuptools only
"$uv" pip install --quiet --python .venv/bin/python --no-deps --editable .

# Superset has an environment of its own: it pins other versions
"$uv" venv --quiet --allow-existing --python "$(command -v python3)" .venv-superset
"$uv" pip sync --quiet --python .venv-superset/bin/python --require-hashes dashboards/requirements.lock

# a browser and Chinese type to print pages with, PostgreSQL to test with
missing=()
command -v chromium >/dev/null || missing+=(chromium)
fc-list 2>/dev/null | grep -q 'Noto Sans CJK SC' || missing+=(fontconfig fonts-noto-cjk)
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
# 300 MB for the PDFs of replies are left to whoever wants them: Word files and tests do without
command -v soffice >/dev/null || echo "setup: for replies as PDF too: apt-get install libreoffice-writer-nogui (as root)" >&2
if [ "${#missing[@]}" -gt 0 ]; then
    if [ "$(id -u)" -eq 0 ]; then
        apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
    else
        echo "setup: printing pages and their tests need: apt-get install ${missing[*]} (as root)" >&2
    fi
fi
