# Counts the words of a text: one line `word<TAB>count` each, in no order.
#
# A word is a run of letters with at least one of a to z in it. What else ASCII
# knows parts words; bytes beyond ASCII (the ñ of "cañon") belong to them. Capitals
# count as small letters. To be run with LC_ALL=C, so that bytes are bytes.

{
    line = tolower($0)
    gsub(/[\001-@[-`{-\177]/, " ", line)
    n = split(line, words, " ")
    for (i = 1; i <= n; i++)
        if (words[i] ~ /[a-z]/)
            count[words[i]]++
}

END {
    for (word in count)
        printf "%s\t%d\n", word, count[word]
}
