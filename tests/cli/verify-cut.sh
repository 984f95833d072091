# Every cut of a small stream is found.
vmber encode -o x.ber "$STREAMS/none.mig"
size=$(wc -c <x.ber)
at=1
missed=0
while [ $at -lt "$size" ]; do
    head -c $at x.ber | vmber verify >found
    status=$?
    [ $status -eq 1 ] || [ $at -lt 4 ] || missed=$((missed + 1))
    grep -q TRUNCATED found || missed=$((missed + 1))
    at=$((at + 29))
done
echo "$missed missed"
head -c 2600 "$STREAMS/none.mig" | vmber verify
