# Draws the words of a table (sorted by count) as bars, in SVG. Beside each bar
# stands a mark where Zipf's law expects its end: the first count over the rank.
#
# Variables: title, bar and law (colours).

function escaped(text) {
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    gsub(/>/, "\\&gt;", text)
    return text
}

# 14170 -> 14,170
function grouped(n,    text) {
    text = sprintf("%d", n)
    if (length(text) <= 3)
        return text
    return grouped(substr(text, 1, length(text) - 3)) "," substr(text, length(text) - 2)
}

# The smallest of 1, 2, 5 times a power of ten that is at least n.
function round_step(n,    power) {
    power = 1
    while (power * 10 <= n)
        power *= 10
    if (power >= n) return power
    if (2 * power >= n) return 2 * power
    if (5 * power >= n) return 5 * power
    return 10 * power
}

BEGIN { FS = "\t" }

{
    word[NR] = $1
    count[NR] = $2
}

END {
    row = 30; left = 96; right = 84; head = 84; foot = 44; span = 520
    width = left + span + right
    height = head + NR * row + foot
    largest = NR ? count[1] : 1
    step = round_step(largest / 4)

    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\"", \
        width, height, width, height
    print " font-family=\"Helvetica, Arial, sans-serif\" font-size=\"14\">"
    printf "<rect width=\"%d\" height=\"%d\" rx=\"8\" fill=\"#ffffff\"/>\n", width, height
    printf "<text x=\"%d\" y=\"36\" font-size=\"20\" font-weight=\"bold\" fill=\"#1f2933\">%s</text>\n", 24, escaped(title)
    printf "<text x=\"%d\" y=\"60\" fill=\"#616e7c\">the %d most frequent words</text>\n", 24, NR
    printf "<line x1=\"%d\" y1=\"48\" x2=\"%d\" y2=\"64\" stroke=\"%s\" stroke-width=\"3\"/>\n", \
        width - 186, width - 186, law
    printf "<text x=\"%d\" y=\"60\" fill=\"#616e7c\">expected by Zipf's law</text>\n", width - 176

    for (at = 0; at <= largest; at += step) {
        x = left + span * at / largest
        printf "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#e4e7eb\"/>\n", x, head, x, height - foot + 4
        printf "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" font-size=\"12\" fill=\"#7b8794\">%s</text>\n", \
            x, height - foot + 22, grouped(at)
    }
    for (i = 1; i <= NR; i++) {
        y = head + (i - 1) * row
        length_ = span * count[i] / largest
        x = left + span / i
        printf "<text x=\"%d\" y=\"%d\" text-anchor=\"end\" fill=\"#1f2933\">%s</text>\n", \
            left - 10, y + 20, escaped(word[i])
        printf "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"3\" fill=\"%s\"/>\n", \
            left, y + 5, length_, row - 10, bar
        printf "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"%s\" stroke-width=\"3\"/>\n", \
            x, y + 2, x, y + row - 2, law
        at = length_ > span / i ? left + length_ : x
        printf "<text x=\"%.1f\" y=\"%d\" font-size=\"12\" fill=\"#616e7c\">%s</text>\n", at + 8, y + 20, grouped(count[i])
    }
    print "</svg>"
}
