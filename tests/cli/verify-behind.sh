# A stream is the whole file.
vmber encode -o x.ber "$STREAMS/none.mig"
echo more >>x.ber
vmber verify x.ber | sed 's/0x[0-9a-f]*/0xN/; s/ber_length [0-9]*/ber_length N/'
echo more | cat "$STREAMS/none.mig" - | vmber verify
echo "status $?"
