# Packs files into a gzipped tar archive on standard output: `archive.sh FILE...`.
#
# The same files give the same bytes, whenever they were made: they are packed
# in the order of the alphabet, as copies with one fixed time stamp, and gzip
# keeps no time of its own (-n).
set -eu

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

for file in "$@"; do
    mkdir -p "$copy/results/$(dirname "$file")"
    cp "$file" "$copy/results/$file"
done
cd "$copy"
find results -type f | LC_ALL=C sort > names
while IFS= read -r name; do
    touch -t 200001010000 "$name"
    chmod 644 "$name"
done < names
tar -cf results.tar -T names
gzip -nc results.tar
