#!/bin/sh
# Install those of the named Debian packages that are missing.
# usage: tools/debian_packages.sh PACKAGE...
set -eu

if ! command -v dpkg-query >/dev/null; then
    echo "This is no Debian: please see to it that what these packages hold is installed: $*" >&2
    exit 0
fi

missing=""
for package in "$@"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || echo absent)
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=""
elif sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "Some system packages are missing. Run this once, and then make again:" >&2
    echo "    sudo apt-get install --no-install-recommends$missing" >&2
    exit 1
fi

export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update --quiet
# shellcheck disable=SC2086  # the names are split on purpose
$as_root apt-get install --quiet --yes --no-install-recommends $missing
