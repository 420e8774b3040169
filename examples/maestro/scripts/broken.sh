# A step that fails: it writes to both streams and to its output, then gives up.
echo "reading the measurements"
echo "line 17: the value is missing" >&2
echo "half a result" > "$1"
exit 3
