#!/bin/sh
# What a new user does with the deb, /bulknum.deb: install it, look at it, let a job run for a night, remove it.
set -eux

test ! -e /usr/bin/bulknum
dpkg -i /bulknum.deb
test "$(command -v bulknum)" = /usr/bin/bulknum
bulknum version

# The user, and who may see what.
test "$(id -un bulknum)" = bulknum
test "$(stat -c '%a %U' /etc/bulknum/bulknum.env)" = '600 root'
test "$(stat -c '%a %U:%G' /var/lib/bulknum)" = '700 bulknum:bulknum'
for file in bash-completion/completions/bulknum zsh/site-functions/_bulknum fish/vendor_completions.d/bulknum.fish \
  man/man1/bulknum.1.gz man/man1/bulknum-apply.1.gz doc/bulknum/THIRD-PARTY-LICENSES.txt doc/bulknum/docs/install.md; do
  test -s "/usr/share/$file"
done

# The units: right, and closed. The exposure is at most 1.5 of 10.
unit=/usr/lib/systemd/system/bulknum@.service
if command -v systemd-analyze; then
  systemd-analyze verify --man=no bulknum@nightly.service bulknum@nightly.timer
  systemd-analyze security --offline=true --threshold=15 "$unit" > /dev/null
fi

# A night: the unit's command, with the unit's environment, in its folder, as its user, against a sandbox.
setpriv --reuid=bulknum --regid=bulknum --init-groups sh -c 'cd /var/lib/bulknum && exec bulknum sandbox --listen 127.0.0.1:0' > /sandbox.env &
sandbox=$!
trap 'kill $sandbox' EXIT
tries=0
until grep -q ACCOUNT_SECRET /sandbox.env; do
  tries=$((tries + 1))
  test "$tries" -lt 100 && kill -0 $sandbox
  sleep 0.3
done
. /sandbox.env
cat > /etc/bulknum/nightly.env <<EOF
TELEGENT_ACCOUNT_KEY=$TELEGENT_ACCOUNT_KEY
TELEGENT_API_URL=$TELEGENT_API_URL
BULKNUM_RATE=50/s
EOF
printf '%s\n' "$TELEGENT_ACCOUNT_SECRET" > /secret # what LoadCredential= gives the unit
chown bulknum /secret
chmod 0400 /secret
unset TELEGENT_ACCOUNT_KEY TELEGENT_API_URL TELEGENT_ACCOUNT_SECRET
install -o bulknum -g bulknum -m 0600 /usr/share/doc/bulknum/samples/nightly.csv /var/lib/bulknum/nightly.csv
night=$(sed -n 's/^ExecStart=//p' "$unit" | sed 's/%i/nightly/g; s|%d/account-secret|/secret|')
grep -qx 'User=bulknum' "$unit"
grep -qx 'WorkingDirectory=/var/lib/bulknum' "$unit"
job() {
  # shellcheck disable=SC2016 # for the inner shell
  setpriv --reuid=bulknum --regid=bulknum --init-groups --bounding-set=-all --no-new-privs \
    env -i HOME=/var/lib/bulknum PATH=/usr/bin $(grep -hE '^[A-Z_]+=' /etc/bulknum/bulknum.env /etc/bulknum/nightly.env) \
    sh -c "umask 077; cd /var/lib/bulknum; $1"
}
set +x # which would print there too
job "$night" > /night.out 2>&1 || { cat /night.out; exit 1; }
set -x
cat /night.out
test ! -s /night.out # a good night prints nothing
job 'bulknum report latest' | grep 'every row is in sync'
test "$(stat -c '%a %U' /var/lib/bulknum/runs/bulknum.db)" = '600 bulknum'

# Removed and purged, the runs stay, and no timer waits for a unit that is gone.
wants=/etc/systemd/system/timers.target.wants
mkdir -p "$wants"
ln -s /usr/lib/systemd/system/bulknum@.timer "$wants/bulknum@nightly.timer" # systemctl enable
dpkg --purge bulknum
test ! -L "$wants/bulknum@nightly.timer"
test ! -e /usr/bin/bulknum
test ! -e "$unit"
test -s /var/lib/bulknum/runs/bulknum.db
