#!/bin/sh
# 1. The smallest useful policy: one attempt, and the tens of the exit code say what is to be done.
#
#   INFLUX_HOST=http://db1:8086 INFLUX_DATABASE=app 1-smallest-policy.sh points.lp
set -eu
file=$1

# Yours: a queue, at(1), cron, a pager.
again() { echo "again later: $file ($1)" >&2; }
page() { echo "somebody has to mend the set-up ($1)" >&2; }

rc=0
influx-cli write -c quorum --rejects "$file.bad" "$file" || rc=$?
case $rc in
0) ;;
16) ;;                              # waits in hinted handoff: it will arrive, do not send it again
1?) again "$rc"; exit "$rc" ;;      # not stored, or unknown: later
2?) page "$rc"; exit "$rc" ;;       # no retry mends this
3?) echo "the points that cannot be stored are in $file.bad, the others are stored" >&2 ;;
*) exit "$rc" ;;
esac
