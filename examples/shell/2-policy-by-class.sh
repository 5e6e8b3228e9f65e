#!/bin/sh
# 2. A policy by class, with a weaker level as the last resort.
#
#   INFLUX_HOST=http://db1:8086,http://db2:8086 INFLUX_DATABASE=app 2-policy-by-class.sh points.lp
#
# Leaves points.lp.summary.json (the last attempt) and, where points were refused, points.lp.bad.
set -eu
file=$1
level=all
tries=8

# Once: what is sent again carries the same times then, and overwrites itself.
stamped=$(mktemp)
trap 'rm -f "$stamped"' EXIT
influx-cli stamp "$file" > "$stamped"

n=0
while :; do
	rc=0
	influx-cli write -c "$level" --rejects "$file.bad" --summary-file "$file.summary.json" "$stamped" || rc=$?
	n=$((n + 1))
	case $rc in
	0) exit 0 ;;
	16) exit 0 ;;                   # waits in hinted handoff: it will arrive, do not send it again
	3?) exit "$rc" ;;               # the bad points are in FILE.bad, the others are stored
	esac
	[ "$n" -lt "$tries" ] || exit "$rc"
	case $rc in
	10 | 14 | 15) sleep $((n * 2)) ;;
	11) sleep 1 ;;                  # unknown: send again, with the same times
	12)                             # some replicas have it, and hinted handoff is on its way to the others
		if [ "$n" -lt 3 ]; then sleep 30; else level=quorum; fi
		;;
	13) sleep $((n * 15)) ;;        # overloaded: leave it alone for longer each time
	*) exit "$rc" ;;
	esac
done
