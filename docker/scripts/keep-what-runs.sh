#!/bin/sh
# Copies from $1 to $2 what is needed to run: bundles, and the packages that are not for building and testing.
set -eu
from=$1
to=$2
cd "$from"
for path in package.json package-lock.json .npmrc LICENSE \
  proto/package.json hub/package.json hub/dist \
  clients/core/package.json clients/cli/package.json clients/cli/bin clients/cli/dist \
  clients/web/package.json clients/web/dist; do
  mkdir -p "$to/$(dirname "$path")"
  cp -R "$path" "$to/$path"
done
cd "$to"
# The page is a bundle already: its packages are not needed again.
npm ci --ignore-scripts --omit=dev --no-audit --no-fund \
  --workspace proto --workspace hub --workspace clients/core --workspace clients/cli
