#!/bin/sh
# A whole cutover to follow, from the export to the rollback: numbers go from one message route to another in waves, are
# read back, and return. It takes half a minute, runs on the sandbox, in a folder of its own, and touches nothing real:
#
#   sh samples/cutover.sh      # bulknum must be in PATH
#
# For a real one leave out --sandbox, set the credentials of bulknum.env, and name the routes that are meant. Where there
# is no terminal, apply needs --max-changes 100% besides: a plan that changes more than 30% of 100 rows is refused there.
set -eu
folder=$(mktemp -d)
cd "$folder"
echo "in $folder"

# The routes: the sandbox has 15 numbers on the one, as its samples say.
from=MRID-0b9e6d14-53c7-4a02-b1f8-6c2d7e8f9a01
to=MRID-73af1c52-8d0e-4b7f-9a35-2f6e1d90c4b8

# What there is: a backup, and what to compare with in the end.
bulknum export --sandbox >before.csv

# The file of the cutover: who is on the one route, with the other, on the condition that nobody moves them before.
bulknum export --sandbox --where "MessageRouteId=$from" --set "MessageRouteId=$to" >cutover.csv
head -n 3 cutover.csv

# The plan, for those who must agree: what changes, how long it takes, and the rollback window. It reads the
# new route too, because a mistyped one must never reach a number.
bulknum plan --sandbox cutover.csv --run cutover --waves 3,50%,100% --deadline 2h

# Exactly that plan, in its waves. After each its numbers are read back, and the gate is asked: here a look at a file,
# in earnest a look at the monitoring. From another terminal: bulknum ctl cutover status, pause, continue, next, stop.
# That it is a run of the sandbox is known by its name, from here on.
bulknum apply --plan cutover --yes --ticket CHG-1207 --deadline 2h --reserve-rollback --gate 'test ! -e stop'

# The proof: the numbers are read once more. Exit code 2 if any has another value by now.
bulknum verify cutover --detailed-exitcode

# One number's story.
bulknum history --sandbox "$(sed -n '2s/,.*//p' cutover.csv)"

# The rollback: what this run changed, where nobody has changed it since. First what it would do, then it is done.
bulknum rollback cutover --dry-run --run look
bulknum rollback cutover --yes --run back --ticket CHG-1207

# Nothing is left of it.
bulknum export --sandbox >after.csv
cmp before.csv after.csv
echo "as before"
