#!/bin/sh
# Installs Python with its venv module on Debian.
set -eu
apt-get update -q
apt-get install -q -y --no-install-recommends python3 python3-venv
rm -rf /var/lib/apt/lists/*
