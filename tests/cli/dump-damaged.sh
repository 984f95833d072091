# An octet of a buffer is another one: the record's check says so, and nothing behind it is shown.
vmber encode -o x.ber "$STREAMS/none.mig"
place=$(vmber dump --offsets --path 'globalstate > runstate' x.ber | sed -n 's/^.\{18\}\([0-9a-f]*\)-.*runstate.*/\1/p')
printf '\377' | dd of=x.ber bs=1 seek=$((0x$place + 50)) conv=notrunc 2>/dev/null
vmber dump --level 1 x.ber 2>error
status=$?
sed 's/0x[0-9a-f]*/0xN/g; s/expected.*found [0-9a-f]*/expected X, found Y/; s/record [0-9]*/record N/' error
exit $status
