#!/bin/sh
# After the removal of a package. /var/lib/bulknum stays, also when the package is purged: the store of all runs is there,
# and nothing else knows what was done to which number. So does the user, whose files they are. That a timer is enabled is
# forgotten with a purge.
set -e

case "$1" in
purge | 0) rm -f /etc/systemd/system/*.wants/bulknum@*.timer ;; # dpkg's word, and rpm's count of versions that stay
esac

if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi
