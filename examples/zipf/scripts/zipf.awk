# Tests Zipf's law on tables of words, each sorted by count: one line a table.
#
# Two tests. The first word should occur twice as often as the second. And
# on a log-log scale, frequency over rank should be a line of slope -1:
# the slope is fitted by least squares over all ranks.

# The natural logarithm of a number from 1 on. POSIX has log(), but busybox is
# often built without it.
function ln(x,    halvings, t, power, sum, k) {
    for (halvings = 0; x > 1.5; halvings++)
        x /= 2
    t = (x - 1) / (x + 1)
    power = t
    for (k = 1; k < 30; k += 2) {
        sum += power / k
        power *= t * t
    }
    return 2 * sum + halvings * 0.69314718055994531
}

function finish() {
    if (ranks < 2) {
        printf "%s has fewer than two words\n", book | "cat 1>&2"
        failed = 1
        exit
    }
    slope = (ranks * sum_xy - sum_x * sum_y) / (ranks * sum_xx - sum_x * sum_x)
    printf "%s\t%d\t%d\t%s\t%d\t%s\t%d\t%.2f\t%.3f\n", book, total, ranks, \
        word[1], count[1], word[2], count[2], count[1] / count[2], slope
}

BEGIN {
    FS = "\t"
    print "book\twords\tdistinct\tfirst\tcount\tsecond\tcount\tratio\tslope"
    print "(Zipf's law)\t\t\t\t\t\t\t2.00\t-1.000"
}

FNR == 1 {
    if (NR > 1)
        finish()
    book = FILENAME
    sub(/.*\//, "", book)
    sub(/\.tsv$/, "", book)
    ranks = total = sum_x = sum_y = sum_xx = sum_xy = 0
}

{
    ranks++
    total += $2
    if (ranks <= 2) {
        word[ranks] = $1
        count[ranks] = $2
    }
    x = ln(ranks)
    y = ln($2)
    sum_x += x
    sum_y += y
    sum_xx += x * x
    sum_xy += x * y
}

END {
    if (!failed)
        finish()
    exit failed
}
