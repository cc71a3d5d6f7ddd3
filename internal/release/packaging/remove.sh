#!/bin/sh
# Before the removal of a package, not before an upgrade: no job is started any more, and one that is running ends in
# good order. An upgrade leaves a night alone that is running; the next one is the new program's.
set -e

case "$1" in
upgrade | 1) exit 0 ;; # dpkg's word, and rpm's count of versions that stay
esac

if [ -d /run/systemd/system ]; then
  systemctl stop 'bulknum@*.timer' 'bulknum@*.service' || true
fi
