#!/bin/sh
# A whole cutover, from the export to the rollback: numbers go from one message route to another in waves, are read
# back, and go back again. It takes less than half a minute, runs on the sandbox, in a temporary folder, and touches
# nothing real:
#
#   sh samples/cutover.sh      # bulknum must be in PATH
#
# For a real one leave out --sandbox, set the credentials as in bulknum.env, and name your routes.
set -eu
folder=$(mktemp -d)
cd "$folder"
echo "in $folder"

# The routes, old and new. The sandbox has 15 numbers on the old one: see samples/inventory.csv.
from=MRID-0b9e6d14-53c7-4a02-b1f8-6c2d7e8f9a01
to=MRID-73af1c52-8d0e-4b7f-9a35-2f6e1d90c4b8

# The inventory as it is: a backup, and what to compare with at the end.
bulknum export --sandbox >before.csv

# The file of the cutover: the numbers on the old route, with the new one, on the condition that nobody moves them
# first.
bulknum export --sandbox --where "MessageRouteId=$from" --set "MessageRouteId=$to" >cutover.csv
head -n 3 cutover.csv

# The plan, for those who must agree: what changes, how long it takes, and the rollback window. It also asks the API for
# the new route, because a mistyped one must never reach a number.
bulknum plan --sandbox cutover.csv --run cutover --waves 3,50%,100% --deadline 2h

# Exactly that plan, in its waves. After each wave its numbers are read back, and the gate decides whether the next one
# begins: here it looks for a file, in earnest it would ask your monitoring. From another terminal: bulknum ctl cutover
# status, pause, continue, next or stop. From here on --sandbox is not needed: the run's name tells.
bulknum apply --plan cutover --yes --ticket CHG-1207 --deadline 2h --reserve-rollback --gate 'test ! -e stop'

# The proof: the numbers are read once more. Exit code 2 if any has another value by now.
bulknum verify cutover --detailed-exitcode

# One number's history.
bulknum history --sandbox "$(sed -n '2s/,.*//p' cutover.csv)"

# The rollback of what this run changed, where nobody has changed it since: first what it would do, then for real.
bulknum rollback cutover --dry-run --run look
bulknum rollback cutover --yes --run back --ticket CHG-1207

# Everything is as it was.
bulknum export --sandbox >after.csv
cmp before.csv after.csv
echo "as before"
