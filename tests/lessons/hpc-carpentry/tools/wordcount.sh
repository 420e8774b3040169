# wordcount.sh BOOK TABLE: the words of a text with their counts, most frequent first.
set -eu
tr 'A-Z' 'a-z' < "$1" | tr -cs 'a-z' '\n' | grep . | LC_ALL=C sort | uniq -c |
    awk '{ print $2, $1 }' | LC_ALL=C sort -k 2,2nr -k 1,1 > "$2"
