# A stream to its modules, which say the same again.
vmber schema export -o out "$STREAMS/s390x.mig"
ls out
cat out/s390-css.asn1
vmber schema check out
vmber schema show --modules out --listing S390Css | head -n 12 # and that which is built in
vmber encode "$STREAMS/s390x.mig" | vmber schema export -o again
diff -r out again && echo same
