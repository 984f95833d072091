# One bit: refused by record, nothing is let go; -o leaves no file.
vmber encode -q --no-index "$STREAMS/isapc.mig" >ber
head -c 5000 ber >bad
printf '\377' >>bad
tail -c +5002 ber >>bad
vmber decode -o back bad
echo "decode $?"
ls
