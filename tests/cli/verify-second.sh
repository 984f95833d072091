# What libtasn1 was asked about is said to programs, not to people.
numbers='s/"ber_length":[0-9]*/"ber_length":N/'
vmber encode -q -o x.ber "$STREAMS/isapc.mig"
vmber verify x.ber | sed 's/ber_length [0-9]*/ber_length N/'
vmber verify --format jsonl x.ber | sed "$numbers"
vmber encode -q --no-index -o x.ber "$STREAMS/isapc.mig"
vmber verify --format jsonl x.ber | sed "$numbers"
# A record that is damaged is not asked about.
vmber encode -q "$STREAMS/none.mig" | head -c 600 >cut.ber
vmber verify --format jsonl cut.ber | sed "$numbers" | tail -n 1
