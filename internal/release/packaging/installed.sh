#!/bin/sh
# After the installation, or an upgrade, of a package: the user of the jobs, its folder, and systemd's knowledge of the
# units. Nothing is started: a job begins to exist by `systemctl enable --now bulknum@JOB.timer`.
set -e

if ! id -u bulknum >/dev/null 2>&1; then
  if command -v useradd >/dev/null; then
    useradd --system --user-group --home-dir /var/lib/bulknum --no-create-home --shell /usr/sbin/nologin bulknum
  else # busybox
    addgroup -S bulknum
    adduser -S -D -H -h /var/lib/bulknum -s /sbin/nologin -G bulknum bulknum
  fi
fi

mkdir -p /var/lib/bulknum
chown bulknum:bulknum /var/lib/bulknum
chmod 0700 /var/lib/bulknum

if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi
