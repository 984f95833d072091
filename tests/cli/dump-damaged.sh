vmber encode -o x.ber "$STREAMS/none.mig"
printf '\377' | dd of=x.ber bs=1 seek=300 conv=notrunc 2>/dev/null
vmber dump --level 1 x.ber 2>error
status=$?
sed 's/0x[0-9a-f]*/0xN/g; s/expected.*found [0-9a-f]*/expected X, found Y/; s/record [0-9]*/record N/' error
exit $status
