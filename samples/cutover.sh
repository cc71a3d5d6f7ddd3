#!/bin/sh
# A whole cutover to follow, from the export to the rollback: numbers go from one message route to another in waves, are
# read back, and return. It runs on a fake of the API on this machine and touches nothing real:
#
#   sh samples/cutover.sh      # bulknum must be in PATH
#
# For a real one, leave out the part in between the lines and set the credentials of bulknum.env.
set -eu
folder=$(mktemp -d)
cd "$folder"
echo "in $folder"

# ---------------------------------------------------------------------------------------------------------------------
bulknum sandbox --numbers 200 --seed 7 >fake.env 2>fake.log &
fake=$!
trap 'kill $fake' EXIT
until [ "$(wc -l <fake.env)" -ge 3 ]; do # it prints how it is reached
  kill -0 $fake                          # and ends all of this if it is not there
  sleep 0.1
done
. ./fake.env
export BULKNUM_RATE="${BULKNUM_RATE:-20/s}" XDG_STATE_HOME="$folder"
# ---------------------------------------------------------------------------------------------------------------------

# What there is: a backup, and what to compare with in the end.
bulknum export >before.csv

# The routes: from the one that most numbers have to the next. Yours you know.
routes=$(cut -d, -f6 before.csv | sed 1d | sort | uniq -c | sort -rn | awk '{print $2}')
from=$(echo "$routes" | sed -n 1p)
to=$(echo "$routes" | sed -n 2p)

# The file of the cutover: who is on the one route, with the other, on the condition that nobody moves them before.
bulknum export --where "MessageRouteId=$from" --set "MessageRouteId=$to" >cutover.csv
head -n 3 cutover.csv

# The plan, for those who must agree: what changes, how long it takes, and the rollback window. It reads the
# new route too, because a mistyped one must never reach a number.
bulknum plan cutover.csv --run cutover --waves 10,25%,100% --deadline 2h

# Exactly that plan, in its waves. After each its numbers are read back, and the gate is asked: here a look at a file,
# in earnest a look at the monitoring. From another terminal: bulknum ctl cutover status, pause, continue, next, stop.
bulknum apply --plan cutover --yes --ticket CHG-1207 --deadline 2h --reserve-rollback --gate 'test ! -e stop'

# The proof: the numbers are read once more. Exit code 2 if any has another value by now.
bulknum verify cutover --detailed-exitcode

# One number's story.
bulknum history "$(sed -n '2s/,.*//p' cutover.csv)"

# The rollback: what this run changed, where nobody has changed it since. First what it would do, then it is done.
bulknum rollback cutover --dry-run --run look
bulknum rollback cutover --yes --run back --ticket CHG-1207

# Nothing is left of it.
bulknum export >after.csv
cmp before.csv after.csv
echo "as before"
