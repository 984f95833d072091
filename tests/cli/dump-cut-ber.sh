vmber encode -o x.ber "$STREAMS/isapc.mig"
head -c 9000 x.ber >short
vmber dump --level 1 short 2>error
status=$?
sed 's/[0-9]* more octets/N more octets/; s/0x[0-9a-f]*/0xN/g; s/record [0-9]*/record N/' error
exit $status
