# zipf_test.sh TABLE...: the two most frequent words of each table, and their ratio.
set -eu
echo "book first second ratio"
for table; do
    awk -v book="$(basename "$table" .dat)" '
        NR == 1 { first = $2 }
        NR == 2 { printf "%s %d %d %.2f\n", book, first, $2, first / $2 }' "$table"
done
