#!/bin/sh
# 5. For those who write with curl: the table of classes, without the rest of the program.
#
#   5-curl.sh 'http://db1:8086/write?db=app&consistency=quorum' points.lp
#
# Exit codes are those of `influx-cli explain`. 10 is never guessed here: with curl, a connection that was lost may have
# carried the points.
set -eu
url=$1
file=$2

body=$(mktemp)
trap 'rm -f "$body"' EXIT
rc=0
status=$(curl -s -o "$body" -w '%{http_code}' --data-binary "@$file" "$url") || rc=$?
case $rc in
0) ;;
6 | 7) echo "nobody there: nothing was sent" >&2; exit 10 ;;     # curl: no such host, refused
*) echo "no answer: unknown (curl $rc)" >&2; exit 11 ;;
esac
[ "$status" != 204 ] || exit 0

rc=0
influx-cli classify -q --status "$status" -c quorum < "$body" || rc=$?
case $rc in
16) echo "wait" >&2 ;;
1?) echo "later" >&2 ;;
*) echo "never" >&2 ;;
esac
exit "$rc"
