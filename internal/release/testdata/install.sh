#!/bin/sh
# install.sh DEB FOLDER: installs DEB over a copy of this machine that is thrown away, and tries it as a new user would.
# It runs in a mount namespace of its own. Exit code 77: there can be no such copy here, nor may the machine itself be
# installed on, which CI's may.
set -eu
deb=$1 dir=$2

if mount -t tmpfs none "$dir" && mkdir "$dir/upper" "$dir/work" "$dir/root" &&
  mount -t overlay none -o "lowerdir=/,upperdir=$dir/upper,workdir=$dir/work" "$dir/root"; then
  root=$dir/root
  for place in proc dev; do mount --rbind "/$place" "$root/$place"; done
  # No systemd is asked for anything: it would be the machine's.
  mount -t tmpfs none "$root/run"
elif [ -n "${CI:-}" ]; then
  root=/
else
  exit 77
fi
cp "$deb" "$root/bulknum.deb"
cp "${0%/*}/night.sh" "$root/night.sh"
exec chroot "$root" sh /night.sh
