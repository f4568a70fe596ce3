#!/bin/sh
# Makes folders that belong to user $1 alone: make-folders.sh USER FOLDER...
set -eu
user=$1
shift
for folder in "$@"; do
  mkdir -p "$folder"
  chown "$user" "$folder"
  chmod 0700 "$folder"
done
