# plotcount.sh TABLE PLOT: the first five words, a star for each time.
set -eu
head -n 5 "$1" | awk '{ printf "%8s ", $1; for (i = 0; i < $2; i++) printf "*"; print "" }' > "$2"
