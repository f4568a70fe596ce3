#!/bin/sh
# Installs what the lockfile names, without running any package's own scripts.
set -eu
npm ci --ignore-scripts --no-audit --no-fund
