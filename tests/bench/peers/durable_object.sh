#!/bin/sh
# durable_object.sh FOLDER: becomes workerd with the Durable Objects of this folder, stored below FOLDER. workerd tells its
# port on a descriptor of its own choice of words; a filter says it in ours.
set -eu
storage=$(cd "$1" && pwd)
cd "$(dirname "$0")"
set -- node_modules/@cloudflare/workerd-*/bin/workerd
[ -x "$1" ] || {
    echo "there is no workerd for this system in $PWD/node_modules" >&2
    exit 1
}
mkdir -p "$storage/objects"
rm -f "$storage/control"
mkfifo "$storage/control"
sed -un 's/.*"event":"listen".*"port":\([0-9]*\).*/listening \1/p' "$storage/control" &
exec "$1" serve durable_object.capnp config --control-fd=3 --directory-path="storage=$storage/objects" 3>"$storage/control"
