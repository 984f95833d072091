for name in none isapc isapc-bare pc-2.1 s390x pages; do
    echo "== $name"
    vmber verify "$STREAMS/$name.mig"
    echo "status $?"
    vmber encode -q -o x.ber "$STREAMS/$name.mig"
    vmber verify x.ber | sed 's/ber_length [0-9]*/ber_length N/'
    cat x.ber | vmber verify >/dev/null
    echo "status $?"
done
