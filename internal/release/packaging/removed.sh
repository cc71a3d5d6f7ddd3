#!/bin/sh
# After the removal of a package. /var/lib/bulknum stays, also when the package is purged: the store of all runs is there,
# and nothing else knows what was done to which number. So does the user, whose files they are.
set -e

if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi
