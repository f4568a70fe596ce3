#!/bin/sh
# Builds the hub, the keeper, the terminal and the page, by the same step as `npm start`.
set -eu
node scripts/set-up/build-all.mjs
