# A step of the story: `step.sh NAME SECONDS`. Says that it starts, works for a
# while, says that it is done. Both lines also go to trace.txt, which all
# steps share, so that it tells in which order things happened.
set -eu

echo "start $1" >> trace.txt
echo "$1: working for $2 s" >&2
sleep "$2"
echo "$1 done"
echo "end $1" >> trace.txt
