#!/bin/sh
# 4. A spool directory: other programs put files there (write elsewhere, then rename), this one sends them and removes what
# has arrived. Start it from cron or a timer.
#
#   INFLUX_HOST=http://db1:8086 INFLUX_DATABASE=app 4-spool.sh spool
#
# A file that stays will be sent again; the same points with the same times overwrite themselves, so that no harm is done.
# Lines without a time would come twice: have the programs stamp them (`influx-cli stamp`).
set -eu
spool=$1
mkdir -p "$spool/bad"

for file in "$spool"/*.lp; do
	[ -e "$file" ] || continue
	rc=0
	influx-cli write -qq --rejects "$spool/bad/${file##*/}" "$file" || rc=$?
	case $rc in
	0) rm "$file" ;;
	16) rm "$file" ;;           # waits in hinted handoff: it will arrive
	1?) ;;                      # stays, for the next time
	3?) rm "$file" ;;           # the bad lines are in bad/, the others are stored
	*) exit "$rc" ;;            # the set-up: the next file would meet the same
	esac
done
